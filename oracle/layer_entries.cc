#include "oracle/layer_entries.h"

#include <unordered_map>

#include "model/describe.h"

namespace ovlspec::oracle {
namespace {

class Lister {
 public:
  explicit Lister(const model::Layer& layer) : layer_(layer) {}

  std::vector<LayerEntry> run() {
    entries_.push_back(LayerEntry{.path = {}, .object = model::kRoot, .link_of = std::nullopt});
    directory(model::kRoot);
    return std::move(entries_);
  }

 private:
  void directory(model::ObjectId id) {
    for (const model::Entry& entry : layer_.tree[id].entries) {
      const std::size_t length = path_.size();
      if (!path_.empty()) path_ += '/';
      path_ += entry.name;
      object(entry.object);
      path_.resize(length);
    }
  }

  void object(model::ObjectId id) {
    const auto [first, is_first] = names_.try_emplace(id, path_);
    entries_.push_back(LayerEntry{.path = path_, .object = id, .link_of = std::nullopt});
    if (!is_first) entries_.back().link_of = first->second;
    if (is_first && !layer_.mark(id).whiteout) directory(id);
  }

  const model::Layer& layer_;
  std::string path_;
  std::unordered_map<model::ObjectId, std::string> names_;
  std::vector<LayerEntry> entries_;
};

bool same_object(const model::Inode& one, const model::Inode& other) {
  return one.type == other.type && one.mode == other.mode && one.uid == other.uid && one.gid == other.gid &&
         one.device == other.device && one.access_time == other.access_time && one.modify_time == other.modify_time &&
         one.content == other.content && one.xattrs == other.xattrs;
}

}  // namespace

std::vector<LayerEntry> entries_of(const model::Layer& layer) { return Lister(layer).run(); }

bool same_layer(const model::Layer& one, const model::Layer& other) {
  const auto ours = entries_of(one);
  const auto theirs = entries_of(other);
  if (ours.size() != theirs.size()) return false;
  for (std::size_t i = 0; i < ours.size(); ++i) {
    if (ours[i].path != theirs[i].path || ours[i].link_of != theirs[i].link_of) return false;
    const model::Marks& marks = one.mark(ours[i].object);
    if (!(marks == other.mark(theirs[i].object))) return false;
    if (!marks.whiteout && !same_object(one.tree[ours[i].object], other.tree[theirs[i].object])) return false;
  }
  return true;
}

Problem LayerBuilder::find_place(std::string_view path, Place& place) const {
  if (auto problem = check_layer_path(path)) return problem;
  const auto slash = path.rfind('/');
  const auto directory = slash == std::string_view::npos ? std::string_view{} : path.substr(0, slash);
  place.name = slash == std::string_view::npos ? path : path.substr(slash + 1);
  const auto parent = layer_.tree.at(directory);
  if (!parent || layer_.mark(*parent).whiteout || !layer_.tree[*parent].is(FileType::kDirectory))
    return "the layer has no directory " + model::quoted(directory);
  place.parent = *parent;
  if (layer_.tree[*parent].find(place.name) != nullptr) return "the layer has " + model::quoted(path) + " already";
  return std::nullopt;
}

Problem LayerBuilder::set_root(model::Inode inode, model::Marks marks) {
  if (marks.whiteout || !inode.is(FileType::kDirectory)) return "a layer's root is a directory";
  if (auto problem = check_object(inode, marks)) return problem;
  model::Inode& root = layer_.tree[model::kRoot];
  inode.entries = std::move(root.entries);
  inode.parent = root.parent;
  inode.links = root.links;
  root = std::move(inode);
  layer_.marks[model::kRoot] = std::move(marks);
  return std::nullopt;
}

Problem LayerBuilder::add(std::string_view path, model::Inode inode, model::Marks marks) {
  if (path.empty()) return set_root(std::move(inode), std::move(marks));
  Place place;
  if (auto problem = find_place(path, place)) return problem;
  if (auto problem = check_object(inode, marks)) return problem;
  if (marks.whiteout) inode = whiteout_inode();
  layer_.tree.attach(place.parent, place.name, layer_.add(std::move(inode), std::move(marks)));
  return std::nullopt;
}

Problem LayerBuilder::link(std::string_view path, std::string_view to) {
  Place place;
  if (path.empty()) return "a layer's root is no hard link";
  if (auto problem = find_place(path, place)) return problem;
  const auto object = layer_.tree.at(to);
  if (!object) return "the layer has no " + model::quoted(to) + " to link to";
  if (layer_.tree[*object].is(FileType::kDirectory)) return "a directory has one name";
  layer_.tree.attach(place.parent, place.name, *object);
  return std::nullopt;
}

}  // namespace ovlspec::oracle
