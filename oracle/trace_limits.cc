#include "oracle/trace_limits.h"

namespace ovlspec::oracle {
namespace {

constexpr std::size_t kImageXattrValue = 65536;
constexpr std::uint32_t kNanosecondsEnd = 1'000'000'000;

bool has_nul(std::string_view bytes) { return bytes.find('\0') != std::string_view::npos; }

Problem over(std::string_view what, std::size_t limit, std::string_view unit) {
  return std::string(what) + " is longer than " + std::to_string(limit) + " " + std::string(unit);
}

Problem check_component(std::string_view name) {
  if (name.empty()) return "a layer's path has an empty component";
  if (name == "." || name == "..") return "a layer's path has a component `" + std::string(name) + "`";
  if (name.size() > names::kNameMax) return over("a name in a layer", names::kNameMax, "bytes");
  return std::nullopt;
}

Problem check_content(const model::Inode& inode) {
  const auto& content = inode.content;
  if (inode.is(FileType::kSymlink)) {
    if (content.size() == 0) return "a symlink in a layer needs a target";
    if (content.size() > names::kPathMax) return over("a symlink's target", names::kPathMax, "bytes");
    if (has_nul(content.all())) return "a symlink's target has a zero byte";
    return std::nullopt;
  }
  if (content.size() == 0) return std::nullopt;
  if (!inode.is(FileType::kRegular)) return "only files and symlinks have content";
  if (content.size() > kFileSizeLimit) return over("a file", kFileSizeLimit, "bytes");
  return std::nullopt;
}

Problem check_device(const model::Inode& inode) {
  const bool is_device = inode.is(FileType::kCharDevice) || inode.is(FileType::kBlockDevice);
  if (!is_device && inode.device != Device{}) return "only devices have a device number";
  if (inode.is(FileType::kCharDevice) && inode.device == Device{})
    return "a char device 0:0 is a whiteout; say `whiteout`";
  return std::nullopt;
}

Problem check_marks(const model::Inode& inode, const model::Marks& marks) {
  const bool directory = inode.is(FileType::kDirectory);
  if (marks.opaque && !directory) return "only directories are opaque";
  if (marks.metacopy && !inode.is(FileType::kRegular)) return "only files are metacopies";
  if (!marks.redirect) return std::nullopt;
  if (!directory && !marks.metacopy) return "only directories and metacopies have a redirect";
  if (has_nul(*marks.redirect)) return "a redirect has a zero byte";
  if (marks.redirect->size() > names::kRedirectMax) return over("a redirect", names::kRedirectMax, "bytes");
  return std::nullopt;
}

Problem check_write(const Write& write) {
  if (write.offset + write.data.size() <= kFileSizeLimit) return std::nullopt;
  return "the write ends beyond " + std::to_string(kFileSizeLimit) + " bytes";
}

}  // namespace

Problem check_path(std::string_view path) {
  if (path.size() > limits::kOperationPath) return over("a path", limits::kOperationPath, "bytes");
  if (has_nul(path)) return "a path has a zero byte";
  return std::nullopt;
}

Problem check_layer_path(std::string_view path) {
  if (path.empty()) return std::nullopt;
  if (path.size() > names::kPathMax) return over("a path in a layer", names::kPathMax, "bytes");
  if (has_nul(path)) return "a path has a zero byte";
  for (std::size_t begin = 0; begin <= path.size();) {
    const auto end = std::min(path.find('/', begin), path.size());
    if (auto problem = check_component(path.substr(begin, end - begin))) return problem;
    begin = end + 1;
  }
  return std::nullopt;
}

Problem check_xattr_name(std::string_view name, std::size_t limit) {
  if (name.size() > limit) return over("the name of an extended attribute", limit, "bytes");
  if (has_nul(name)) return "the name of an extended attribute has a zero byte";
  return std::nullopt;
}

Problem check_option(std::string_view option) {
  if (option.empty()) return "a mount option is empty";
  if (option.size() > limits::kOption) return over("a mount option", limits::kOption, "bytes");
  if (has_nul(option)) return "a mount option has a zero byte";
  return std::nullopt;
}

Problem check_object(const model::Inode& inode, const model::Marks& marks) {
  if (marks.whiteout && (marks.opaque || marks.redirect || marks.metacopy)) return "a whiteout is neither opaque nor redirected";
  if (marks.whiteout) return std::nullopt;
  if (inode.mode > kModeMask) return "a mode is 7777 at most";
  for (const auto* time : {&inode.access_time, &inode.modify_time})
    if (time->value.nanoseconds >= kNanosecondsEnd) return "a time has a whole second in its nanoseconds";
  for (const model::Xattr& xattr : inode.xattrs) {
    if (xattr.name.empty()) return "an extended attribute has no name";
    if (auto problem = check_xattr_name(xattr.name, limits::kXattrName)) return problem;
    if (xattr.value.size() > kImageXattrValue)
      return over("an extended attribute in a layer", kImageXattrValue, "bytes");
  }
  if (auto problem = check_content(inode)) return problem;
  if (auto problem = check_device(inode)) return problem;
  return check_marks(inode, marks);
}

Problem check_operation(const Operation& operation) {
  if (const auto* write = std::get_if<Write>(&operation)) return check_write(*write);
  const auto* set = std::get_if<SetXattr>(&operation);
  if (set != nullptr && set->value.size() > limits::kXattrValue)
    return over("the value of an extended attribute", limits::kXattrValue, "bytes");
  const auto* mknod = std::get_if<Mknod>(&operation);
  if (mknod != nullptr && (mknod->type == FileType::kDirectory || mknod->type == FileType::kSymlink))
    return "mknod makes neither directories nor symlinks";
  return std::nullopt;
}

model::Inode whiteout_inode() {
  model::Inode inode;
  inode.type = FileType::kCharDevice;
  return inode;
}

}  // namespace ovlspec::oracle
