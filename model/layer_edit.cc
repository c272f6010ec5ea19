#include "model/layer_edit.h"

#include <unordered_map>

namespace ovlspec::model {
namespace {

// Copies `from`'s subtree of `source` into `target` under parent/name; hard links within the subtree are kept.
class SubtreeCopy {
 public:
  SubtreeCopy(const Layer& source, Layer& target) : source_(source), target_(target) {}

  ObjectId object(ObjectId from) {
    if (const auto it = copies_.find(from); it != copies_.end()) return it->second;
    Inode inode = source_.tree[from];
    const std::vector<Entry> entries = std::move(inode.entries);
    inode.entries.clear();
    inode.links = 0;
    inode.parent = kNoObject;
    Marks marks = source_.mark(from);
    marks.backing = {};
    const ObjectId to = target_.add(std::move(inode), std::move(marks));
    copies_.emplace(from, to);
    children(entries, to);
    return to;
  }

  void children(const std::vector<Entry>& entries, ObjectId to) {
    for (const Entry& entry : entries) target_.tree.attach(to, entry.name, object(entry.object));
  }

 private:
  const Layer& source_;
  Layer& target_;
  std::unordered_map<ObjectId, ObjectId> copies_;
};

bool free_name(const Layer& layer, const Place& place) {
  return place.directory != kNoObject && !place.name.empty() && layer.tree[place.directory].find(place.name) == nullptr;
}

bool is_within(const Layer& layer, ObjectId object, ObjectId ancestor) {
  for (;; object = layer.tree[object].parent) {
    if (object == ancestor) return true;
    if (object == kRoot || object == kNoObject) return false;
  }
}

// Takes a name away, and every name below it where that makes a directory unreachable.
void detach_subtree(Layer& layer, ObjectId directory, std::string_view name) {
  const ObjectId object = layer.tree.detach(directory, name);
  if (!layer.tree[object].is(FileType::kDirectory)) return;
  while (!layer.tree[object].entries.empty()) {
    const std::string last = layer.tree[object].entries.back().name;
    detach_subtree(layer, object, last);
  }
}

// Names came or went: the directory's time is that of the change.
void touch(Layer& layer, ObjectId directory) { layer.tree[directory].modify_time = FreeTime::unknown(); }

}  // namespace

Place place_of(const Layer& layer, std::string_view path) {
  while (!path.empty() && path.back() == '/') path.remove_suffix(1);
  const auto slash = path.rfind('/');
  const auto parent = slash == std::string_view::npos ? std::string_view{} : path.substr(0, slash);
  const auto name = slash == std::string_view::npos ? path : path.substr(slash + 1);
  const auto directory = layer.tree.at(parent);
  if (!directory || !layer.tree[*directory].is(FileType::kDirectory)) return Place{kNoObject, name};
  return Place{*directory, name};
}

Edit put(Layer& layer, std::string_view path, const Inode& inode, const Marks& marks) {
  const Place place = place_of(layer, path);
  if (place.directory == kNoObject || place.name.empty()) return Edit::kNothing;
  if (layer.tree[place.directory].find(place.name) != nullptr) detach_subtree(layer, place.directory, place.name);
  Inode fresh = inode;
  fresh.entries.clear();
  fresh.parent = kNoObject;
  fresh.links = 0;
  layer.tree.attach(place.directory, place.name, layer.add(std::move(fresh), marks));
  touch(layer, place.directory);
  return Edit::kDone;
}

Edit remove(Layer& layer, std::string_view path) {
  const Place place = place_of(layer, path);
  if (place.directory == kNoObject || layer.tree[place.directory].find(place.name) == nullptr) return Edit::kNothing;
  detach_subtree(layer, place.directory, place.name);
  touch(layer, place.directory);
  return Edit::kDone;
}

Edit move(Layer& layer, std::string_view from, std::string_view to) {
  const Place source = place_of(layer, from);
  const Place target = place_of(layer, to);
  if (source.directory == kNoObject || target.directory == kNoObject || target.name.empty()) return Edit::kNothing;
  const Entry* entry = layer.tree[source.directory].find(source.name);
  if (entry == nullptr) return Edit::kNothing;
  const ObjectId object = entry->object;
  if (is_within(layer, target.directory, object)) return Edit::kNothing;
  const Entry* present = layer.tree[target.directory].find(target.name);
  if (present != nullptr && present->object == object) return Edit::kNothing;
  if (present != nullptr && is_within(layer, source.directory, present->object)) return Edit::kNothing;
  if (present != nullptr) detach_subtree(layer, target.directory, target.name);
  layer.tree.detach(source.directory, source.name);
  layer.tree.attach(target.directory, target.name, object);
  touch(layer, source.directory);
  touch(layer, target.directory);
  return Edit::kDone;
}

Edit hard_link(Layer& layer, std::string_view from, std::string_view to) {
  const auto object = layer.tree.at(from);
  const Place target = place_of(layer, to);
  if (!object || layer.tree[*object].is(FileType::kDirectory) || !free_name(layer, target)) return Edit::kNothing;
  layer.tree.attach(target.directory, target.name, *object);
  touch(layer, target.directory);
  return Edit::kDone;
}

Edit copy(Layer& layer, std::string_view from, std::string_view to) {
  const auto object = layer.tree.at(from);
  const Place target = place_of(layer, to);
  if (!object || !free_name(layer, target) || is_within(layer, target.directory, *object)) return Edit::kNothing;
  const std::string name(target.name);
  const ObjectId directory = target.directory;
  const Layer source = layer;
  const ObjectId made = SubtreeCopy(source, layer).object(*object);
  layer.tree.attach(directory, name, made);
  // Hard links across copy up are the index's, and it knows the inode that was copied from.
  for (std::size_t id = source.marks.size(); id < layer.marks.size(); ++id)
    if (layer.marks[id].origin) layer.marks[id].origin->linked = false;
  touch(layer, directory);
  return Edit::kDone;
}

Layer fresh_copy(const Layer& layer) {
  Layer fresh;
  const auto entries = layer.tree[kRoot].entries;
  fresh.tree[kRoot] = layer.tree[kRoot];
  fresh.tree[kRoot].entries.clear();
  fresh.marks[kRoot] = layer.mark(kRoot);
  fresh.marks[kRoot].backing = {};
  SubtreeCopy(layer, fresh).children(entries, kRoot);
  return fresh;
}

}  // namespace ovlspec::model
