#include "oracle/name_marks.h"

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "model/vocabulary/names.h"
#include "oracle/materialise.h"

namespace ovlspec::oracle {
namespace {

using model::kRoot;
using model::Layer;
using model::Marks;
using model::ObjectId;

constexpr std::string_view kOtherOpaqueFile = ".wh..opq";
constexpr std::string_view kUnionfsDirectory = ".unionfs-fuse";
constexpr std::string_view kHidden = "_HIDDEN~";

bool begins_with(std::string_view text, std::string_view beginning) {
  return text.substr(0, beginning.size()) == beginning;
}

void hide(Layer& layer, ObjectId directory, std::string_view name) {
  if (layer.tree[directory].find(name) != nullptr) return;
  const ObjectId whiteout = layer.add(model::Inode{.type = FileType::kCharDevice}, Marks{.whiteout = true});
  layer.tree.attach(directory, name, whiteout);
}

// The same layer without some of its names; objects that lose all of theirs are no part of it.
class Copy {
 public:
  explicit Copy(const Layer& from) : from_(from) {
    to_.tree[kRoot] = bare(kRoot);
    to_.marks[kRoot] = from.mark(kRoot);
  }

  // `keeps(directory, name)` decides. What is left out is told to `left_out(copied directory, name)`.
  template <typename Keeps, typename LeftOut>
  Layer take(const Keeps& keeps, const LeftOut& left_out) {
    std::vector<std::pair<ObjectId, ObjectId>> directories{{kRoot, kRoot}};
    std::vector<std::pair<ObjectId, std::string>> out;
    while (!directories.empty()) {
      const auto [source, target] = directories.back();
      directories.pop_back();
      for (const model::Entry& entry : from_.tree[source].entries) {
        if (!keeps(source, entry.name)) {
          out.emplace_back(target, entry.name);
          continue;
        }
        const auto [it, first] = copies_.try_emplace(entry.object, model::kNoObject);
        if (first) it->second = to_.add(bare(entry.object), from_.mark(entry.object));
        to_.tree.attach(target, entry.name, it->second);
        if (from_.tree[entry.object].is(FileType::kDirectory)) directories.emplace_back(entry.object, it->second);
      }
    }
    for (const auto& [directory, name] : out) left_out(to_, directory, name);
    return std::move(to_);
  }

 private:
  model::Inode bare(ObjectId id) const {
    model::Inode inode = from_.tree[id];
    inode.entries.clear();
    inode.links = id == kRoot ? inode.links : 0;
    return inode;
  }

  const Layer& from_;
  Layer to_;
  std::map<ObjectId, ObjectId> copies_;
};

Layer without_whiteout_names(const Layer& layer) {
  const auto keeps = [](ObjectId, const std::string& name) { return !begins_with(name, names::kFileWhiteout); };
  return Copy(layer).take(keeps, [](Layer& copy, ObjectId directory, const std::string& name) {
    const bool opaque = name == names::kOpaqueFile || name == kOtherOpaqueFile;
    if (opaque) copy.marks[directory].opaque = true;
    if (!opaque && name.size() > names::kFileWhiteout.size())
      hide(copy, directory, name.substr(names::kFileWhiteout.size()));
  });
}

// What unionfs-fuse hides: paths, each with those above it first.
void hidden_paths(const Layer& layer, ObjectId directory, const std::string& path, std::set<std::string>& paths) {
  for (const model::Entry& entry : layer.tree[directory].entries) {
    const auto name = std::string_view(entry.name);
    const bool hides = name.size() > kHidden.size() && name.substr(name.size() - kHidden.size()) == kHidden;
    if (hides) paths.insert(path_below(path, name.substr(0, name.size() - kHidden.size())));
    if (!hides && layer.tree[entry.object].is(FileType::kDirectory))
      hidden_paths(layer, entry.object, path_below(path, name), paths);
  }
}

// The directory at a path of `layer`; made as in the first layer below that has it. kNoObject: there is none.
ObjectId directory_at(Layer& layer, const std::string& path, const std::vector<const Layer*>& below) {
  if (path.empty()) return kRoot;
  if (const auto found = layer.tree.at(path))
    return layer.tree[*found].is(FileType::kDirectory) ? *found : model::kNoObject;
  const auto slash = path.rfind('/');
  const ObjectId parent = directory_at(layer, slash == std::string::npos ? "" : path.substr(0, slash), below);
  if (parent == model::kNoObject) return parent;
  for (const Layer* lower : below) {
    const auto found = lower->tree.at(path);
    if (!found || !lower->tree[*found].is(FileType::kDirectory)) continue;
    model::Inode inode = lower->tree[*found];
    inode.entries.clear();
    inode.links = 0;
    const ObjectId made = layer.add(std::move(inode), Marks{.backing = lower->mark(*found).backing});
    layer.tree.attach(parent, slash == std::string::npos ? path : path.substr(slash + 1), made);
    return made;
  }
  return model::kNoObject;
}

void read_unionfs_marks(Layer& layer, const std::vector<const Layer*>& below) {
  const model::Entry* own = layer.tree[kRoot].find(kUnionfsDirectory);
  if (own == nullptr || !layer.tree[own->object].is(FileType::kDirectory)) return;
  std::set<std::string> paths;
  hidden_paths(layer, own->object, "", paths);
  const auto keeps = [](ObjectId directory, const std::string& name) {
    return directory != kRoot || name != kUnionfsDirectory;
  };
  layer = Copy(layer).take(keeps, [](Layer&, ObjectId, const std::string&) {});
  for (const std::string& path : paths) {
    const auto slash = path.rfind('/');
    const std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
    const auto found = layer.tree.at(path);
    if (found && layer.tree[*found].is(FileType::kDirectory)) layer.marks[*found].opaque = true;
    if (found) continue;
    const ObjectId parent = directory_at(layer, slash == std::string::npos ? "" : path.substr(0, slash), below);
    if (parent != model::kNoObject) hide(layer, parent, name);
  }
}

}  // namespace

void read_name_marks(model::Layers& layers, DiskFormat format) {
  if (format != DiskFormat::kFuseOverlayfs && format != DiskFormat::kUnionfs) return;
  std::vector<const Layer*> below;
  const auto read = [&](Layer& layer) {
    if (format == DiskFormat::kFuseOverlayfs)
      layer = without_whiteout_names(layer);
    else
      read_unionfs_marks(layer, below);
    below.insert(below.begin(), &layer);
  };
  for (auto lower = layers.lowers.rbegin(); lower != layers.lowers.rend(); ++lower) read(*lower);
  if (layers.upper) read(*layers.upper);
}

}  // namespace ovlspec::oracle
