// Callers, paths and operations of arbitrary.h.
#include "model/testing/arbitrary.h"

namespace ovlspec::model::testing {
namespace {

constexpr Slot kUsedSlots = 6;

std::uint32_t size_of(const std::vector<Entry>& entries) { return static_cast<std::uint32_t>(entries.size()); }

// Down from the root through directories, to stop anywhere.
std::string existing_path(Choices& choices, const Tree& tree) {
  std::string path;
  for (ObjectId at = kRoot; !tree[at].entries.empty() && !choices.one_in(5);) {
    const Entry& entry = tree[at].entries[choices.below(size_of(tree[at].entries))];
    path += (path.empty() ? "" : "/") + entry.name;
    at = entry.object;
  }
  return path;
}

std::string odd_path(Choices& choices, std::string path) {
  switch (choices.below(10)) {
    case 0: return path + "/";
    case 1: return "/" + path;
    case 2: return path + "/.";
    case 3: return path + "/..";
    case 4: return "./" + path;
    case 5: return path + "//" + name(choices);
    case 6: return "a/../" + path;
    case 7: return path + "/" + std::string(256, 'n');
    case 8: return choices.one_in(4) ? std::string(4096, 'p') : "../../" + path;
    default: return choices.one_in(4) ? "" : "/";
  }
}

Target target(Choices& choices, const World& world) {
  if (choices.one_in(4)) return Target::of(static_cast<Slot>(choices.below(kUsedSlots)));
  return Target::at(path(choices, world.tree), choices.one_in(3) ? Follow::kNoFollow : Follow::kFollow);
}

Slot slot(Choices& choices) { return static_cast<Slot>(choices.below(kUsedSlots)); }

FileSize offset(Choices& choices) { return choices.one_in(8) ? choices.below(100'000) : choices.below(40); }

std::string bytes(Choices& choices) {
  return std::string(choices.one_in(8) ? choices.below(5000) : choices.below(12), choices.pick({'p', 'q', '\0'}));
}

std::string xattr_name(Choices& choices) {
  if (choices.one_in(10))
    return choices.pick<std::string>({"", "user.", "trusted.", "foo.bar", "nodot", "user." + std::string(251, 'n'),
                                      "user." + std::string(250, 'n'), "trusted.overlay.x", "trusted.overlay",
                                      "trusted.overlayx.y"});
  return choices.pick<std::string>({"user.a", "user.a", "user.b", "trusted.a", "security.a"});
}

std::string xattr_value(Choices& choices) {
  if (choices.one_in(60)) return std::string(choices.pick({2000, 65536, 65537}), 'v');
  return std::string(choices.below(6), 'v');
}

OpenFlags open_flags(Choices& choices) {
  return OpenFlags{.access = choices.pick({Access::kRead, Access::kRead, Access::kWrite, Access::kReadWrite}),
                   .create = choices.one_in(2),
                   .exclusive = choices.one_in(6),
                   .truncate = choices.one_in(5),
                   .append = choices.one_in(6),
                   .directory = choices.one_in(8),
                   .no_follow = choices.one_in(8)};
}

TimeChange time_change(Choices& choices) {
  switch (choices.below(3)) {
    case 0: return TimeChange{.kind = TimeChange::Kind::kSet, .value = time(choices)};
    case 1: return TimeChange{.kind = TimeChange::Kind::kNow, .value = {}};
    default: return TimeChange{};
  }
}

template <typename Id>
std::optional<Id> id(Choices& choices) {
  if (choices.one_in(3)) return std::nullopt;
  return choices.pick<Id>({0, 1000, 1001, 2000});
}

std::string symlink_target(Choices& choices, const World& world) {
  if (choices.one_in(60)) return choices.pick<std::string>({"", std::string(4096, 't'), std::string(4095, 't')});
  std::string target = path(choices, world.tree);
  return target.empty() ? "." : target;
}

Operation names_operation(Choices& choices, const World& world) {
  const auto at = [&] { return path(choices, world.tree); };
  switch (choices.below(14)) {
    case 0:
    case 1:
    case 2: return Mkdir{at(), mode(choices)};
    case 3: return Rmdir{at()};
    case 4:
    case 5: return Unlink{at()};
    case 6:
    case 7: return Link{at(), at(), choices.one_in(3) ? Follow::kFollow : Follow::kNoFollow};
    case 8:
    case 9: return Symlink{symlink_target(choices, world), at()};
    case 10:
      return Mknod{at(),
                   choices.pick({FileType::kRegular, FileType::kFifo, FileType::kSocket, FileType::kCharDevice,
                                 FileType::kBlockDevice, FileType::kDirectory, FileType::kSymlink}),
                   mode(choices), Device{choices.below(2), choices.below(4)}};
    default:
      return Rename{at(), at(),
                    choices.pick({RenameMode::kReplace, RenameMode::kReplace, RenameMode::kReplace,
                                  RenameMode::kNoReplace, RenameMode::kExchange, RenameMode::kWhiteout})};
  }
}

Operation attributes_operation(Choices& choices, const World& world) {
  const auto on = [&] { return target(choices, world); };
  switch (choices.below(14)) {
    case 0:
    case 1:
    case 2: return Chmod{on(), mode(choices)};
    case 3:
    case 4: return Chown{on(), id<Uid>(choices), id<Gid>(choices)};
    case 5: return Utimens{on(), time_change(choices), time_change(choices)};
    case 6:
    case 7:
      return SetXattr{on(), xattr_name(choices), xattr_value(choices),
                      choices.pick({XattrMode::kAny, XattrMode::kAny, XattrMode::kCreate, XattrMode::kReplace})};
    case 8: return GetXattr{on(), xattr_name(choices)};
    case 9: return ListXattr{on()};
    case 10: return RemoveXattr{on(), xattr_name(choices)};
    case 11: return Truncate{on(), choices.one_in(20) ? choices.below(1'000'000) : choices.below(40)};
    case 12: return StatFileSystem{path(choices, world.tree)};
    default: return Stat{on()};
  }
}

Operation slot_operation(Choices& choices, const World& world) {
  switch (choices.below(16)) {
    case 0:
    case 1:
    case 2:
    case 3:
    case 4:
    case 5: return Open{path(choices, world.tree), open_flags(choices), mode(choices), slot(choices)};
    case 6:
    case 7: return Read{slot(choices), offset(choices), choices.below(64)};
    case 8:
    case 9: return Write{slot(choices), offset(choices), bytes(choices)};
    case 10:
    case 11: return ReadDirectory{slot(choices), choices.below(4)};
    case 12: return RewindDirectory{slot(choices)};
    case 13:
      if (choices.one_in(2))
        return Lock{slot(choices), choices.pick({LockKind::kShared, LockKind::kExclusive, LockKind::kUnlock})};
      return Sync{slot(choices), choices.one_in(2)};
    case 14: return ListDirectory{path(choices, world.tree)};
    default: return choices.one_in(2) ? Operation(Close{slot(choices)}) : Readlink{path(choices, world.tree)};
  }
}

}  // namespace

std::vector<Caller> callers(Choices& choices) {
  const auto umask = [&] { return choices.pick<Mode>({0, 0022, 0077, 0002}); };
  Capabilities some;
  for (const Capability capability :
       {Capability::kChown, Capability::kDacOverride, Capability::kDacReadSearch, Capability::kFowner,
        Capability::kFsetid, Capability::kSysAdmin, Capability::kMknod, Capability::kSetfcap})
    if (choices.one_in(2)) some = some.with(capability);
  return {
      superuser(),
      Caller{.uid = 1000, .gid = 1000, .groups = {2000}, .umask = umask(), .capabilities = {}},
      Caller{.uid = 1001, .gid = 1001, .groups = {2000}, .umask = umask(), .capabilities = {}},
      Caller{.uid = choices.pick<Uid>({1002, 0, 1000}),
             .gid = choices.pick<Gid>({1002, 2000, 0}),
             .groups = choices.one_in(2) ? std::vector<Gid>{1000} : std::vector<Gid>{},
             .umask = umask(),
             .capabilities = some},
  };
}

std::string path(Choices& choices, const Tree& tree) {
  std::string path = existing_path(choices, tree);
  if (choices.one_in(3)) path += (path.empty() ? "" : "/") + name(choices);
  if (choices.one_in(12)) return odd_path(choices, std::move(path));
  return path.empty() ? choices.pick<std::string>({"a", "b", "/", "."}) : path;
}

Operation operation(Choices& choices, const World& world) {
  switch (choices.below(3)) {
    case 0: return names_operation(choices, world);
    case 1: return slot_operation(choices, world);
    default: return attributes_operation(choices, world);
  }
}

}  // namespace ovlspec::model::testing
