#include "model/layer.h"

namespace ovlspec::model {

ObjectId Layer::add(Inode inode, Marks marks_of_it) {
  marks.push_back(std::move(marks_of_it));
  return tree.add(std::move(inode));
}

}  // namespace ovlspec::model
