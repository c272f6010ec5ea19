// One check and one effect for each operation; step.cc dispatches to them. Operations that only look have no effect.
#pragma once

#include "model/plan.h"
#include "model/step.h"

namespace ovlspec::model {

#define OVLSPEC_CHECK(Type) Plan check(const World& world, const Caller& caller, const Type& operation)
#define OVLSPEC_EFFECT(Type) void effect(World& world, const Caller& caller, const Type& operation, const Plan& plan)

OVLSPEC_CHECK(Open);
OVLSPEC_EFFECT(Open);
OVLSPEC_CHECK(Close);
OVLSPEC_EFFECT(Close);
OVLSPEC_CHECK(Read);
OVLSPEC_CHECK(Write);
OVLSPEC_EFFECT(Write);
OVLSPEC_CHECK(Truncate);
OVLSPEC_EFFECT(Truncate);
OVLSPEC_CHECK(Mkdir);
OVLSPEC_EFFECT(Mkdir);
OVLSPEC_CHECK(Rmdir);
OVLSPEC_EFFECT(Rmdir);
OVLSPEC_CHECK(Unlink);
OVLSPEC_EFFECT(Unlink);
OVLSPEC_CHECK(Link);
OVLSPEC_EFFECT(Link);
OVLSPEC_CHECK(Symlink);
OVLSPEC_EFFECT(Symlink);
OVLSPEC_CHECK(Readlink);
OVLSPEC_CHECK(Rename);
OVLSPEC_EFFECT(Rename);
OVLSPEC_CHECK(Chmod);
OVLSPEC_EFFECT(Chmod);
OVLSPEC_CHECK(Chown);
OVLSPEC_EFFECT(Chown);
OVLSPEC_CHECK(Utimens);
OVLSPEC_EFFECT(Utimens);
OVLSPEC_CHECK(SetXattr);
OVLSPEC_EFFECT(SetXattr);
OVLSPEC_CHECK(GetXattr);
OVLSPEC_CHECK(ListXattr);
OVLSPEC_CHECK(RemoveXattr);
OVLSPEC_EFFECT(RemoveXattr);
OVLSPEC_CHECK(Mknod);
OVLSPEC_EFFECT(Mknod);
OVLSPEC_CHECK(ReadDirectory);
OVLSPEC_CHECK(RewindDirectory);
OVLSPEC_EFFECT(RewindDirectory);
OVLSPEC_CHECK(ListDirectory);
OVLSPEC_CHECK(Stat);
OVLSPEC_CHECK(StatFileSystem);
OVLSPEC_CHECK(Sync);
OVLSPEC_CHECK(Lock);
OVLSPEC_EFFECT(Lock);

// What several of them share.

// The object behind a target; an error is taken over into the plan. Whether there is an object.
bool find_target(const World& world, const Caller& caller, const Target& target, Plan& plan);
// The slot, where it is open; otherwise EBADF into the plan.
const OpenSlot* find_slot(const World& world, Slot slot, Plan& plan);
// The clause of every change: EROFS on a stack without an upper.
void check_change(const World& world, Plan& plan);
// The clauses of making the name plan.first: it must be free and plain, its directory writable. `operation` makes a
// directory or not: a trailing slash is for directories.
enum class Makes : std::uint8_t { kDirectory, kOther };
void check_new_name(const World& world, const Caller& caller, Makes makes, Plan& plan, const Found& found);
// The clauses of taking the name of `found` away.
void check_removal(const World& world, const Caller& caller, Plan& plan, const Found& found);
// Makes the object under plan.first.
ObjectId make(World& world, const Found& found, Inode inode);

}  // namespace ovlspec::model
