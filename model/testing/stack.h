// The words with which tests build layers: `Stack().lower().file("a/b", "x").upper().whiteout("a").layers()`.
#pragma once

#include <string>
#include <string_view>

#include "model/layer.h"

namespace ovlspec::model::testing {

// Objects are root's, directories of mode 755, other types of mode 644. Missing parents are made. Each object has a
// backing of its own, on a file system of the layer's own. Things go to the layer that was named last, and take the
// place of what was there.
class Stack {
 public:
  Stack& lower();  // below those before it
  Stack& upper();

  Stack& put(std::string_view path, Inode inode, Marks marks = {});
  Stack& file(std::string_view path, std::string content = "");
  Stack& directory(std::string_view path, Mode mode = 0755);
  Stack& symlink(std::string_view path, std::string target);
  Stack& link(std::string_view from, std::string_view to);
  Stack& whiteout(std::string_view path);
  Stack& opaque(std::string_view path);  // a directory that is there, or is made
  Stack& redirect(std::string_view path, std::string target);
  // The object at `path` records that it came from a lower's, which is in place.
  Stack& origin(std::string_view path, std::size_t lower, std::string_view from);
  // The object at `path` is the very inode that another layer has.
  Stack& same_backing(std::string_view path, std::size_t lower, std::string_view as);

  // What is at the path in the layer that was named last.
  Inode& inode(std::string_view path);
  Marks& marks(std::string_view path);

  const Layers& layers() const { return layers_; }
  Tree merged() const;

 private:
  Layer& layer();
  ObjectId object(std::string_view path);
  ObjectId existing_directory(std::string_view path);
  Backing next_backing();

  Layers layers_;
  bool in_upper_ = false;
  InodeNumber last_number_ = 0;
};

Inode file_inode(std::string content = "", Mode mode = 0644);
Inode directory_inode(Mode mode = 0755);
Inode symlink_inode(std::string target);

}  // namespace ovlspec::model::testing
