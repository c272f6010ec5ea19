// What each operation and mutation of a trace consists of, said once: fields(visitor, operation) hands the members to a
// visitor in the order in which every encoding writes them. A codec is a pair of visitors: one that writes (members are
// const) and one that reads.
//
// A visitor has one method for each kind of member, with the member's name in JSON:
//   path(name, string)            a path of an operation
//   layer_path(name, string)      a path within a layer, empty for the root
//   bytes(name, string)           data
//   xattr_name(name, string)
//   target(Target)                a path with its Follow, or a slot
//   slot(name, Slot)
//   offset(name, FileSize)        at most kFileSizeLimit, as size is
//   size(name, FileSize)
//   count(name, uint32)           0 by default
//   index(name, uint16)           a place in the stack
//   place(name, uint8)            below kPlaces
//   flags(name, OpenFlags)
//   mode(name, Mode), optional_mode(name, Mode)   the latter 0 by default
//   choice(name, Enum, Enum by default)           an enum that has kWords
//   flag(name, bool)              false by default
//   type(name, FileType)
//   device(name, Device)          0:0 by default
//   id(name, optional<uint32>)    nothing by default
//   time_change(name, TimeChange) omit by default
//   object(path, Inode, Marks)    a layer's object with its path
//   layer(Layer)
// LayerName is not among the fields of mutations: codecs treat it alike for all that have one.
#pragma once

#include <concepts>
#include <type_traits>
#include <variant>

#include "model/mutation.h"
#include "model/vocabulary/operation.h"

namespace ovlspec::oracle {

template <typename T, typename Plain>
concept Like = std::same_as<std::remove_const_t<T>, Plain>;

template <typename V>
void fields(V& v, Like<Open> auto& o) {
  v.path("path", o.path);
  v.flags("flags", o.flags);
  v.optional_mode("mode", o.mode);
  v.slot("slot", o.slot);
}
template <typename V>
void fields(V& v, Like<Close> auto& o) {
  v.slot("slot", o.slot);
}
template <typename V>
void fields(V& v, Like<Read> auto& o) {
  v.slot("slot", o.slot);
  v.offset("offset", o.offset);
  v.size("length", o.length);
}
template <typename V>
void fields(V& v, Like<Write> auto& o) {
  v.slot("slot", o.slot);
  v.offset("offset", o.offset);
  v.bytes("data", o.data);
}
template <typename V>
void fields(V& v, Like<Truncate> auto& o) {
  v.target(o.target);
  v.size("size", o.size);
}
template <typename V>
void fields(V& v, Like<Mkdir> auto& o) {
  v.path("path", o.path);
  v.mode("mode", o.mode);
}
template <typename V>
void fields(V& v, Like<Rmdir> auto& o) {
  v.path("path", o.path);
}
template <typename V>
void fields(V& v, Like<Unlink> auto& o) {
  v.path("path", o.path);
}
template <typename V>
void fields(V& v, Like<Link> auto& o) {
  v.path("from", o.from);
  v.path("to", o.to);
  v.choice("follow", o.follow, Follow::kNoFollow);
}
template <typename V>
void fields(V& v, Like<Symlink> auto& o) {
  v.path("target", o.target);
  v.path("path", o.path);
}
template <typename V>
void fields(V& v, Like<Readlink> auto& o) {
  v.path("path", o.path);
}
template <typename V>
void fields(V& v, Like<Rename> auto& o) {
  v.path("from", o.from);
  v.path("to", o.to);
  v.choice("how", o.mode, RenameMode::kReplace);
}
template <typename V>
void fields(V& v, Like<Chmod> auto& o) {
  v.target(o.target);
  v.mode("mode", o.mode);
}
template <typename V>
void fields(V& v, Like<Chown> auto& o) {
  v.target(o.target);
  v.id("uid", o.uid);
  v.id("gid", o.gid);
}
template <typename V>
void fields(V& v, Like<Utimens> auto& o) {
  v.target(o.target);
  v.time_change("atime", o.access);
  v.time_change("mtime", o.modify);
}
template <typename V>
void fields(V& v, Like<SetXattr> auto& o) {
  v.target(o.target);
  v.xattr_name("name", o.name);
  v.bytes("value", o.value);
  v.choice("how", o.mode, XattrMode::kAny);
}
template <typename V>
void fields(V& v, Like<GetXattr> auto& o) {
  v.target(o.target);
  v.xattr_name("name", o.name);
}
template <typename V>
void fields(V& v, Like<ListXattr> auto& o) {
  v.target(o.target);
}
template <typename V>
void fields(V& v, Like<RemoveXattr> auto& o) {
  v.target(o.target);
  v.xattr_name("name", o.name);
}
template <typename V>
void fields(V& v, Like<Mknod> auto& o) {
  v.path("path", o.path);
  v.type("type", o.type);
  v.mode("mode", o.mode);
  v.device("device", o.device);
}
template <typename V>
void fields(V& v, Like<ReadDirectory> auto& o) {
  v.slot("slot", o.slot);
  v.count("count", o.count);
}
template <typename V>
void fields(V& v, Like<RewindDirectory> auto& o) {
  v.slot("slot", o.slot);
}
template <typename V>
void fields(V& v, Like<ListDirectory> auto& o) {
  v.path("path", o.path);
}
template <typename V>
void fields(V& v, Like<Stat> auto& o) {
  v.target(o.target);
}
template <typename V>
void fields(V& v, Like<StatFileSystem> auto& o) {
  v.path("path", o.path);
}
template <typename V>
void fields(V& v, Like<Sync> auto& o) {
  v.slot("slot", o.slot);
  v.flag("data-only", o.data_only);
}
template <typename V>
void fields(V& v, Like<Lock> auto& o) {
  v.slot("slot", o.slot);
  v.choice("kind", o.kind, LockKind::kExclusive);
}

template <typename V>
void fields(V& v, Like<model::Put> auto& m) {
  v.object(m.path, m.inode, m.marks);
}
template <typename V>
void fields(V& v, Like<model::Remove> auto& m) {
  v.layer_path("path", m.path);
}
template <typename V>
void fields(V& v, Like<model::Move> auto& m) {
  v.layer_path("from", m.from);
  v.layer_path("to", m.to);
}
template <typename V>
void fields(V& v, Like<model::HardLink> auto& m) {
  v.layer_path("from", m.from);
  v.layer_path("to", m.to);
}
template <typename V>
void fields(V& v, Like<model::ChangeMode> auto& m) {
  v.layer_path("path", m.path);
  v.mode("mode", m.mode);
}
template <typename V>
void fields(V& v, Like<model::ChangeContent> auto& m) {
  v.layer_path("path", m.path);
  v.bytes("content", m.content);
}
template <typename V>
void fields(V& v, Like<model::Copy> auto& m) {
  v.layer_path("from", m.from);
  v.layer_path("to", m.to);
}
template <typename V>
void fields(V& v, Like<model::CopyLayer> auto& m) {
  v.choice("xattrs", m.xattrs, model::CopyXattrs::kAll);
}
template <typename V>
void fields(V& v, Like<model::AddLower> auto& m) {
  v.index("position", m.position);
  v.place("place", m.place);
  v.layer(m.layer);
}
template <typename V>
void fields(V& v, Like<model::RemoveLower> auto& m) {
  v.index("position", m.position);
}
template <typename V>
void fields(V& v, Like<model::SwapLowers> auto& m) {
  v.index("first", m.first);
  v.index("second", m.second);
}
template <typename V>
void fields(V&, Like<model::UpperBecomesLower> auto&) {}
template <typename V>
void fields(V&, Like<model::WipeWork> auto&) {}

// The layer that a mutation names; nullptr for those of the stack itself.
inline const model::LayerName* layer_of(const model::Mutation& mutation) {
  return std::visit(
      [](const auto& m) -> const model::LayerName* {
        if constexpr (requires {
                        { m.layer } -> std::convertible_to<const model::LayerName&>;
                      })
          return &m.layer;
        else
          return nullptr;
      },
      mutation);
}
inline model::LayerName* layer_of(model::Mutation& mutation) {
  return const_cast<model::LayerName*>(layer_of(std::as_const(mutation)));
}

}  // namespace ovlspec::oracle
