// The rules of the specification: each has an ID, one sentence and its source. Clauses, reports, proofs, tests and
// deviations cite them by ID; `ovlspec rules` prints them.
//
// Sources: POSIX is IEEE Std 1003.1-2017 (the function or section follows). Linux is a manual page, section 2, 5 or 7.
// overlayfs is Documentation/filesystems/overlayfs.rst of the kernel. ovlspec is this project's own, with the reason.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <optional>
#include <string_view>

namespace ovlspec::model {

// How a rule is judged today.
enum class Judged : std::uint8_t { kJudged, kNotYet };

struct RuleText {
  std::string_view id;
  std::string_view sentence;
  std::string_view source;
  Judged judged;
};

// X(enumerator, id, sentence, source, judged)
// clang-format off
#define OVLSPEC_RULES(X)                                                                                              \
  /* What an operation meets on the way to its object. */                                                             \
  X(kPathEmpty, "OVL-PATH-1", "An empty path is ENOENT.", "POSIX 4.13", kJudged)                                      \
  X(kPathMissing, "OVL-PATH-2", "A component that does not exist is ENOENT.", "POSIX 4.13", kJudged)                  \
  X(kPathNotDirectory, "OVL-PATH-3", "A component used as a directory that is none is ENOTDIR.", "POSIX 4.13", kJudged)\
  X(kPathSearch, "OVL-PATH-4", "Every directory of the path needs search permission, else EACCES.", "POSIX 4.13", kJudged)\
  X(kPathNameLong, "OVL-PATH-5", "A component over NAME_MAX or a path over PATH_MAX is ENAMETOOLONG.", "POSIX 4.13", kJudged)\
  X(kPathLoop, "OVL-PATH-6", "More than 40 symlinks on the way are ELOOP.", "Linux path_resolution(7)", kJudged)      \
  X(kPathProtected, "OVL-PATH-7", "With protected_symlinks, another's symlink that ends a path in a sticky directory which all may write may be EACCES.", "Linux proc_sys_fs(5)", kJudged)\
  X(kSlotClosed, "OVL-SLOT-1", "A descriptor that is not open, or not open for this, is EBADF (EINVAL for ftruncate).", "POSIX 2.14", kJudged)\
  X(kReadOnly, "OVL-RO-1", "Any change of a stack without an upper is EROFS.", "overlayfs: Non-directories", kJudged)\
  X(kParentWrite, "OVL-DIR-2", "Changing names needs write and search permission on the directory, else EACCES.", "POSIX unlink, mkdir, rename", kJudged)\
  X(kParentSticky, "OVL-DIR-3", "In a sticky directory only the owner of the object or the directory, or CAP_FOWNER, takes a name away: EPERM.", "Linux unlink(2), rename(2)", kJudged)\
  X(kPrivilegedHardLink, "OVL-LNK-4", "With protected_hardlinks, linking another's file that one cannot read and write may be EPERM.", "Linux proc_sys_fs(5)", kJudged)\
  /* open */                                                                                                          \
  X(kOpen, "OVL-OPEN-1", "open makes a descriptor of the object, or a new regular file with O_CREAT.", "POSIX open", kJudged)\
  X(kOpenExists, "OVL-OPEN-2", "O_CREAT with O_EXCL of a name that exists, a symlink too, is EEXIST.", "POSIX open", kJudged)\
  X(kOpenDirectory, "OVL-OPEN-3", "A directory is not opened for writing, truncated or created over: EISDIR.", "POSIX open", kJudged)\
  X(kOpenNotDirectory, "OVL-OPEN-4", "O_DIRECTORY of another type is ENOTDIR.", "Linux open(2)", kJudged)             \
  X(kOpenNoFollow, "OVL-OPEN-5", "O_NOFOLLOW of a symlink is ELOOP.", "POSIX open", kJudged)                          \
  X(kOpenPermission, "OVL-OPEN-6", "Opening needs the permissions that its access mode names (truncation: write), else EACCES.", "POSIX open", kJudged)\
  X(kOpenSpecial, "OVL-OPEN-7", "A socket, a fifo without reader opened for writing only, and a device on a nodev mount do not open: ENXIO, EACCES.", "Linux open(2)", kJudged)\
  X(kOpenFlags, "OVL-OPEN-8", "O_CREAT with O_DIRECTORY is EINVAL.", "Linux open(2)", kJudged)                        \
  X(kOpenTruncate, "OVL-OPEN-9", "O_TRUNC makes a regular file empty and clears set-id bits as a write does.", "POSIX open", kJudged)\
  X(kOpenProtected, "OVL-OPEN-10", "With protected_regular or protected_fifos, O_CREAT of another's file in a sticky directory may be EACCES.", "Linux proc_sys_fs(5)", kJudged)\
  X(kCreateOwner, "OVL-NEW-1", "A new object belongs to the caller, in the directory's group where that is set-group-id; the umask applies.", "POSIX open", kJudged)\
  X(kCreateSetGid, "OVL-NEW-2", "A new directory inherits set-group-id; a new executable file loses it where the caller is not in the group.", "Linux inode(7); xfstests overlay/015", kJudged)\
  X(kClose, "OVL-CLOSE-1", "close frees the descriptor; an object without names lives until its last one.", "POSIX close", kJudged)\
  /* data */                                                                                                          \
  X(kRead, "OVL-READ-1", "A read returns the file's bytes now, fewer than asked only at its end.", "POSIX read", kJudged)\
  X(kReadDirectory, "OVL-READ-2", "Reading a directory's bytes is EISDIR.", "POSIX read", kJudged)                    \
  X(kReadSpecial, "OVL-READ-3", "A positioned read or write of a fifo is ESPIPE.", "POSIX pread", kJudged)            \
  X(kWrite, "OVL-WRITE-1", "A write changes just those bytes, at the end where the file is open for appending.", "POSIX write", kJudged)\
  X(kWriteSetId, "OVL-WRITE-2", "A write or truncation by a caller without CAP_FSETID clears set-user-id, and set-group-id of a group-executable file.", "Linux write(2), inode(7)", kJudged)\
  X(kWriteSetGid, "OVL-WRITE-3", "Set-group-id of a file that its group may not execute may be cleared or stay, where the caller is not in the group.", "Linux inode(7); fs/fuse/dir.c, fuse_setattr: a FUSE server is not told", kJudged)\
  X(kTruncate, "OVL-TRUNC-1", "truncate sets the size; new bytes are zero.", "POSIX truncate", kJudged)               \
  X(kTruncateType, "OVL-TRUNC-2", "Truncating a directory is EISDIR, another type but a regular file EINVAL.", "POSIX truncate; Linux truncate(2)", kJudged)\
  X(kTruncatePermission, "OVL-TRUNC-3", "truncate by path needs write permission, else EACCES.", "POSIX truncate", kJudged)\
  X(kSync, "OVL-SYNC-1", "fsync and fdatasync of an open file or directory succeed.", "POSIX fsync", kJudged)   \
  X(kLock, "OVL-LOCK-1", "flock locks an object through an open file, shared beside shared or exclusive alone, and copy up keeps the lock.", "Linux flock(2); xfstests overlay/028", kJudged)\
  X(kLockConflict, "OVL-LOCK-2", "A lock that another open file's excludes is EAGAIN, and the lock that it was to replace is lost.", "Linux flock(2)", kJudged)\
  X(kSyncSpecial, "OVL-SYNC-2", "fsync of a fifo, socket or device may be EINVAL.", "POSIX fsync", kJudged)           \
  /* names */                                                                                                         \
  X(kExists, "OVL-NAME-1", "Making a name that exists is EEXIST, whatever it is; a whiteout is not a name.", "POSIX mkdir, link, symlink, mknod", kJudged)\
  X(kNameDots, "OVL-NAME-2", "`.`, `..` and the root cannot be made, removed or renamed.", "POSIX rmdir, rename; Linux rename(2)", kJudged)\
  X(kMkdir, "OVL-MKDIR-1", "mkdir makes an empty directory, also where a removed one stood in a layer below.", "POSIX mkdir", kJudged)\
  X(kRmdir, "OVL-RMDIR-1", "rmdir removes a directory without visible names.", "POSIX rmdir", kJudged)          \
  X(kRmdirNotEmpty, "OVL-RMDIR-2", "rmdir of a directory with visible names is ENOTEMPTY (or EEXIST).", "POSIX rmdir", kJudged)\
  X(kRmdirType, "OVL-RMDIR-3", "rmdir of another type is ENOTDIR.", "POSIX rmdir", kJudged)                           \
  X(kUnlink, "OVL-UNLINK-1", "unlink takes one name away, and it stays away.", "POSIX unlink", kJudged)         \
  X(kUnlinkDirectory, "OVL-UNLINK-2", "unlink of a directory is EISDIR (or EPERM).", "POSIX unlink; Linux unlink(2)", kJudged)\
  X(kLink, "OVL-LNK-1", "link gives an object one more name; all names are one object.", "POSIX link", kJudged) \
  X(kLinkDirectory, "OVL-LNK-2", "link of a directory is EPERM.", "POSIX link", kJudged)                              \
  X(kSymlink, "OVL-SYMLINK-1", "symlink makes a symlink with that target, mode 777.", "POSIX symlink", kJudged)       \
  X(kSymlinkTarget, "OVL-SYMLINK-2", "An empty target is ENOENT, one over PATH_MAX ENAMETOOLONG.", "Linux symlink(2)", kJudged)\
  X(kReadlink, "OVL-SYMLINK-3", "readlink returns the target's bytes.", "POSIX readlink", kJudged)                    \
  X(kReadlinkType, "OVL-SYMLINK-4", "readlink of another type is EINVAL.", "POSIX readlink", kJudged)                 \
  X(kMknod, "OVL-MKNOD-1", "mknod makes a fifo, socket, device or empty regular file.", "Linux mknod(2)", kJudged)    \
  X(kMknodPrivilege, "OVL-MKNOD-2", "A device needs CAP_MKNOD, else EPERM.", "Linux mknod(2)", kJudged)               \
  X(kMknodType, "OVL-MKNOD-3", "mknod of a directory is EPERM or EINVAL, of a symlink EINVAL.", "Linux mknod(2)", kJudged)\
  X(kMknodWhiteout, "NP-1", "A character device 0:0 cannot be made: EPERM. It is what a whiteout is, in every layer format that stores one as a device.", "ovlspec", kJudged)\
  /* rename */                                                                                                        \
  X(kRename, "OVL-RENAME-1", "rename moves a name in one step, with what lies below it, and replaces what was there.", "POSIX rename", kJudged)\
  X(kRenameSame, "OVL-RENAME-2", "Renaming one name of an object to another of it does nothing.", "POSIX rename", kJudged)\
  X(kRenameType, "OVL-RENAME-3", "A directory replaces only a directory (ENOTDIR), another type only another type (EISDIR).", "POSIX rename", kJudged)\
  X(kRenameNotEmpty, "OVL-RENAME-4", "A directory with visible names is not replaced: ENOTEMPTY or EEXIST.", "POSIX rename", kJudged)\
  X(kRenameInside, "OVL-RENAME-5", "A directory is not moved into its own subtree, nor exchanged with its ancestor: EINVAL (ENOTEMPTY for an ancestor as target).", "POSIX rename; Linux rename(2)", kJudged)\
  X(kRenameNoReplace, "OVL-RENAME-6", "RENAME_NOREPLACE onto a name that exists is EEXIST; a whiteout is not a name.", "Linux rename(2)", kJudged)\
  X(kRenameExchange, "OVL-RENAME-7", "RENAME_EXCHANGE swaps two names of any type; both must exist.", "Linux rename(2)", kJudged)\
  X(kRenameWhiteout, "NP-2", "RENAME_WHITEOUT is EINVAL: its result is a name that an overlay cannot show.", "ovlspec", kJudged)\
  X(kRenameDirectoryWrite, "OVL-RENAME-8", "Moving a directory to another parent needs write permission on it, else EACCES.", "POSIX rename", kJudged)\
  /* attributes */                                                                                                    \
  X(kStat, "OVL-STAT-1", "stat shows type, mode, owner, device, size and modification time as the last changes left them.", "POSIX stat", kJudged)\
  X(kStatLinks, "OVL-STAT-2", "The link count of a non-directory is the number of its visible names.", "POSIX stat", kJudged)\
  X(kStatDirectoryLinks, "OVL-STAT-3", "The link count of a directory is 1, or 2 and its visible subdirectories, and of one kind for a whole mount; 0 may show once removed.", "ovlspec: user space reads 1 as unknown", kJudged)\
  X(kStatChangeTime, "OVL-STAT-4", "The change time of an object never goes back within a mount; where a lower shows the modification time for it, it is known from the first change on.", "POSIX 4.9; erofs and squashfs keep no change time", kJudged)\
  X(kStatModifyTime, "OVL-STAT-5", "The modification time is unchanged by copy up, of the object and of its directories.", "overlayfs", kJudged)\
  X(kStatFileSystem, "OVL-STAT-6", "statfs answers for every path that resolves; NAME_MAX is 255, or less by what a layer format needs.", "POSIX statvfs", kJudged)\
  X(kStatHiddenLinks, "OVL-STAT-7", "Where names of a lower's hard link were hidden before the mount, its link count is free when first seen, and follows link and unlink from then on.", "ovlspec: counting visible names needs a scan of the layers", kJudged)\
  X(kChmod, "OVL-CHMOD-1", "chmod sets the mode; set-group-id is dropped where the caller is neither in the group nor has CAP_FSETID.", "POSIX chmod", kJudged)\
  X(kChmodOwner, "OVL-CHMOD-2", "chmod needs the owner or CAP_FOWNER, else EPERM.", "POSIX chmod", kJudged)           \
  X(kChmodSymlink, "OVL-CHMOD-3", "The mode of a symlink does not change: EOPNOTSUPP.", "Linux chmod(2)", kJudged)    \
  X(kChown, "OVL-CHOWN-1", "chown sets owner and group, and clears set-id bits of what is not a directory.", "POSIX chown; Linux chown(2)", kJudged)\
  X(kChownOwner, "OVL-CHOWN-2", "Without CAP_CHOWN only the owner changes the group, to one of the caller's own: else EPERM.", "POSIX chown", kJudged)\
  X(kUtimens, "OVL-UTIME-1", "utimensat sets the times that it names.", "POSIX futimens", kJudged)                    \
  X(kUtimensOwner, "OVL-UTIME-2", "Setting a time needs the owner or CAP_FOWNER (EPERM); both to now, write permission is enough (EACCES).", "POSIX futimens", kJudged)\
  /* xattrs */                                                                                                        \
  X(kXattr, "OVL-XATTR-1", "An extended attribute reads as it was set, and copy up keeps it.", "Linux xattr(7)", kJudged)\
  X(kXattrMissing, "OVL-XATTR-2", "An attribute that is not there is ENODATA.", "Linux getxattr(2)", kJudged)         \
  X(kXattrExists, "OVL-XATTR-3", "XATTR_CREATE of what is there is EEXIST, XATTR_REPLACE of what is not ENODATA.", "Linux setxattr(2)", kJudged)\
  X(kXattrUser, "OVL-XATTR-4", "user.* is for regular files and directories: EPERM to set, ENODATA to read elsewhere; in a sticky directory only its owner sets it.", "Linux xattr(7)", kJudged)\
  X(kXattrPermission, "OVL-XATTR-5", "user.* needs read or write permission on the object, else EACCES.", "Linux xattr(7)", kJudged)\
  X(kXattrTrusted, "OVL-XATTR-6", "trusted.* needs CAP_SYS_ADMIN: else EPERM to set, ENODATA to read, absent from lists.", "Linux xattr(7)", kJudged)\
  X(kXattrSecurity, "OVL-XATTR-7", "security.* needs CAP_SYS_ADMIN to set, else EPERM.", "Linux xattr(7)", kJudged)   \
  X(kXattrName, "OVL-XATTR-8", "A name without a known namespace is EOPNOTSUPP, an empty rest EINVAL, an empty or over-long name ERANGE.", "Linux xattr(7)", kJudged)\
  X(kXattrSize, "OVL-XATTR-9", "A value over 65536 bytes is E2BIG; a file system may take less (ENOSPC, ERANGE).", "Linux xattr(7)", kJudged)\
  X(kXattrPrivate, "NP-3", "The overlay's private attributes are not shown, and not set: EPERM or EOPNOTSUPP, or what is set under their names is kept apart. They are how layers are told what the tree means.", "ovlspec", kJudged)\
  X(kXattrList, "OVL-XATTR-10", "listxattr names each visible attribute once.", "Linux listxattr(2)", kJudged)        \
  /* directories read */                                                                                              \
  X(kList, "OVL-RD-1", "Every visible name, `.` and `..` appear exactly once; no whiteout does.", "overlayfs: Readdir", kJudged)\
  X(kListChanged, "OVL-RD-2", "A name that came or went since opendir or rewinddir may appear or not, never twice.", "POSIX readdir", kJudged)\
  X(kListRewind, "OVL-RD-3", "rewinddir shows the directory as it is then.", "POSIX rewinddir; fuse-overlayfs #287", kJudged)        \
  X(kListType, "OVL-RD-4", "d_type is the type that lstat shows, or unknown.", "Linux readdir(3)", kJudged)     \
  X(kListNotDirectory, "OVL-RD-5", "Listing what is no directory is ENOTDIR.", "Linux getdents(2)", kJudged)          \
  X(kListPermission, "OVL-RD-6", "Listing needs read permission on the directory, else EACCES.", "POSIX opendir", kJudged)\
  X(kListRemoved, "OVL-RD-7", "A removed directory lists nothing but perhaps `.` and `..`, or is ENOENT.", "Linux getdents(2)", kJudged)\
  /* layers */                                                                                                        \
  X(kMount, "OVL-MNT-1", "A stack of valid layers mounts, whatever was changed in them while it was not mounted.", "ovlspec guarantee ID-6", kJudged)\
  X(kAnswers, "OVL-MNT-2", "A mount answers every operation, in time, from the mount to the unmount.", "ovlspec: whoever uses a mount that died or hangs loses work, or hangs too", kJudged)\
  X(kUnmounts, "OVL-MNT-3", "An unmount succeeds once nothing uses the mount, and leaves no mount and no process behind.", "ovlspec: what is left holds the layers", kJudged)\
  X(kMerge, "OVL-MRG-1", "After a mount the tree is the merge of the layers.", "overlayfs: Upper and Lower", kJudged)\
  X(kShownTwice, "OVL-MRG-3", "A lower directory that redirects show at two places is two directories, with files of their own.", "ovlspec; xfstests overlay/049", kNotYet)\
  X(kVisibleNames, "OVL-MRG-2", "No visible name answers EIO or ESTALE.", "ovlspec guarantee ID-6", kJudged)                 \
  X(kUpperIsDiff, "OVL-DISK-1", "After an unmount the merge of the layers on disk is the tree that the operations led to.", "ovlspec: design, scan", kJudged)\
  X(kLowersUntouched, "OVL-DISK-2", "Lower layers are never changed: not a byte, an attribute, or a modification time.", "overlayfs: Non-directories", kJudged)\
  X(kLeftovers, "OVL-DISK-3", "After an unmount the work directory holds nothing but the index and the log of claimed numbers, and no record is without owner.", "ovlspec", kJudged)\
  X(kNeedlessWhiteout, "OVL-DISK-4", "No whiteout is left for a name that no layer below shows, but what was there before.", "fuse-overlayfs #327", kJudged)\
  X(kKernelView, "OVL-DISK-5", "The kernel's overlay shows the same tree over the same layers.", "ovlspec: interchange", kJudged)\
  /* identity */                                                                                                      \
  X(kUnique, "ID-1", "Two live objects of one mount never show the same (st_dev, st_ino); two names show the same pair exactly when they are hard links of one object.", "ovlspec guarantee", kJudged)\
  X(kOneDevice, "ID-2", "Every object of a mount shows the mount's st_dev.", "ovlspec guarantee", kJudged)                   \
  X(kConstant, "ID-3", "An object's st_ino never changes within a mount.", "ovlspec guarantee", kJudged)                     \
  X(kReaddirAgrees, "ID-4", "d_ino, `.` and `..` included, equals st_ino.", "ovlspec guarantee", kJudged)                    \
  X(kPersistent, "ID-5", "Across unmount and mount, and a crash of the daemon, an object whose backing did not change keeps its number.", "ovlspec guarantee", kJudged)\
  X(kOfflineChange, "ID-6", "After any change to the layers the mount succeeds, shows the merge, aliases nothing, and every object that continues keeps its number.", "ovlspec guarantee", kJudged)\
  X(kHandles, "ID-7", "A file handle opens the same object or fails with ESTALE, never another.", "ovlspec guarantee", kJudged)\
  X(kHardLinks, "ID-8", "Link count and identity of hard links hold through copy up, unlink and remount; a write through one name is seen through all.", "ovlspec guarantee", kJudged)\
  X(kCost, "ID-9", "Lookup writes nothing; mounting costs O(layers); state is kept only for what was copied up or collides.", "ovlspec guarantee", kJudged)\
  X(kStackChange, "ID-10", "The number of an object whose topmost instance is unchanged survives any change of the stack.", "ovlspec guarantee", kJudged)
// clang-format on

enum class Rule : std::uint16_t {
#define OVLSPEC_RULE_ENUMERATOR(name, id, sentence, source, judged) name,
  OVLSPEC_RULES(OVLSPEC_RULE_ENUMERATOR)
#undef OVLSPEC_RULE_ENUMERATOR
};

inline constexpr auto kRules = std::to_array<RuleText>({
#define OVLSPEC_RULE_TEXT(name, id, sentence, source, judged) {id, sentence, source, Judged::judged},
    OVLSPEC_RULES(OVLSPEC_RULE_TEXT)
#undef OVLSPEC_RULE_TEXT
});
inline constexpr std::size_t kRuleCount = kRules.size();

constexpr const RuleText& text_of(Rule rule) { return kRules[static_cast<std::size_t>(rule)]; }
constexpr std::optional<Rule> rule_from_id(std::string_view id) {
  for (std::size_t i = 0; i < kRuleCount; ++i)
    if (kRules[i].id == id) return static_cast<Rule>(i);
  return std::nullopt;
}

// Which rules were met: their outcome was seen and judged.
using RuleSet = std::bitset<kRuleCount>;
inline void add(RuleSet& rules, Rule rule) { rules.set(static_cast<std::size_t>(rule)); }

}  // namespace ovlspec::model
