#include "model/resolve.h"

#include "model/permission.h"
#include "model/vocabulary/names.h"

namespace ovlspec::model {
namespace {

Found failure(Errno error, Rule rule) { return Found{.error = error, .rule = rule}; }

NameKind kind_of(std::string_view name) {
  if (name == ".") return NameKind::kDot;
  if (name == "..") return NameKind::kDotDot;
  return NameKind::kPlain;
}

// One name in one directory, without following. Found says the same of a whole path, and costs more.
struct Step {
  Errno error = Errno::kOk;
  Rule rule = Rule::kPathMissing;
  NameKind kind = NameKind::kPlain;
  ObjectId object = kNoObject;
};

class Walk {
 public:
  Walk(const World& world, const Caller& caller) : world_(world), caller_(caller) {}

  Found from(ObjectId base, std::string_view path, Last last) {
    if (!path.empty() && path.front() == '/') base = kRoot;
    skip_slashes(path);
    if (path.empty()) return Found{.parent = kRoot, .kind = NameKind::kSlash, .object = kRoot};
    for (ObjectId at = base;;) {
      const auto slash = path.find('/');
      const auto name = path.substr(0, slash);
      path = slash == std::string_view::npos ? std::string_view{} : path.substr(slash);
      const bool has_slash = !path.empty();
      skip_slashes(path);
      if (path.empty()) return last_component(at, name, last, has_slash);
      const Step step = component(at, name);
      if (step.error != Errno::kOk) return failure(step.error, step.rule);
      if (step.object == kNoObject) return failure(Errno::kENOENT, Rule::kPathMissing);
      if (!world_[step.object].is(FileType::kSymlink)) {
        at = step.object;
        continue;
      }
      const Found directory = followed_on_the_way(at, step.object);
      if (directory.failed()) return directory;
      if (!directory.exists()) return failure(Errno::kENOENT, Rule::kPathMissing);
      at = directory.object;
    }
  }

 private:
  static void skip_slashes(std::string_view& path) {
    while (!path.empty() && path.front() == '/') path.remove_prefix(1);
  }

  Step component(ObjectId directory, std::string_view name) const {
    const Inode& inode = world_[directory];
    if (!inode.is(FileType::kDirectory)) return Step{.error = Errno::kENOTDIR, .rule = Rule::kPathNotDirectory};
    if (!may(caller_, inode, {.execute = true})) return Step{.error = Errno::kEACCES, .rule = Rule::kPathSearch};
    const NameKind kind = kind_of(name);
    switch (kind) {
      case NameKind::kDot: return Step{.kind = kind, .object = directory};
      case NameKind::kDotDot: return Step{.kind = kind, .object = inode.parent};
      case NameKind::kSlash:
      case NameKind::kPlain: break;
    }
    if (name.size() > names::kNameMax) return Step{.error = Errno::kENAMETOOLONG, .rule = Rule::kPathNameLong};
    const Entry* entry = inode.find(name);
    return Step{.kind = kind, .object = entry == nullptr ? kNoObject : entry->object};
  }

  // Where the symlink leads.
  Found followed(ObjectId directory, ObjectId symlink, Last last) {
    if (++followed_ > names::kSymlinkDepthMax) return failure(Errno::kELOOP, Rule::kPathLoop);
    return from(directory, world_[symlink].content.data(), last);
  }

  Found followed_on_the_way(ObjectId directory, ObjectId symlink) {
    ++nesting_;
    Found found = followed(directory, symlink, Last::kFollow);
    --nesting_;
    return found;
  }

  // OVL-PATH-7, of a symlink that ends the path.
  bool is_guarded(ObjectId directory, ObjectId symlink) const {
    constexpr Mode kShared = kSticky | 0002;
    const Uid owner = world_[symlink].uid;
    return nesting_ == 0 && (world_[directory].mode & kShared) == kShared && owner != caller_.uid &&
           owner != world_[directory].uid;
  }

  Found last_component(ObjectId directory, std::string_view name, Last last, bool trailing_slash) {
    const Step step = component(directory, name);
    Found found{.error = step.error, .rule = step.rule, .trailing_slash = trailing_slash};
    if (found.failed()) return found;
    const bool follows = last == Last::kFollow || (last == Last::kNoFollow && trailing_slash);
    if (follows && step.object != kNoObject && world_[step.object].is(FileType::kSymlink)) {
      found = followed(directory, step.object, Last::kFollow);
      found.trailing_slash = found.trailing_slash || trailing_slash;
      found.guarded = found.guarded || is_guarded(directory, step.object);
    } else {
      found.parent = directory;
      found.name = name;
      found.kind = step.kind;
      found.object = step.object;
    }
    if (last == Last::kName || found.failed() || !found.exists() || !found.trailing_slash) return found;
    if (world_[found.object].is(FileType::kDirectory)) return found;
    found.error = Errno::kENOTDIR;
    found.rule = Rule::kPathNotDirectory;
    return found;
  }

  const World& world_;
  const Caller& caller_;
  std::size_t followed_ = 0;
  std::size_t nesting_ = 0;  // symlinks being followed that do not end the path
};

}  // namespace

Found resolve(const World& world, const Caller& caller, std::string_view path, Last last) {
  if (path.empty()) return failure(Errno::kENOENT, Rule::kPathEmpty);
  if (path.size() > names::kPathMax) return failure(Errno::kENAMETOOLONG, Rule::kPathNameLong);
  return Walk(world, caller).from(kRoot, path, last);
}

}  // namespace ovlspec::model
