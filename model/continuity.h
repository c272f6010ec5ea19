// The relation *continues*: which object after an offline change is which object before it. Decided from the backing
// inodes that objects had and from what the change did to those inodes, never from what an implementation recorded.
//
// - An object is the inode of its topmost instance: whatever is renamed, linked, changed in place, added or removed
//   around that inode, the object continues with it (ID-6, ID-10). Another inode is another object.
// - An image of a read-only file system that was built again is another file system, whatever it holds: none of its
//   inodes is an earlier one, though it has the number and the handle, and of what it held those objects alone continue
//   that were copied up. Images of one identity (the uuid; of a squashfs, which has none, the digest of its superblock
//   and inode table) are by definition the same, and so are their inodes of one number and generation.
// - A copied-up object lives on with its upper inode, whatever happens to its origin. The origin, shown again, is
//   another object; where the upper inode was taken away by hand, it may as well be the one that was copied up.
// - A copy is a new object, but for a whole upper layer: its copied-up objects continue in the copy at the first
//   writable mount, and what was made in the upper does not.
// - LIMIT-2: an inode whose number is claimed by what was copied up from it, or from an earlier inode of its number,
//   takes another number while the claim is known. Where that claim is lost with a layer or its attributes, it may be
//   renumbered, and be taken for the copied-up object where that is gone. Of two layers with records of one object,
//   each made above the other once, the topmost counts: swapped, the other may be renumbered.
// - An object that was removed through the overlay is dead. The lower inode of one that was never copied up is the same
//   object when it shows again.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "model/layer.h"
#include "model/mutation.h"

namespace ovlspec::model {

// The oracle's own name for an object of a history; never given to another.
using Identity = std::uint32_t;

// What an inode is, of what was there before.
struct Continuation {
  std::optional<Identity> identity;  // it is this object
  std::vector<Identity> perhaps;     // else it may be one of these, or a new one
  bool operator==(const Continuation&) const = default;
};

class Continuity {
 public:
  Continuation of(const Backing& backing) const;

  // What a mount led to, told for each object at its end. `before`: where it lay when the mount began, empty for what
  // was made in the mount; `after`: where it lies now.
  void lies_on(Identity identity, const Backing& before, const Backing& after);
  // It lost its last name in the mount. `touched`: it may have been copied up before.
  enum class Touched : std::uint8_t { kNo, kYes };
  void removed(Identity identity, const Backing& before, Touched touched);
  // A writable mount began: a copied upper layer is adopted.
  void adopted();

  // Tells all that later answers depend on, as words in an order of their own. `identity` is told each identity where a
  // word for it would stand.
  void tell(const std::function<void(std::uint64_t)>& word, const std::function<void(Identity)>& identity) const;

  // Whether `changed` needs the layers as they are on both sides of this change.
  static bool needs_layers(const Mutation& mutation);
  // A change of the layers, `before` and `after` it; where it needs none, they may be empty.
  void changed(const Mutation& mutation, const Layers& before, const Layers& after);

 private:
  struct Object {
    Identity identity = 0;
    bool is_certain = true;        // number and handles stay
    bool copied_up = false;        // a record on its inode names it
    bool copied_twice = false;     // ... and the inode that it was copied up from has a record of it too
    bool copied_record = false;    // another inode of the layer has a copy of the record
    bool awaits_adoption = false;  // its inode is a copy, with the whole layer
  };

  // What lies on inodes whose number a record may hold may be renumbered, and be taken for what was copied up from it.
  void claims_lost();
  // Which of two layers' records of one object counts may be another.
  void layers_swapped();
  bool is_contested(const Backing& backing) const;
  void upper_copied(const Layer& from, const Layer& to);
  void copied(const Layer& from, std::string_view path, const Layer& to, std::string_view copy);

  std::map<Backing, Object> objects_;
  using Pairs = std::set<std::pair<Backing, Identity>>;
  Pairs origins_;                       // what objects were copied up from
  std::set<Backing> records_;           // inodes that objects were copied up to
  std::map<Backing, Identity> copies_;  // what has a copy of an object's record
  Pairs perhaps_;                       // new inodes that may be taken for an object
  bool lowers_have_claims_ = false;     // one of them was an upper
  bool upper_is_bare_ = false;          // copied without its attributes since the last writable mount
  bool work_is_empty_ = false;          // wiped since then
};

}  // namespace ovlspec::model
