// The one implementation of Engine, in several files: mount.cc, adoption.cc, lookup.cc (names to nodes), attributes.cc,
// xattrs.cc, listing.cc, files.cc, protection.cc, copy_up.cc, prepared_copy.cc, hard_links.cc, creation.cc, removal.cc,
// rename.cc.
//
// Locks, in this order: a node's of copying_ or giving_; the namespace lock, shared for what reads the tree, exclusive
// for what changes it; then the node table's mutex, the index's, an open file's. None is held while data is read or
// written through an open file.
//
// On-disk order: each operation becomes visible by one rename, link or unlink in the upper layer. Everything before it
// changes nothing that shows, so a crash leaves the tree before or after.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include "impl/engine/access_lists.h"
#include "impl/engine/claims.h"
#include "impl/engine/engine.h"
#include "impl/engine/entry_record.h"
#include "impl/engine/hard_link_index.h"
#include "impl/engine/identity_record.h"
#include "impl/engine/layers.h"
#include "impl/engine/link_counts.h"
#include "impl/engine/name_map.h"
#include "impl/engine/node.h"
#include "impl/engine/node_table.h"
#include "impl/engine/origin_handle.h"
#include "impl/engine/search.h"
#include "impl/engine/work_directory.h"

namespace ovlspec::impl {

// What the engine writes with; absent on a read-only stack.
struct WritableParts {
  explicit WritableParts(LayerStore& upper_store, WorkDirectory prepared)
      : store(upper_store), work(std::move(prepared)), index(upper_store, work), claim_log(upper_store, work) {}
  LayerStore& store;  // of the upper layer and the work directory
  WorkDirectory work;
  HardLinkIndex index;
  ClaimLog claim_log;
  std::vector<InodeNumber> claims;  // all that the log and the seal hold
  bool lost_claims = false;         // of the log, in a power failure; the records tell them again
  bool is_sealed = false;           // the upper's root has a seal of its own, with all of them
  enum class Seal : std::uint8_t { kNone, kForeign, kOwn };
  Seal found_seal = Seal::kNone;  // on the upper's root when the mount began
};

class OverlayEngine final : public Engine {
 public:
  OverlayEngine(Layers layers, std::unique_ptr<WritableParts> parts, const EngineOptions& options);
  ~OverlayEngine() override;
  // Makes the root node. REQUIRES: called once, before anything else.
  Status start();

  Result<NodeEntry> lookup(NodeId parent, std::string_view name) override;
  void forget(NodeId node, std::uint64_t lookups) override;
  Result<Attributes> attributes(NodeId node) override;
  Result<Attributes> change(NodeId node, const AttributeChange& change) override;
  Result<std::string> symlink_target(NodeId node) override;
  Result<FileSystemStatus> status() override;

  Result<NodeEntry> create(NodeId parent, std::string_view name, const NewInode& inode) override;
  Result<NodeEntry> link(NodeId node, NodeId parent, std::string_view name) override;
  Status unlink(NodeId parent, std::string_view name) override;
  Status remove_directory(NodeId parent, std::string_view name) override;
  Status rename(NodeId from, std::string_view from_name, NodeId to, std::string_view to_name, RenameMode mode) override;

  Result<std::string> xattr(NodeId node, std::string_view name) override;
  Result<std::vector<std::string>> xattr_names(NodeId node) override;
  Status set_xattr(NodeId node, std::string_view name, std::string_view value, XattrMode mode) override;
  Status remove_xattr(NodeId node, std::string_view name) override;

  Result<InodeFlags> flags(NodeId node) override;
  Status set_flags(NodeId node, InodeFlags flags) override;

  Result<OpenFileRef> open(NodeId node, OpenMode mode) override;
  Result<std::size_t> read(const OpenFileRef& file, char* buffer, std::size_t size, FileSize offset) override;
  Result<std::size_t> write(const OpenFileRef& file, std::string_view data, FileSize offset) override;
  Result<FileSize> seek(const OpenFileRef& file, Sought sought, FileSize offset) override;
  Status change_range(const OpenFileRef& file, RangeChange change, LayerStore::Extent range) override;
  Result<std::size_t> copy_range(Position from, Position to, std::size_t size) override;
  Status sync(const OpenFileRef& file) override;
  std::optional<BackingDescriptor> descriptor(const OpenFileRef& file) override;
  void give_content(const OpenFileRef& file, std::size_t most,
                    const std::function<void(std::string_view)>& take) override;

  Result<OpenDirectoryRef> open_directory(NodeId node) override;
  bool may_keep_listing(const OpenDirectoryRef& directory) override;
  Status list(const OpenDirectoryRef& directory, std::uint64_t offset,
              const std::function<bool(const ListedEntry&)>& sink) override;
  Status sync_directory(NodeId node) override;

  std::uint64_t walked_at_mount() const override { return walked_; }
  std::vector<HeldName> idle_nodes(std::size_t most) override;
  std::size_t nodes() const override;

  // For OpenFile and OpenDirectory.
  NodeTable& table() { return table_; }

 private:
  // A name of a directory as it is now.
  struct Reached {
    Pin node;                           // empty: no such name
    bool upper_here = false;            // the upper layer has an object under the name
    bool upper_whiteout = false;        // ... or a whiteout
    bool has_lower_links = false;       // it is a lower inode with several links, which prepare_removal finds
    std::optional<Attributes> backing;  // of the node's top instance, where the search read them
    std::optional<FileType> topmost;    // of the layers' instances, the one that shows
  };
  // The upper inode that a lower one with several links was copied up to.
  struct Alias {
    FoundInode upper;
    std::string index_name;
  };
  struct Loaded {
    NodePtr node;
    std::optional<InodeNumber> recorded;
  };
  class PreparedCopy;
  template <typename Attempt>
  auto with_prepared_copy(const Attempt& attempt);
  // What copy up does beside copying.
  struct CopyUp {
    std::optional<NodeName> place;        // the name to copy up under; empty: any name that is known
    const StoreChange* change = nullptr;  // applied before the copy shows; its size limits what is copied
    PreparedCopy* prepared = nullptr;     // the data were copied before; not with a size in `change`
  };
  // A name that is left aside; none where parent is null.
  struct Beside {
    const Node* parent = nullptr;
    std::string_view name;
  };
  // One side of a rename.
  struct RenameSide {
    NodePtr directory;
    std::string_view name;
    Reached reached;
    std::optional<FileType> below;  // what the lower layers show under the name without the upper
  };
  // mount.cc
  Status recover();
  Status recover_index(const FoundInstance& left);
  Status recover_claim(const FoundInstance& left);

  // entry_record.cc
  struct UpperObject {
    FileType type = FileType::kRegular;
    InodeNumber inode = 0;
  };
  static UpperObject upper_object(const Node& node) { return {node.type, node.upper_key->inode}; }
  Status write_entry_record(const DirectoryEntryPlace& at, const IdentityRecord& record);
  // Nothing is done for an object that takes private attributes itself.
  Status copy_entry_record(const UpperObject& object, const DirectoryEntryPlace& from, const DirectoryEntryPlace& to);
  void remove_entry_record(const UpperObject& object, const DirectoryEntryPlace& at);
  Status remove_entry_records(const InodeRef& directory, std::string_view beginning);
  // The record of this name, whatever inode it was written for; nothing where there are several.
  Result<std::optional<IdentityRecord>> only_entry_record(const DirectoryEntryPlace& at) const;

  // sealing.cc
  // What the layers' seals and the log say of the numbers that records hold.
  Status load_claims();
  Status load_seal(Layer& layer);
  // Before an object with a record shows; then one of the two that follow.
  Status claim(InodeNumber number);
  void keep_claim();
  void take_claim_back(InodeNumber number);
  enum class Amount { kShort, kAll };  // kShort: only as long as it stays small
  Status write_seal(Amount amount);

  // adoption.cc
  struct UpperClaim;
  struct UpperClaims;
  // Where the index is not this upper layer's: one walk of the upper layer, and the index is.
  Status adopt_upper_layer();
  Result<OriginHandle> upper_seal() const;
  Status collect_claims(UpperClaims& claims);
  Result<std::optional<InodeRef>> collect_claim(const InodeRef& directory, const std::string& name,
                                                UpperClaims& claims);
  Result<std::optional<IdentityRecord>> claimed_by(const FoundInstance& found) const;
  Status rewrite_record(const UpperClaim& claim);
  Status adopt_records(UpperClaims& claims);
  Status rebuild_index(const UpperClaims& claims);
  Status drop_orphans();

  // lookup.cc
  Result<NodePtr> node(NodeId id) const;
  Result<NodePtr> directory(NodeId id) const;
  static Status check_name(std::string_view name);
  Result<Reached> reach(const NodePtr& parent, std::string_view name);
  Status check_held(const NodePtr& held, const NodeTable::Place& place, const FoundInstance& found);
  Result<Pin> reach_lower(const NodeTable::Place& place, const FoundInstance& top, Search& search, Reached& reached);
  Result<Loaded> load(const FoundInstance& top, Search* rest);
  Pin insert(const NodeTable::Place& place, const Loaded& loaded, const FoundInstance& top);
  Result<std::optional<IdentityRecord>> load_identity(Loaded& loaded, const FoundInstance& top);
  Status load_upper(Loaded& loaded, const FoundInstance& top, const std::optional<FoundInstance>& origin);
  Status look_up_again(const Node& parent, std::string_view name, FoundInode& met) const;
  // What the lower layers show under the name that was reached; nothing where they show none.
  Result<std::optional<FileType>> below(const Reached& reached, const Node& parent, std::string_view name) const;
  ObjectKey key_of(const Layer& layer, const FoundInode& found);
  static std::uint64_t generation_of(const FoundInstance& found);
  static Instance top(const Node& node, const Layers& layers);
  Instance top(const Node& node) const { return top(node, layers_); }
  Result<std::optional<std::string>> record_bytes(const FoundInstance& found) const;
  // The identity record that lies on this inode and was written for it, and whose number is this layer's to give.
  Result<std::optional<IdentityRecord>> record_of(const FoundInstance& found) const;
  // Identity records that count for nothing. Each kind is reported once a mount.
  enum class Ignored : std::uint8_t { kDamaged, kOfAnotherInode, kNumberInUse };
  static constexpr std::size_t kKindsOfIgnored = 3;
  void ignore_record(Ignored kind, const FoundInstance& found) const;
  Result<Attributes> shown(const Node& node, Attributes backing) const;
  Result<Attributes> shown(const Node& node) const;
  Result<NodeEntry> entry(const Pin& pin, const std::optional<Attributes>& backing);
  NodePtr parent_of(const Node& node) const;
  Status check_writable() const { return parts_ ? Status() : Status(Errno::kEROFS); }

  // mapping.cc
  bool forgets_numbers() const { return options_.identity == IdentityStrategy::kVolatile; }
  MappedInode mapped(const FoundInstance& found);
  // What the map does with an inode that it does not have.
  enum class Unmapped : std::uint8_t { kGetsANumber, kStaysWithout };
  Result<std::optional<InodeNumber>> kept_number(const FoundInstance& found,
                                                 const std::optional<IdentityRecord>& record,
                                                 Unmapped unmapped = Unmapped::kGetsANumber);
  Result<std::string> look_of_layers();
  Status look_of(const Layer& layer, std::uint64_t& sum);
  Status map_upfront();

  // finding.cc
  // The node of this number, held or found again; ESTALE where there is none.
  Result<Pin> find(NodeId id);
  Result<Pin> find_by_backing(NodeId id);
  Result<Pin> walk_down(const std::vector<std::string>& names);

  // hard_links.cc
  Result<OriginHandle> origin_of(const FoundInstance& lower) const;
  Result<std::optional<Alias>> alias_of(const FoundInstance& lower);
  Result<bool> is_left_over(const FoundInode& indexed) const;
  struct OriginSearch {
    std::optional<FoundInstance> found;
    bool is_gone = true;  // where it was not found; false: it cannot be told
  };
  OriginSearch find_origin(std::string_view origin_xattr) const;
  Result<std::optional<std::string>> index_name_of(const FoundInstance& upper);
  Status load_index(Node& node, const FoundInstance& upper, const std::optional<FoundInstance>& origin,
                    const std::optional<IdentityRecord>& record);
  Result<std::uint32_t> names_of(const ObjectKey& key) const;
  static std::uint32_t shown_directory_links(const Node& node, const Attributes& backing);
  Result<std::uint32_t> shown_links(const Node& node, const Attributes& backing) const;
  Result<std::uint32_t> shown_links(const Node& node) const;
  Status write_link_count(const InodeRef& upper, std::int64_t shown, std::int64_t upper_links);
  void write_kernel_count(const Node& node);
  Status link_up(const NodePtr& node, const NodePtr& parent, std::string_view name);
  // A name that shows the object, searched for where none is known; nothing where there is none.
  Result<std::optional<NodeName>> some_name(const Node& node, const Beside& beside);
  Status find_name(const Node& wanted, const Beside& beside);
  Status keep_other_names(const NodePtr& node, const Beside& removed);
  Result<std::string> take_index_of_last_name(const Node& node);
  Status finish_removal(const NodePtr& node, const std::string& taken, const Status& outcome);
  void name_removed(const Reached& reached, const NodePtr& parent, std::string_view name);

  // copy_up.cc
  Status copy_up(const NodePtr& node, const CopyUp& how);
  Status copy_up_at(const NodePtr& node, const std::optional<NodeName>& place, const CopyUp& how);
  Status copy_up_directories(NodePtr lowest);
  Status copy_up_directory(const NodePtr& node) { return copy_up(node, CopyUp{}); }
  // The name itself is in the upper layer.
  Status make_upper_name(Reached& reached, const NodePtr& parent, std::string_view name, PreparedCopy* prepared);
  // For a copy of an object with these attributes, before it is filled.
  static NewInode inode_for(const Attributes& attributes);
  Result<WorkDirectory::Made> make_copy(const Node& node, const FoundInstance& lower, const CopyUp& how);
  Status fill_copy(const Node& node, const FoundInstance& lower, const WorkDirectory::Made& made, const CopyUp& how);
  Status finish_copy(const FoundInstance& lower, const InodeRef& copy, const StoreChange* change);
  IdentityRecord record_for(const Node& node, const FoundInstance& lower, const FoundInode& copy);
  Status write_identity(const Node& node, const FoundInstance& lower, const WorkDirectory::Made& made);
  Status show_copy(const Node& node, const std::optional<NodeName>& place, const WorkDirectory::Made& made);
  Status place_claimed(const NodePtr& node, const std::optional<NodeName>& place, const WorkDirectory::Made& made,
                       const std::string& index_name);
  Status place_copy(const NodePtr& node, const std::optional<NodeName>& place, const WorkDirectory::Made& made);
  Status place_indexed(const NodePtr& node, const std::optional<NodeName>& place, const WorkDirectory::Made& made,
                       const std::string& index_name);
  enum class Placed { kNamed, kNameless };
  void adopt_upper(const NodePtr& node, const FoundInode& copy, Placed placed);
  // Sets a directory's times back to what they were; copy up does not show in them. Best effort: the copy is there.
  void restore_times(const InodeRef& upper_directory, const Attributes& before);

  // metacopy.cc
  Result<bool> is_metacopy(const FoundInstance& found) const;
  Result<std::optional<FoundInstance>> data_below(FoundInstance marked, Search& search) const;
  Status load_data(Node& node, const FoundInstance& top, Search& search) const;
  // REQUIRES: node.upper and node.data.
  Status copy_data_up(Node& node);

  // creation.cc
  Result<NodeEntry> try_link(NodeId id, NodeId parent, std::string_view name, PreparedCopy& prepared);
  Status check_new_name(std::string_view name) const;
  Result<std::optional<std::string>> default_list(const Node& upper_directory) const;
  Result<std::optional<InheritedLists>> inherited_lists(const Node& upper_directory, NewInode& made) const;
  struct MadeObject {
    FoundInode found;
    bool attributes_are_last = false;  // nothing changed it since they were read
    bool inherited_lists = false;
  };
  Result<MadeObject> place_new(const NodePtr& parent, std::string_view name, const NewInode& inode,
                               const Reached& slot);
  Status place_link(const InodeRef& inode, const DirectoryEntryPlace& at, const Reached& slot);
  Status set_lists(const InodeRef& inode, const InheritedLists& lists);
  Result<FoundInode> place_with_lists(const NodePtr& parent, std::string_view name, const NewInode& inode,
                                      const InheritedLists& lists);
  Result<FoundInode> place_over_whiteout(const NodePtr& parent, std::string_view name, const NewInode& inode,
                                         const std::optional<InheritedLists>& lists);
  Status set_opaque(const InodeRef& upper_directory);

  // protection.cc
  // kImmutable and kAppendOnly of the object, looked up once.
  Result<InodeFlags> protection(const Node& node) const;
  Result<InodeFlags> stored_protection(const Instance& instance) const;
  Status write_protection(const InodeRef& upper, InodeFlags flags);
  Status set_upper_flags(const InodeRef& upper, InodeFlags added, InodeFlags removed);
  Status check_writing(const Node& node, OpenMode mode) const;
  Status check_range(const OpenFile& file, RangeChange change) const;
  Status check_change(const Node& node, const AttributeChange& change) const;
  // What an object's attributes and names need: neither flag.
  Status check_free(const Node& node) const;
  // What new names in a directory need.
  Status check_mutable(const Node& node) const;
  Status check_removal(const Node& directory, const Node& removed) const;
  Status check_rename_free(const RenameSide& from, const RenameSide& to, RenameMode mode) const;

  // removal.cc
  enum class Leave { kNothing, kWhiteout };
  Status remove_upper_name(const NodePtr& parent, std::string_view name, Leave leave);
  Status remove_upper_directory(const NodePtr& parent, std::string_view name, const Node& node, Leave leave);
  Status discard_whiteouts(const InodeRef& directory, const std::string& temporary);
  Status make_whiteout_at(const NodePtr& parent, std::string_view name);

  // rename.cc
  enum class Verdict { kMove, kNothingToDo };
  struct PlaceName {
    NodeId directory;
    std::string_view name;
  };
  Status try_rename(const PlaceName& old_name, const PlaceName& new_name, RenameMode mode, PreparedCopy& prepared);
  Result<RenameSide> side(NodeId directory, std::string_view name);
  Result<Verdict> check_rename(const RenameSide& from, const RenameSide& to, RenameMode mode);
  Status check_replace(const RenameSide& from, const RenameSide& to);
  bool is_ancestor(const Node& node, NodePtr of) const;
  Status prepare_target(RenameSide& to);
  // Before an unlink or a rename takes this name from its object.
  Status prepare_removal(Reached& reached, const NodePtr& parent, std::string_view name);
  Status prepare_moved_directory(const RenameSide& from, const RenameSide& to);
  Status check_redirects(const RenameSide& side) const;
  Result<std::string> redirect_for(const Node& node, const RenameSide& from, const RenameSide& to) const;
  Status clear_merged_target(Node& node);
  Status exchange(RenameSide& from, RenameSide& to);
  Status replace(RenameSide& from, RenameSide& to);
  void move_name(const NodePtr& node, const RenameSide& from, const RenameSide& to);
  Status bring_entry_record(const RenameSide& from, const RenameSide& to);
  void drop_entry_record(const Node& node, const RenameSide& side);
  Status move_in_upper(const RenameSide& from, const RenameSide& to);
  Status move_over_whiteout(const RenameSide& from, const RenameSide& to);
  Status move_leaving_whiteout(const RenameSide& from, const RenameSide& to);

  // listing.cc
  struct Merging;
  struct VisibleEntry;
  using Visit = std::function<Status(VisibleEntry&)>;
  // Each name that the directory shows, once. Whiteouts and what they hide are left out.
  Status visit_entries(const Node& directory, const Visit& visit) const;
  bool shows(const Node& directory, std::string_view name) const;
  Status visit_instance(const Instance& instance, Merging& merging, const Visit& visit) const;
  enum class MarkedWhiteouts { kNo, kYes };  // the directory is marked "x"
  Result<bool> is_hidden(VisibleEntry& entry, MarkedWhiteouts marked) const;
  // Each name of the tree, a directory before what it has. The visit answers with what it is told of the directory: a
  // number, the root's at first. Directories that cannot be read are left out.
  struct Listed;
  using TreeVisit = std::function<Result<InodeNumber>(InodeNumber, VisibleEntry&)>;
  Status visit_tree(InodeNumber root, const TreeVisit& visit) const;
  Status list_for_walk(const Node& directory, InodeNumber number, const TreeVisit& visit, Listed& listed) const;
  Status count_names(LinkCounts::Counts& counts) const;
  Status map_names(NameMap::Places& places, Unmapped unmapped);
  Result<std::unique_ptr<Node>> merged_directory(const Node& parent, const std::string& name) const;
  Status check_empty(const Node& directory) const;
  Result<std::vector<ListedEntry>> snapshot(const NodePtr& directory);
  static void order(std::vector<ListedEntry>& entries);
  // The number that the entry shows; kNoNumber where it stays without.
  static constexpr InodeNumber kNoNumber = 0;
  Result<InodeNumber> listed_number(VisibleEntry& entry, Unmapped unmapped);
  Result<InodeNumber> listed_recorded_number(const FoundInstance& found, Unmapped unmapped);

  // files.cc
  struct Current {
    LayerStore* store = nullptr;
    FileRef file;
    bool on_upper = false;  // read with `file`: a copy up may come between two looks
  };
  Result<OpenFileRef> open_held(const NodePtr& node, OpenMode mode);
  static Result<OpenFileRef> open_instance(OpenFileRef open, const Instance& instance);
  Result<Current> current(OpenFile& open) const;
  Result<Attributes> backing_attributes(const OpenFile& file) const;

  Layers layers_;
  std::unique_ptr<WritableParts> parts_;
  EngineOptions options_;
  std::uint64_t walked_ = 0;  // objects, before the mount was complete
  mutable std::array<std::atomic_flag, kKindsOfIgnored> reported_;
  NodePtr root_;
  std::array<std::mutex, 64> copying_;  // while a large file is copied up: of the node number modulo their number
  std::array<std::mutex, 64> giving_;   // while content of a node is given: of the node number modulo their number
  mutable std::shared_mutex namespace_;
  std::atomic<std::uint64_t> changes_{0};  // of names, and numbers that the map gave out, in this mount
  mutable LinkCounts link_counts_;
  NameMap name_map_;
  NodeTable table_;
};

}  // namespace ovlspec::impl
