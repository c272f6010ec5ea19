#include "model/testing/stack.h"

#include <cassert>

#include "model/layer_edit.h"
#include "model/merge.h"

namespace ovlspec::model::testing {

Inode file_inode(std::string content, Mode mode) {
  return Inode{.type = FileType::kRegular, .mode = mode, .content = Content(std::move(content))};
}
Inode directory_inode(Mode mode) { return Inode{.type = FileType::kDirectory, .mode = mode}; }
Inode symlink_inode(std::string target) {
  return Inode{.type = FileType::kSymlink, .mode = 0777, .content = Content(std::move(target))};
}

Stack& Stack::lower() {
  layers_.lowers.emplace_back();
  in_upper_ = false;
  layer().marks[kRoot].backing = next_backing();
  return *this;
}

Stack& Stack::upper() {
  layers_.upper.emplace();
  in_upper_ = true;
  layer().marks[kRoot].backing = next_backing();
  return *this;
}

Layer& Stack::layer() {
  assert(in_upper_ || !layers_.lowers.empty());
  return in_upper_ ? *layers_.upper : layers_.lowers.back();
}

Backing Stack::next_backing() {
  const std::uint64_t file_system = in_upper_ ? 100 : layers_.lowers.size();
  return Backing{.file_system = file_system, .number = ++last_number_, .generation = 0};
}

ObjectId Stack::object(std::string_view path) {
  const auto found = layer().tree.at(path);
  assert(found);
  return *found;
}

ObjectId Stack::existing_directory(std::string_view path) {
  if (const auto found = layer().tree.at(path)) return *found;
  directory(path);
  return object(path);
}

Stack& Stack::put(std::string_view path, Inode inode, Marks marks) {
  const auto slash = path.rfind('/');
  if (slash != std::string_view::npos) existing_directory(path.substr(0, slash));
  marks.backing = next_backing();
  [[maybe_unused]] const Edit edit = model::put(layer(), path, inode, marks);
  assert(edit == Edit::kDone);
  return *this;
}

Stack& Stack::file(std::string_view path, std::string content) { return put(path, file_inode(std::move(content))); }
Stack& Stack::directory(std::string_view path, Mode mode) { return put(path, directory_inode(mode)); }
Stack& Stack::symlink(std::string_view path, std::string target) { return put(path, symlink_inode(std::move(target))); }
Stack& Stack::whiteout(std::string_view path) {
  return put(path, Inode{.type = FileType::kCharDevice}, Marks{.whiteout = true});
}

Stack& Stack::link(std::string_view from, std::string_view to) {
  [[maybe_unused]] const Edit edit = hard_link(layer(), from, to);
  assert(edit == Edit::kDone);
  return *this;
}

Stack& Stack::opaque(std::string_view path) {
  layer().marks[existing_directory(path)].opaque = true;
  return *this;
}

Stack& Stack::redirect(std::string_view path, std::string target) {
  layer().marks[existing_directory(path)].redirect = std::move(target);
  return *this;
}

Stack& Stack::origin(std::string_view path, std::size_t lower, std::string_view from) {
  const Layer& below = layers_.lowers[lower];
  const ObjectId id = below.tree.at(from).value();
  marks(path).origin = Origin{.backing = below.mark(id).backing, .linked = below.tree[id].links > 1};
  return *this;
}

Stack& Stack::same_backing(std::string_view path, std::size_t lower, std::string_view as) {
  const Layer& other = layers_.lowers[lower];
  marks(path).backing = other.mark(other.tree.at(as).value()).backing;
  return *this;
}

Inode& Stack::inode(std::string_view path) { return layer().tree[object(path)]; }
Marks& Stack::marks(std::string_view path) { return layer().marks[object(path)]; }

Tree Stack::merged() const { return merge(layers_).tree; }

}  // namespace ovlspec::model::testing
