#include "model/world.h"

#include <algorithm>

namespace ovlspec::model {

bool contains(const std::vector<std::string>& names, std::string_view name) {
  return std::binary_search(names.begin(), names.end(), name);
}

void insert(std::vector<std::string>& names, std::string_view name) {
  const auto it = std::lower_bound(names.begin(), names.end(), name);
  if (it == names.end() || *it != name) names.emplace(it, name);
}

void World::touch(ObjectId parent, std::string_view name) {
  tree[parent].modify_time = FreeTime::unknown();
  for (OpenSlot& slot : slots)
    if (slot.open && slot.object == parent) insert(slot.stream.touched, name);
}

void World::attach(ObjectId parent, std::string_view name, ObjectId object) {
  tree.attach(parent, name, object);
  touch(parent, name);
}

ObjectId World::detach(ObjectId parent, std::string_view name) {
  touch(parent, name);
  const ObjectId object = tree.detach(parent, name);
  if (!tree[object].is(FileType::kDirectory)) return object;
  for (OpenSlot& slot : slots)
    if (slot.open && slot.object == object) slot.stream.removed = true;
  return object;
}

void World::start_stream(Slot slot) {
  OpenSlot& opened = slots[slot];
  const Inode& directory = tree[opened.object];
  opened.stream = DirectoryStream{};
  opened.stream.removed = directory.links == 0;
  opened.stream.expected = {".", ".."};
  for (const Entry& entry : directory.entries) insert(opened.stream.expected, entry.name);
}

}  // namespace ovlspec::model
