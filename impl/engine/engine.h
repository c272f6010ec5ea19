// The overlay file system, as a tree of nodes over a stack of layers. Knows neither FUSE nor system calls.
//
// A node is one object of the merged tree. Its id is its persistent number: node id = st_ino = d_ino, but for the root,
// which is node 1 and generation 0 whatever its st_ino. A node lives while somebody holds a lookup count on it or has
// it open, and is made again by the next lookup.
//
// Permissions are the caller's affair (the kernel with default_permissions, or the oracle's VFS): the engine checks
// what the tree needs (existence, types, emptiness) and takes the Caller only to own what it makes. It does give a new
// object the group of a set-group-id directory, and a new directory that bit; and where the directory has a default
// access control list, what that says takes the umask's place. Nothing is written by lookup, attributes, reads or
// readdir, ever (ID-9).
//
// Threads: every method may be called from several threads at once.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "impl/engine/identity_map.h"
#include "impl/store/layer_store.h"
#include "model/vocabulary/attributes.h"
#include "model/vocabulary/caller.h"
#include "model/vocabulary/operation.h"
#include "model/vocabulary/result.h"

namespace ovlspec::impl {

using NodeId = std::uint64_t;
inline constexpr NodeId kRootNode = 1;

// A directory that supplies a layer.
struct LayerRoot {
  LayerStore* store = nullptr;  // outlives the engine
  InodeRef root;
  LayerRights rights = {};
};

// What is mounted. Lowers topmost first. REQUIRES: upper and work both or neither, of one store and file system.
// Data-only layers show no names: the data of metacopy files come from them, where no lower has them under the path of
// their redirect.
struct Stack {
  std::vector<LayerRoot> lowers;
  std::vector<LayerRoot> data_layers = {};
  std::optional<LayerRoot> upper;
  std::optional<LayerRoot> work;
};

enum class XattrNamespace : std::uint8_t { kTrusted, kUser };
// Whether new objects take their directory's default access control list. Lists are stored, shown and copied up anyway.
enum class AccessLists : std::uint8_t { kInherited, kIgnored };
enum class Durability : std::uint8_t { kSynced, kVolatile };  // kVolatile: no sync is ever made

// kFollowed: a directory that would need a redirect is not renamed (EXDEV), but redirects that are there are followed.
enum class Redirects : std::uint8_t { kMade, kFollowed };

// Where numbers come from. kDerived: computed from the backing; only exceptions are recorded, with the upper layer. The
// others keep a map: kUpfront makes it before the mount completes, kOnLookup writes before a number is first shown,
// kVolatile forgets it with the mount.
enum class IdentityStrategy : std::uint8_t { kDerived, kUpfront, kOnLookup, kVolatile };
// When a map that was made before still holds. kVerify: no directory of a layer looks changed, one look at each;
// kDigest: the same of the upper layer, and no lower has another LayerStore::content_seal (EOPNOTSUPP where one has
// none); kTrust: always.
enum class SealCheck : std::uint8_t { kVerify, kDigest, kTrust };

// Names that begin as whiteouts do that are files (names::kFileWhiteout). kRefused: where such files are read in lower
// layers, nothing takes such a name, which would hide another in a mount over this one.
enum class FileWhiteoutNames : std::uint8_t { kOrdinary, kRefused };

struct EngineOptions {
  IdentityStrategy identity = IdentityStrategy::kDerived;
  IdentityMap* map = nullptr;           // outlives the engine; null for kDerived alone
  SealCheck seal = SealCheck::kVerify;  // of kUpfront
  XattrNamespace xattrs = XattrNamespace::kTrusted;
  AccessLists access_lists = AccessLists::kInherited;
  Durability durability = Durability::kSynced;
  Redirects redirects = Redirects::kMade;
  FileWhiteoutNames file_whiteout_names = FileWhiteoutNames::kOrdinary;
  std::uint64_t mount_device = 0;  // st_dev that attributes show; the kernel replaces it on FUSE
  // Told, in one line for people, what the mount ignores: once of each kind. From any thread.
  std::function<void(const std::string&)> report;
};

struct NodeEntry {  // the answer to a lookup; each one given out counts one lookup
  NodeId node = 0;
  std::uint64_t generation = 0;
  Attributes attributes;
};

struct HeldName {  // a node, and a name that leads to it
  NodeId node = 0;
  NodeId parent = 0;
  std::string name;
  bool is_directory = false;
};

struct ListedEntry {
  DirectoryEntry entry;
  std::uint64_t next_offset = 0;  // where the listing goes on after this entry; below 2^63
};

// What setattr changes; what is empty stays. Applied in one copy up.
using AttributeChange = StoreChange;

class OpenFile;       // an open regular file
class OpenDirectory;  // a directory being listed
using OpenFileRef = std::shared_ptr<OpenFile>;
using OpenDirectoryRef = std::shared_ptr<OpenDirectory>;

class Engine {
 public:
  // Checks the layers (types, work on the upper's file system), prepares the work directory (leftovers of a crash are
  // removed) and nothing else: O(layers). EROFS never; errors are those of the layers.
  static Result<std::unique_ptr<Engine>> mount(Stack stack, EngineOptions options);
  virtual ~Engine() = default;  // unmount: the work directory holds nothing but the index

  // Nodes. `name` may be "." and "..": the node itself, and its parent (both count a lookup). For these two `parent`
  // may be any number, of an earlier mount too: where no node of it is held, the object with this number is found
  // again; ESTALE where there is none. Whether it is the object meant, its generation tells.
  virtual Result<NodeEntry> lookup(NodeId parent, std::string_view name) = 0;
  virtual void forget(NodeId node, std::uint64_t lookups) = 0;
  virtual Result<Attributes> attributes(NodeId node) = 0;
  virtual Result<Attributes> change(NodeId node, const AttributeChange& change) = 0;
  virtual Result<std::string> symlink_target(NodeId node) = 0;
  virtual Result<FileSystemStatus> status() = 0;

  // Names. EROFS for each of them on a stack without an upper.
  // inode.uid and inode.gid are the caller's, and inode.umask, where it was not taken off inode.mode before; ENOENT in
  // a directory that was removed; EEXIST; EPERM for a device 0:0; EINVAL for a name that is refused
  // (FileWhiteoutNames), here, in link and in rename.
  virtual Result<NodeEntry> create(NodeId parent, std::string_view name, const NewInode& inode) = 0;
  virtual Result<NodeEntry> link(NodeId node, NodeId parent, std::string_view name) = 0;
  virtual Status unlink(NodeId parent, std::string_view name) = 0;
  virtual Status remove_directory(NodeId parent, std::string_view name) = 0;
  // kWhiteout is EINVAL. A directory is never moved into its own subtree (EINVAL; the VFS checked too).
  virtual Status rename(NodeId from, std::string_view from_name, NodeId to, std::string_view to_name,
                        RenameMode mode) = 0;

  // Extended attributes. The overlay's own are invisible; a caller's of the same names stand beside them.
  virtual Result<std::string> xattr(NodeId node, std::string_view name) = 0;
  virtual Result<std::vector<std::string>> xattr_names(NodeId node) = 0;
  virtual Status set_xattr(NodeId node, std::string_view name, std::string_view value, XattrMode mode) = 0;
  virtual Status remove_xattr(NodeId node, std::string_view name) = 0;

  // Flags, of regular files and directories; EOPNOTSUPP for others and where the layer has none. kImmutable and
  // kAppendOnly are kept in a private attribute once the object is in the upper layer, as the kernel does, and honoured
  // by every method that changes something: EPERM.
  virtual Result<InodeFlags> flags(NodeId node) = 0;
  virtual Status set_flags(NodeId node, InodeFlags flags) = 0;

  // Files. Opening for writing copies up (EROFS without an upper). `truncate` makes it empty in the same copy up.
  // `append`: the caller writes at the end alone, which an append-only file asks for.
  struct OpenMode {
    Access access = Access::kRead;
    bool truncate = false;
    bool append = false;
  };
  virtual Result<OpenFileRef> open(NodeId node, OpenMode mode) = 0;
  // A file opened for reading before a copy up reads the copied-up data after it.
  virtual Result<std::size_t> read(const OpenFileRef& file, char* buffer, std::size_t size, FileSize offset) = 0;
  virtual Result<std::size_t> write(const OpenFileRef& file, std::string_view data, FileSize offset) = 0;
  // The first data or the first hole at or after `offset`; the end of the file counts as a hole. ENXIO where there is
  // none, and beyond the end.
  enum class Sought : std::uint8_t { kData, kHole };
  virtual Result<FileSize> seek(const OpenFileRef& file, Sought sought, FileSize offset) = 0;
  // EBADF where it was not opened for writing; else as the upper layer's file system has it.
  virtual Status change_range(const OpenFileRef& file, RangeChange change, LayerStore::Extent range) = 0;
  // Copies within the layers. EXDEV and EOPNOTSUPP: the layers do not copy between these two, they are to be read and
  // written.
  struct Position {
    const OpenFileRef& file;
    FileSize offset = 0;
  };
  virtual Result<std::size_t> copy_range(Position from, Position to, std::size_t size) = 0;
  virtual Status sync(const OpenFileRef& file) = 0;
  // The backing descriptor that serves reads of `file` now, and whether it can change (a lower file of a stack with an
  // upper); nothing where the store has no descriptors.
  struct BackingDescriptor {
    int descriptor = -1;
    bool may_change = false;
  };
  virtual std::optional<BackingDescriptor> descriptor(const OpenFileRef& file) = 0;
  // Calls `take` with all bytes of a lower file that has some, `most` at the most, and was not copied up; once for each
  // node, as long as it is held. The file is not copied up before `take` returns: what takes the bytes for those of the
  // file may do so until it is told of a change. Who calls it for the same node meanwhile waits for `take`: where each
  // open calls it, nobody reads the file before it has its bytes. REQUIRES: `take` calls no method of the engine.
  virtual void give_content(const OpenFileRef& file, std::size_t most,
                            const std::function<void(std::string_view)>& take) = 0;

  // Directories. A call of list() tells the names that show when it is made. A name has the same offset in every
  // listing of every mount, and listings are in the order of offsets: one that goes on, at any offset of an earlier
  // one, tells each name once that was there all the time.
  virtual Result<OpenDirectoryRef> open_directory(NodeId node) = 0;
  // Whether a listing of it may be kept until a name in it changes. Not where the directory itself was moved in this
  // mount: an earlier listing has another `..`.
  virtual bool may_keep_listing(const OpenDirectoryRef& directory) = 0;
  // Calls `sink` for each entry after `offset` (`.` and `..` first) until it returns false.
  virtual Status list(const OpenDirectoryRef& directory, std::uint64_t offset,
                      const std::function<bool(const ListedEntry&)>& sink) = 0;
  virtual Status sync_directory(NodeId node) = 0;

  // How many objects the mount looked at before it was complete: none, but where an upper layer was adopted, or with
  // kUpfront.
  virtual std::uint64_t walked_at_mount() const = 0;
  // Up to so many nodes that nothing holds but counted lookups: no open file, no node below them. Others each time,
  // until all were told.
  virtual std::vector<HeldName> idle_nodes(std::size_t most) = 0;
  // How many nodes are held; for tests that nothing leaks.
  virtual std::size_t nodes() const = 0;
};

}  // namespace ovlspec::impl
