// From names to nodes.
#include "impl/engine/overlay_engine.h"
#include "impl/engine/rights.h"
#include "model/vocabulary/handle_digest.h"
#include "model/vocabulary/names.h"

namespace ovlspec::impl {

Result<NodePtr> OverlayEngine::node(NodeId id) const {
  NodePtr found = table_.by_id(id);
  if (!found) return Errno::kESTALE;
  return found;
}

Result<NodePtr> OverlayEngine::directory(NodeId id) const {
  auto found = node(id);
  if (!found.ok()) return found;
  if (!(*found)->is_directory()) return Errno::kENOTDIR;
  if ((*found)->removed) return Errno::kENOENT;
  return found;
}

Status OverlayEngine::check_name(std::string_view name) {
  if (name.empty()) return Errno::kENOENT;
  if (name.size() > names::kNameMax) return Errno::kENAMETOOLONG;
  if (name.find('/') != std::string_view::npos || name.find('\0') != std::string_view::npos) return Errno::kEINVAL;
  return {};
}

ObjectKey OverlayEngine::key_of(const Layer& layer, const FoundInode& found) {
  if (found.attributes.file_system == layer.backing.device) return {layer.file_system, found.attributes.number};
  auto backing = layer.store->file_system(found.inode);
  // An inode whose file system cannot be told is one of the layer's: its number alone counts.
  const std::uint32_t index = backing.ok() ? table_.file_system(*backing) : layer.file_system;
  return {index, found.attributes.number};
}

std::uint64_t OverlayEngine::generation_of(const FoundInstance& found) {
  auto handle = found.layer->store->handle(found.found.inode);
  return handle.ok() ? handle_digest(handle->bytes) : 0;
}

Instance OverlayEngine::top(const Node& node, const Layers& layers) {
  if (node.upper) return {layers.upper.get(), node.upper};
  return node.lowers.front();
}

NodePtr OverlayEngine::parent_of(const Node& node) const {
  if (node.is_root()) return root_;
  const auto name = table_.a_name(node);
  return name ? name->parent : nullptr;
}

Result<std::optional<std::string>> OverlayEngine::record_bytes(const FoundInstance& found) const {
  if (!found.directory) return layers_.private_xattr(found.instance(), names::kIdentity);
  return layers_.private_xattr({found.layer, found.directory},
                               entry_record_name(found.name, found.found.attributes.number));
}

Result<std::optional<IdentityRecord>> OverlayEngine::record_of(const FoundInstance& found) const {
  if (!found.layer->has_records) return std::optional<IdentityRecord>();
  auto bytes = record_bytes(found);
  if (!bytes.ok()) return bytes.error();
  if (!*bytes) return std::optional<IdentityRecord>();
  auto record = decode_record(**bytes);
  if (!record) {
    ignore_record(Ignored::kDamaged, found);
    return record;
  }
  const identity::RecordFacts<WordDomain> facts{
      .whole = true,
      .in_place = record->lies_on(found.found.attributes.number, generation_of(found)),
      .layer_counts = found.layer->has_records,
      .claimed_above = table_.claimed_above(record->number, found.layer->depth)};
  if (!facts.in_place) ignore_record(Ignored::kOfAnotherInode, found);
  if (!identity::counts<WordDomain>(facts)) record.reset();
  return record;
}

void OverlayEngine::ignore_record(Ignored kind, const FoundInstance& found) const {
  if (!options_.report || reported_[static_cast<std::size_t>(kind)].test_and_set()) return;
  const auto text = [kind] {
    switch (kind) {
      case Ignored::kDamaged: return "is damaged";
      case Ignored::kOfAnotherInode: return "was written for another inode";
      case Ignored::kNumberInUse: return "names a number that another object shows";
    }
    return "";
  };
  const std::string layer =
      found.layer->depth == 0 ? "the upper layer" : "lower layer " + std::to_string(found.layer->depth);
  options_.report("the identity record on inode " + std::to_string(found.found.attributes.number) + " of " + layer +
                  " " + text() + " and is ignored, as are all others like it in this mount");
}

// Number and generation, by the object's record or by its inode; the record, where it has one.
Result<std::optional<IdentityRecord>> OverlayEngine::load_identity(Loaded& loaded, const FoundInstance& top) {
  auto record = record_of(top);
  if (!record.ok()) return record;
  auto number = kept_number(top, *record);
  if (!number.ok()) return number.error();
  loaded.recorded = *number;
  loaded.node->generation = *record ? (*record)->generation : generation_of(top);
  return record;
}

Status OverlayEngine::load_upper(Loaded& loaded, const FoundInstance& top, const std::optional<FoundInstance>& origin) {
  Node& node = *loaded.node;
  node.upper = top.found.inode;
  node.upper_key = key_of(*top.layer, top.found);
  node.on_upper.store(true, std::memory_order_release);
  auto record = load_identity(loaded, top);
  if (!record.ok()) return record.error();
  // One that the index alone holds, which `origin` led to, has a single link.
  if (node.is_directory() || (top.found.attributes.links < 2 && !origin)) return {};
  return load_index(node, top, origin, *record);
}

Result<OverlayEngine::Loaded> OverlayEngine::load(const FoundInstance& top, Search* rest) {
  Loaded loaded{.node = std::make_shared<Node>(), .recorded = {}};
  Node& node = *loaded.node;
  node.type = top.found.attributes.type;
  if (top.layer->depth == 0) {
    OVLSPEC_TRY(load_upper(loaded, top, std::nullopt));
  } else {
    node.lower_key = key_of(*top.layer, top.found);
    if (top.found.protection) node.protection = *top.found.protection;
    auto record = load_identity(loaded, top);
    if (!record.ok()) return record.error();
    node.lowers.push_back(top.instance());
  }
  if (!node.is_directory() || rest == nullptr) return loaded;
  node.redirect = rest->upper_redirect();
  for (;;) {
    auto more = rest->next();
    if (!more.ok()) return more.error();
    if (!*more) return loaded;
    node.lowers.push_back((*more)->instance());
  }
}

// A lower object that is not a directory: itself, or the upper inode that its lower inode was copied up to.
Result<Pin> OverlayEngine::reach_lower(const NodeTable::Place& place, const FoundInstance& top, Search& search,
                                       Reached& reached) {
  auto alias = alias_of(top);
  if (!alias.ok()) return alias.error();
  if (*alias) {
    const FoundInstance upper{layers_.upper.get(), (*alias)->upper};
    const NodeTable::Place at{key_of(*upper.layer, upper.found), place.parent, place.name};
    reached.backing = upper.found.attributes;
    if (Pin held = table_.find(at)) return held;
    Loaded loaded{.node = std::make_shared<Node>(), .recorded = {}};
    loaded.node->type = upper.found.attributes.type;
    OVLSPEC_TRY(load_upper(loaded, upper, top));
    auto is_marked = is_metacopy(upper);
    if (!is_marked.ok()) return is_marked.error();
    if (*is_marked) {
      // It was copied up from this very inode.
      OVLSPEC_TRY(load_data(*loaded.node, top, search));
      if (!loaded.node->data) loaded.node->data = top.instance();
      loaded.node->on_upper.store(false, std::memory_order_release);
    }
    return insert(at, loaded, upper);
  }
  auto loaded = load(top, nullptr);
  if (!loaded.ok()) return loaded.error();
  OVLSPEC_TRY(load_data(*loaded->node, top, search));
  return insert(place, *loaded, top);
}

Pin OverlayEngine::insert(const NodeTable::Place& place, const Loaded& loaded, const FoundInstance& top) {
  Pin pin = table_.insert(place, loaded.node, loaded.recorded);
  if (loaded.recorded && pin->number != *loaded.recorded) ignore_record(Ignored::kNumberInUse, top);
  return pin;
}

// What is held can be what was found. Where a layer changed under the mount, or its inode numbers are not those of
// one object each, it may be another object, or lie above itself.
Status OverlayEngine::check_held(const NodePtr& held, const NodeTable::Place& place, const FoundInstance& found) {
  const bool is_other = held->type != found.found.attributes.type;
  const bool is_elsewhere = held->is_directory() && (held->is_root() || table_.has_several_names(*held));
  const bool is_above = is_elsewhere && is_ancestor(*held, place.parent);
  if (!is_other && !is_above) return {};
  table_.remove_name(held, *place.parent, place.name);
  return is_other ? Errno::kEIO : Errno::kELOOP;
}

Result<OverlayEngine::Reached> OverlayEngine::reach(const NodePtr& parent, std::string_view name) {
  OVLSPEC_TRY(check_name(name));
  Search search(layers_, *root_, *parent, name, Search::From::kUpper);
  auto first = search.next();
  if (!first.ok()) return first.error();
  Reached reached;
  reached.upper_whiteout = search.upper_whiteout();
  if (!*first) return reached;
  FoundInstance& top = **first;
  reached.upper_here = top.layer->depth == 0;
  reached.topmost = top.found.attributes.type;
  const NodeTable::Place place{key_of(*top.layer, top.found), parent, name};
  reached.node = table_.find(place);
  if (reached.node) {
    OVLSPEC_TRY(check_held(reached.node.node(), place, top));
    // A held hard link may lie on the upper inode although this name is a lower one.
    if (reached.upper_here || !reached.node->upper) reached.backing = top.found.attributes;
    return reached;
  }
  reached.backing = top.found.attributes;
  if (!top.found.inode) OVLSPEC_TRY(look_up_again(*parent, name, top.found));
  if (!reached.upper_here && top.found.attributes.type != FileType::kDirectory) {
    auto pin = reach_lower(place, top, search, reached);
    if (!pin.ok()) return pin.error();
    reached.node = std::move(*pin);
    return reached;
  }
  auto loaded = load(top, &search);
  if (!loaded.ok()) return loaded.error();
  OVLSPEC_TRY(load_data(*loaded->node, top, search));
  reached.node = insert(place, *loaded, top);
  return reached;
}

// What the search met in the upper layer without its inode. Under the lock only somebody else puts another there.
Status OverlayEngine::look_up_again(const Node& parent, std::string_view name, FoundInode& met) const {
  auto found = layers_.upper->store->lookup(parent.upper, name);
  if (!found.ok()) return found.error();
  const Attributes& is = found->attributes;
  const Attributes& was = met.attributes;
  if (is.number != was.number || is.file_system != was.file_system || is.type != was.type) return Errno::kESTALE;
  met = std::move(*found);
  return {};
}

Result<std::optional<FileType>> OverlayEngine::below(const Reached& reached, const Node& parent,
                                                     std::string_view name) const {
  if (!reached.upper_here && !reached.upper_whiteout) return reached.topmost;
  Search search(layers_, *root_, parent, name, Search::From::kLowers);
  auto first = search.next();
  if (!first.ok()) return first.error();
  if (!*first) return std::optional<FileType>();
  return std::optional<FileType>((*first)->found.attributes.type);
}

Result<Attributes> OverlayEngine::shown(const Node& node, Attributes backing) const {
  auto links = shown_links(node, backing);
  if (!links.ok()) return links.error();
  if (node.data && node.data->layer != nullptr) {
    auto data = node.data->layer->store->attributes(node.data->inode);
    if (data.ok()) backing.blocks = data->blocks;
  }
  backing.links = *links;
  backing.mode = mode_without_withheld(*top(node).layer, backing);
  backing.number = node.number;
  backing.file_system = options_.mount_device;
  return backing;
}

Result<Attributes> OverlayEngine::shown(const Node& node) const {
  const Instance instance = top(node);
  auto backing = instance.layer->store->attributes(instance.inode);
  if (!backing.ok()) return backing;
  return shown(node, *backing);
}

Result<NodeEntry> OverlayEngine::entry(const Pin& pin, const std::optional<Attributes>& backing) {
  auto attributes = backing ? shown(*pin, *backing) : shown(*pin);
  if (!attributes.ok()) return attributes.error();
  table_.count_lookup(pin.node());
  return NodeEntry{.node = pin->id, .generation = pin->generation, .attributes = *attributes};
}

Result<NodeEntry> OverlayEngine::lookup(NodeId parent, std::string_view name) {
  const std::shared_lock lock(namespace_);
  if (name == "." || name == "..") {
    auto self = find(parent);
    if (!self.ok()) return self.error();
    if (name == ".") return entry(*self, std::nullopt);
    if (!(*self)->is_directory()) return Errno::kENOTDIR;
    const NodePtr above = parent_of(**self);
    table_.pin(above);
    return entry(Pin(table_, above), std::nullopt);
  }
  auto holder = directory(parent);
  if (!holder.ok()) return holder.error();
  auto reached = reach(*holder, name);
  if (!reached.ok()) return reached.error();
  if (!reached->node) return Errno::kENOENT;
  return entry(reached->node, reached->backing);
}

void OverlayEngine::forget(NodeId id, std::uint64_t lookups) { table_.forget(id, lookups); }

}  // namespace ovlspec::impl
