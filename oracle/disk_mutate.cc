#include "oracle/disk_mutate.h"

#include <map>
#include <string>
#include <variant>

#include "oracle/layer_paths.h"
#include "oracle/materialise.h"

namespace ovlspec::oracle {
namespace {

// A path that does not lead to an object: not an error of a mutation.
bool is_absent(Errno error) { return error == Errno::kENOENT || error == Errno::kENOTDIR || error == Errno::kELOOP; }

class TreeCopy {
 public:
  TreeCopy(LayerAccess& from, LayerAccess& to, model::CopyXattrs xattrs) : from_(from), to_(to), xattrs_(xattrs) {}

  Status object(const std::string& source, const std::string& target) {
    auto accessed = from_.read(source);
    if (!accessed) return accessed.error();
    const bool directory = accessed->inode.is(FileType::kDirectory);
    if (accessed->links > 1 && !directory) {
      const auto [it, first] = copies_.try_emplace(accessed->backing, target);
      if (!first) return to_.link(it->second, target);
    }
    if (xattrs_ == model::CopyXattrs::kNone) accessed->inode.xattrs.clear();
    OVLSPEC_TRY(to_.make(target, accessed->inode));
    return directory ? entries(source, target, accessed->inode) : Status();
  }

 private:
  Status entries(const std::string& source, const std::string& target, const model::Inode& inode) {
    const auto names = from_.list(source);
    if (!names) return names.error();
    for (const std::string& name : *names) OVLSPEC_TRY(object(path_below(source, name), path_below(target, name)));
    return to_.set_times(target, inode.access_time.value, inode.modify_time.value);
  }

  LayerAccess& from_;
  LayerAccess& to_;
  model::CopyXattrs xattrs_;
  std::map<model::Backing, std::string> copies_;  // of several names: the first name's copy
};

class Mutator {
 public:
  Mutator(LayerAccess& access, DiskFormat format) : access_(access), format_(format) {}

  Status operator()(const model::Put& m) {
    const std::string path = plain_path(m.path);
    if (path.empty() || !is_directory(parent_of(path))) return {};
    if (m.marks.whiteout && !has_marks(format_)) return {};
    if (exists(path)) OVLSPEC_TRY(access_.remove(path));
    return access_.make(path, inode_on_disk(m.inode, m.marks, format_));
  }

  Status operator()(const model::Remove& m) {
    const std::string path = plain_path(m.path);
    return path.empty() || !exists(path) ? Status() : access_.remove(path);
  }

  Status operator()(const model::Move& m) {
    const std::string from = plain_path(m.from);
    const std::string to = plain_path(m.to);
    if (from.empty() || to.empty() || is_within(to, from) || is_within(from, to)) return {};
    const auto source = access_.read(from);
    if (!source || !is_directory(parent_of(to))) return absent_or(source);
    const auto target = access_.read(to);
    if (target && target->backing == source->backing && target->backing != model::Backing{}) return {};
    if (target) OVLSPEC_TRY(access_.remove(to));
    return access_.rename(from, to);
  }

  Status operator()(const model::HardLink& m) {
    const std::string from = plain_path(m.from);
    const std::string to = plain_path(m.to);
    const auto source = access_.read(from);
    if (!source || source->inode.is(FileType::kDirectory) || !is_free(to)) return absent_or(source);
    return access_.link(from, to);
  }

  Status operator()(const model::ChangeMode& m) {
    const std::string path = plain_path(m.path);
    const auto object = access_.read(path);
    if (!object || object->inode.is(FileType::kSymlink)) return absent_or(object);
    return access_.set_mode(path, m.mode);
  }

  Status operator()(const model::ChangeContent& m) {
    const std::string path = plain_path(m.path);
    const auto object = access_.read(path);
    if (!object || !object->inode.is(FileType::kRegular)) return absent_or(object);
    return access_.set_content(path, m.content);
  }

  Status operator()(const model::Copy& m) {
    const std::string from = plain_path(m.from);
    const std::string to = plain_path(m.to);
    if (is_within(to, from) || !exists(from) || !is_free(to)) return {};
    return TreeCopy(access_, access_, model::CopyXattrs::kAll).object(from, to);
  }

  // Those change the stack, not a layer.
  Status operator()(const model::CopyLayer&) { return {}; }
  Status operator()(const model::AddLower&) { return {}; }
  Status operator()(const model::RemoveLower&) { return {}; }
  Status operator()(const model::SwapLowers&) { return {}; }
  Status operator()(const model::UpperBecomesLower&) { return {}; }
  Status operator()(const model::WipeWork&) { return {}; }

 private:
  static Status absent_or(const Result<AccessedInode>& read) {
    return read.ok() || is_absent(read.error()) ? Status() : Status(read.error());
  }
  bool exists(const std::string& path) { return access_.read(path).ok(); }
  bool is_directory(const std::string& path) {
    const auto object = access_.read(path);
    return object && object->inode.is(FileType::kDirectory);
  }
  bool is_free(const std::string& path) { return !path.empty() && is_directory(parent_of(path)) && !exists(path); }

  LayerAccess& access_;
  DiskFormat format_;
};

}  // namespace

std::optional<model::LayerName> changed_layer(const model::Mutation& mutation) {
  return std::visit(
      [](const auto& m) -> std::optional<model::LayerName> {
        if constexpr (
            requires { m.path; } || requires { m.from; }) {
          return m.layer;
        } else {
          return std::nullopt;
        }
      },
      mutation);
}

Status mutate_layer(LayerAccess& access, const model::Mutation& mutation, DiskFormat format) {
  return std::visit(Mutator(access, format), mutation);
}

Status copy_tree(LayerAccess& from, LayerAccess& to, model::CopyXattrs xattrs) {
  return TreeCopy(from, to, xattrs).object("", "");
}

}  // namespace ovlspec::oracle
