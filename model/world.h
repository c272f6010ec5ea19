// The state that operations act on during a mount: the tree and the open slots. A plain value.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/tree.h"
#include "model/vocabulary/operation.h"

namespace ovlspec::model {

// A directory being read. Names are kept as sorted sets. Invariant: expected holds the names at the last start
// (opendir or rewinddir), `.` and `..` included.
struct DirectoryStream {
  std::vector<std::string> expected;
  std::vector<std::string> touched;    // came or went since the start
  std::vector<std::string> delivered;  // seen since the start
  bool removed = false;                // the directory was removed since the start
};

struct OpenSlot {
  bool open = false;
  ObjectId object = kNoObject;
  bool readable = false;
  bool writable = false;
  bool append = false;
  std::optional<LockKind> lock;  // kShared or kExclusive, of the object
  DirectoryStream stream;        // of a directory
};

enum class Writable : std::uint8_t { kYes, kNo };

struct World {
  Tree tree = Tree::empty();
  std::array<OpenSlot, kSlots> slots;
  Writable writable = Writable::kYes;  // kNo: a stack without an upper

  const Inode& operator[](ObjectId id) const { return tree[id]; }
  Inode& operator[](ObjectId id) { return tree[id]; }

  // Names come and go with their directories' times and the streams that read them.
  void attach(ObjectId parent, std::string_view name, ObjectId object);
  ObjectId detach(ObjectId parent, std::string_view name);
  void start_stream(Slot slot);

 private:
  void touch(ObjectId parent, std::string_view name);
};

// Sorted sets of names.
bool contains(const std::vector<std::string>& names, std::string_view name);
void insert(std::vector<std::string>& names, std::string_view name);

}  // namespace ovlspec::model
