#include "oracle/binary_fields.h"

#include "oracle/layer_entries.h"

namespace ovlspec::oracle {
namespace {

// The byte before an object: its FileType, or one of these.
constexpr auto kWhiteoutKind = static_cast<std::uint8_t>(kWords<FileType>.size());
constexpr std::uint8_t kLinkKind = kWhiteoutKind + 1;

// Which marks follow.
constexpr std::uint8_t kOpaqueBit = 1;
constexpr std::uint8_t kRedirectBit = 2;
constexpr std::uint8_t kOriginBit = 4;
constexpr std::uint8_t kLinkedBit = 8;
constexpr std::uint8_t kBackingBit = 16;
constexpr std::uint8_t kMetacopyBit = 32;
constexpr std::uint8_t kMarkBits = 63;

constexpr std::size_t kImageXattrValue = 65536;
constexpr std::size_t kXattrsMax = 4096;
constexpr std::size_t kEntriesMax = 1U << 24;

bool is_device(FileType type) { return type == FileType::kCharDevice || type == FileType::kBlockDevice; }

}  // namespace

void BinaryFieldWriter::flags(std::string_view, const OpenFlags& value) {
  const unsigned bits = static_cast<unsigned>(value.access) | (value.create ? 4U : 0U) | (value.exclusive ? 8U : 0U) |
                        (value.truncate ? 16U : 0U) | (value.append ? 32U : 0U) | (value.directory ? 64U : 0U) |
                        (value.no_follow ? 128U : 0U);
  out_.byte(static_cast<std::uint8_t>(bits));
}

void BinaryFieldWriter::device(std::string_view, Device value) {
  out_.number(value.major);
  out_.number(value.minor);
}

void BinaryFieldWriter::time(Time value) {
  out_.signed_number(value.seconds);
  out_.number(value.nanoseconds);
}

void BinaryFieldWriter::free_time(const model::FreeTime& value) {
  out_.byte(value.known ? 1 : 0);
  if (value.known) time(value.value);
}

void BinaryFieldWriter::time_change(std::string_view, const TimeChange& value) {
  out_.byte(static_cast<std::uint8_t>(value.kind));
  if (value.kind == TimeChange::Kind::kSet) time(value.value);
}

void BinaryFieldWriter::backing(const model::Backing& value) {
  out_.number(value.file_system);
  out_.number(value.number);
  out_.number(value.generation);
}

void BinaryFieldWriter::marks(const model::Marks& value) {
  const bool has_backing = value.backing != model::Backing{};
  unsigned bits = (value.opaque ? kOpaqueBit : 0U) | (value.redirect ? kRedirectBit : 0U);
  bits |= (value.origin ? kOriginBit : 0U) | (has_backing ? kBackingBit : 0U);
  bits |= value.origin && value.origin->linked ? kLinkedBit : 0U;
  bits |= value.metacopy ? kMetacopyBit : 0U;
  out_.byte(static_cast<std::uint8_t>(bits));
  if (value.redirect) out_.string(*value.redirect);
  if (value.origin) backing(value.origin->backing);
  if (has_backing) backing(value.backing);
}

void BinaryFieldWriter::inode(const model::Inode& value) {
  out_.number(value.mode);
  out_.number(value.uid);
  out_.number(value.gid);
  if (is_device(value.type)) device({}, value.device);
  free_time(value.access_time);
  free_time(value.modify_time);
  out_.string(value.content.data());
  out_.number(value.content.size() - value.content.data().size());
  out_.number(value.xattrs.size());
  for (const model::Xattr& xattr : value.xattrs) {
    out_.string(xattr.name);
    out_.string(xattr.value);
  }
}

void BinaryFieldWriter::object(const std::string& path, const model::Inode& value, const model::Marks& its_marks) {
  out_.byte(its_marks.whiteout ? kWhiteoutKind : static_cast<std::uint8_t>(value.type));
  out_.string(path);
  marks(its_marks);
  if (!its_marks.whiteout) inode(value);
}

void BinaryFieldWriter::layer(const model::Layer& value) {
  const auto entries = entries_of(value);
  out_.number(entries.size());
  for (const LayerEntry& entry : entries) {
    if (entry.link_of) {
      out_.byte(kLinkKind);
      out_.string(entry.path);
      out_.string(*entry.link_of);
    } else {
      object(entry.path, value.tree[entry.object], value.mark(entry.object));
    }
  }
}

void BinaryFieldReader::flags(std::string_view, OpenFlags& value) {
  const std::uint8_t bits = in_.byte();
  if ((bits & 3U) == 3U) in_.check("expected an access of 0 to 2");
  value.access = static_cast<Access>(bits & 3U);
  value.create = (bits & 4U) != 0;
  value.exclusive = (bits & 8U) != 0;
  value.truncate = (bits & 16U) != 0;
  value.append = (bits & 32U) != 0;
  value.directory = (bits & 64U) != 0;
  value.no_follow = (bits & 128U) != 0;
}

void BinaryFieldReader::device(std::string_view, Device& value) {
  value.major = static_cast<std::uint32_t>(in_.number(kAnyWord));
  value.minor = static_cast<std::uint32_t>(in_.number(kAnyWord));
}

Time BinaryFieldReader::time() {
  Time value;
  value.seconds = in_.signed_number();
  value.nanoseconds = static_cast<std::uint32_t>(in_.number(999'999'999));
  return value;
}

model::FreeTime BinaryFieldReader::free_time() {
  return in_.number(1) != 0 ? model::FreeTime::at(time()) : model::FreeTime::unknown();
}

void BinaryFieldReader::time_change(std::string_view, TimeChange& value) {
  value.kind = static_cast<TimeChange::Kind>(in_.number(static_cast<std::uint64_t>(TimeChange::Kind::kSet)));
  if (value.kind == TimeChange::Kind::kSet) value.value = time();
}

model::Backing BinaryFieldReader::backing() {
  model::Backing value;
  value.file_system = in_.number(kAnyNumber);
  value.number = in_.number(kAnyNumber);
  value.generation = static_cast<std::uint32_t>(in_.number(kAnyWord));
  return value;
}

void BinaryFieldReader::marks(model::Marks& value) {
  const auto bits = static_cast<std::uint8_t>(in_.number(kMarkBits));
  value.opaque = (bits & kOpaqueBit) != 0;
  value.metacopy = (bits & kMetacopyBit) != 0;
  if ((bits & kRedirectBit) != 0) value.redirect = in_.string(names::kRedirectMax);
  if ((bits & kOriginBit) != 0) value.origin = model::Origin{.backing = backing(), .linked = (bits & kLinkedBit) != 0};
  if ((bits & kBackingBit) != 0) value.backing = backing();
}

void BinaryFieldReader::inode(model::Inode& value) {
  value.mode = static_cast<Mode>(in_.number(kModeMask));
  value.uid = static_cast<Uid>(in_.number(kAnyWord));
  value.gid = static_cast<Gid>(in_.number(kAnyWord));
  if (is_device(value.type)) device({}, value.device);
  value.access_time = free_time();
  value.modify_time = free_time();
  value.content = model::Content(in_.string(kFileSizeLimit));
  const FileSize zeros = in_.number(kFileSizeLimit);
  if (zeros != 0) value.content.resize(value.content.size() + zeros);
  for (auto left = in_.number(kXattrsMax); left != 0 && !in_.failed(); --left) {
    const std::string name = in_.string(limits::kXattrName);
    if (value.xattr(name) != nullptr) in_.check("an extended attribute is there twice");
    model::set_xattr(value, name, in_.string(kImageXattrValue));
  }
}

void BinaryFieldReader::object_of_kind(std::uint8_t kind, model::Inode& value, model::Marks& its_marks) {
  marks(its_marks);
  its_marks.whiteout = kind == kWhiteoutKind;
  if (its_marks.whiteout) {
    value = whiteout_inode();
  } else {
    value.type = static_cast<FileType>(kind);
    inode(value);
  }
  in_.check(check_object(value, its_marks));
}

void BinaryFieldReader::object(std::string& path, model::Inode& value, model::Marks& its_marks) {
  const auto kind = static_cast<std::uint8_t>(in_.number(kWhiteoutKind));
  layer_path({}, path);
  object_of_kind(kind, value, its_marks);
}

void BinaryFieldReader::layer(model::Layer& value) {
  LayerBuilder builder;
  for (auto left = in_.number(kEntriesMax); left != 0 && !in_.failed(); --left) {
    const auto kind = static_cast<std::uint8_t>(in_.number(kLinkKind));
    std::string path;
    layer_path({}, path);
    if (kind == kLinkKind) {
      in_.check(builder.link(path, in_.string(names::kPathMax)));
      continue;
    }
    model::Inode its_inode;
    model::Marks its_marks;
    object_of_kind(kind, its_inode, its_marks);
    if (!in_.failed()) in_.check(builder.add(path, std::move(its_inode), std::move(its_marks)));
  }
  value = builder.take();
}

}  // namespace ovlspec::oracle
