#include "impl/engine/node_table.h"

#include <algorithm>

namespace ovlspec::impl {

Pin& Pin::operator=(Pin&& other) noexcept {
  if (this != &other) {
    drop();
    table_ = other.table_;
    node_ = std::move(other.node_);
  }
  return *this;
}

void Pin::drop() {
  if (node_) table_->unpin(node_);
  node_.reset();
}

// Each node holds those above it: let go of one by one they would go in a chain of calls as long as the tree is deep.
NodeTable::~NodeTable() {
  for (const auto& [id, node] : by_id_) node->names.clear();
}

std::uint32_t NodeTable::file_system(const BackingFileSystem& backing) {
  const std::lock_guard lock(mutex_);
  return numbers_.file_system(backing);
}

std::uint64_t NodeTable::tag(std::uint32_t file_system) const {
  const std::lock_guard lock(mutex_);
  return numbers_.tag(file_system);
}

std::optional<std::uint32_t> NodeTable::file_system_of_tag(std::uint64_t tag) const {
  const std::lock_guard lock(mutex_);
  return numbers_.file_system_of_tag(tag);
}

void NodeTable::insert_root(const NodePtr& root, const ObjectKey& key, std::optional<InodeNumber> recorded) {
  const std::lock_guard lock(mutex_);
  root->id = kRootNode;
  root->number = numbers_.claim(key, recorded);
  root->pins = 1;
  by_id_[kRootNode] = root;
  by_key_[key] = root;
}

NodePtr NodeTable::by_id(NodeId id) const {
  const std::lock_guard lock(mutex_);
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : found->second;
}

Pin NodeTable::find(const Place& place) {
  const std::lock_guard lock(mutex_);
  const auto found = by_key_.find(place.key);
  if (found == by_key_.end()) return {};
  ++found->second->pins;
  if (place.parent) add_name_locked(found->second, place.parent, place.name);
  return {*this, found->second};
}

Pin NodeTable::insert(const Place& place, const NodePtr& fresh, std::optional<InodeNumber> recorded) {
  const std::lock_guard lock(mutex_);
  auto [slot, is_new] = by_key_.try_emplace(place.key, fresh);
  const NodePtr& node = slot->second;
  if (is_new) {
    fresh->number = numbers_.claim(place.key, recorded);
    fresh->id = fresh->number;
    by_id_[fresh->id] = fresh;
    if (!fresh->index_name.empty() && fresh->lower_key) by_key_.try_emplace(*fresh->lower_key, fresh);
  }
  ++node->pins;
  if (place.parent) add_name_locked(node, place.parent, place.name);
  return {*this, node};
}

InodeNumber NodeTable::number(const ObjectKey& key, std::optional<InodeNumber> recorded) {
  const std::lock_guard lock(mutex_);
  return numbers_.claim(key, recorded);
}

std::optional<InodeNumber> NodeTable::held_number(const ObjectKey& key) const {
  const std::lock_guard lock(mutex_);
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return std::nullopt;
  return found->second->number;
}

void NodeTable::claim(InodeNumber number, std::size_t depth) {
  const std::lock_guard lock(mutex_);
  numbers_.claimed().add(number, depth);
}

std::optional<ObjectKey> NodeTable::backing_of(InodeNumber number) const {
  const std::lock_guard lock(mutex_);
  return numbers_.backing_of(number);
}

bool NodeTable::is_claimed(InodeNumber number) const {
  const std::lock_guard lock(mutex_);
  return numbers_.claimed().contains(number);
}

bool NodeTable::claimed_above(InodeNumber number, std::size_t depth) const {
  const std::lock_guard lock(mutex_);
  return numbers_.claimed().claimed_above(number, depth);
}

void NodeTable::pin(const NodePtr& node) {
  const std::lock_guard lock(mutex_);
  ++node->pins;
}

void NodeTable::unpin(const NodePtr& node) {
  Dropped dropped;
  const std::lock_guard lock(mutex_);
  unpin_locked(node, 1, dropped);
}

void NodeTable::count_lookup(const NodePtr& node) {
  const std::lock_guard lock(mutex_);
  ++node->pins;
  ++node->lookups;
}

void NodeTable::forget(NodeId id, std::uint64_t lookups) {
  Dropped dropped;
  const std::lock_guard lock(mutex_);
  const auto found = by_id_.find(id);
  if (found == by_id_.end()) return;
  const NodePtr node = found->second;
  const std::uint64_t count = std::min(lookups, node->lookups);
  node->lookups -= count;
  unpin_locked(node, count, dropped);
}

void NodeTable::open(const NodePtr& node) {
  const std::lock_guard lock(mutex_);
  ++node->pins;
  ++node->opens;
}

void NodeTable::close(const NodePtr& node) {
  Dropped dropped;
  const std::lock_guard lock(mutex_);
  --node->opens;
  unpin_locked(node, 1, dropped);
}

std::uint64_t NodeTable::opens(const Node& node) const {
  const std::lock_guard lock(mutex_);
  return node.opens;
}

void NodeTable::add_name(const NodePtr& node, const NodePtr& parent, std::string_view name) {
  const std::lock_guard lock(mutex_);
  add_name_locked(node, parent, name);
}

void NodeTable::add_name_locked(const NodePtr& node, const NodePtr& parent, std::string_view name) {
  for (const NodeName& known : node->names) {
    if (known.parent == parent && known.name == name) return;
  }
  ++parent->pins;
  node->names.push_back({parent, std::string(name)});
}

void NodeTable::remove_name(const NodePtr& node, const Node& parent, std::string_view name) {
  Dropped dropped;
  const std::lock_guard lock(mutex_);
  for (auto known = node->names.begin(); known != node->names.end(); ++known) {
    if (known->parent.get() != &parent || known->name != name) continue;
    const NodePtr holder = known->parent;
    node->names.erase(known);
    unpin_locked(holder, 1, dropped);
    return;
  }
}

bool NodeTable::has_several_names(const Node& node) const {
  const std::lock_guard lock(mutex_);
  return node.names.size() > 1;
}

std::optional<NodeName> NodeTable::a_name_beside(const Node& node, const Node* parent, std::string_view name) const {
  const std::lock_guard lock(mutex_);
  for (const NodeName& known : node.names) {
    if (known.parent.get() != parent || known.name != name) return known;
  }
  return std::nullopt;
}

void NodeTable::moved_to_upper(const NodePtr& node, LowerKey lower) {
  const std::lock_guard lock(mutex_);
  by_key_[*node->upper_key] = node;
  numbers_.move(*node->lower_key, *node->upper_key);
  if (lower == LowerKey::kForgotten) {
    erase_key_locked(node->lower_key, *node);
    node->lower_key.reset();
  }
}

void NodeTable::add_lower_key(const NodePtr& node) {
  const std::lock_guard lock(mutex_);
  by_key_.try_emplace(*node->lower_key, node);
}

std::size_t NodeTable::size() const {
  const std::lock_guard lock(mutex_);
  return by_id_.size();
}

std::vector<NodePtr> NodeTable::idle(std::size_t most) {
  const std::lock_guard lock(mutex_);
  std::vector<NodePtr> found;
  const std::size_t buckets = by_id_.bucket_count();
  for (std::size_t looked_at = 0; looked_at < buckets && found.size() < most; ++looked_at) {
    idle_bucket_ = (idle_bucket_ + 1) % buckets;
    for (auto at = by_id_.cbegin(idle_bucket_); at != by_id_.cend(idle_bucket_); ++at)
      if (at->second->lookups > 0 && at->second->pins == at->second->lookups) found.push_back(at->second);
  }
  return found;
}

void NodeTable::unpin_locked(const NodePtr& node, std::uint64_t count, Dropped& dropped) {
  node->pins -= count;
  if (node->pins != 0) return;
  // A node that goes releases its parents, which may go too.
  Dropped going{node};
  while (!going.empty()) {
    const NodePtr next = going.back();
    going.pop_back();
    for (const NodeName& name : next->names) {
      if (--name.parent->pins == 0) going.push_back(name.parent);
    }
    erase_locked(next, dropped);
  }
}

void NodeTable::erase_locked(const NodePtr& node, Dropped& dropped) {
  dropped.push_back(node);
  for (const NodeName& name : node->names) dropped.push_back(name.parent);
  node->names.clear();
  by_id_.erase(node->id);
  erase_key_locked(node->upper_key, *node);
  erase_key_locked(node->lower_key, *node);
  const std::optional<ObjectKey>& key = node->upper_key ? node->upper_key : node->lower_key;
  if (node->removed) numbers_.release(*key);
}

void NodeTable::erase_key_locked(const std::optional<ObjectKey>& key, const Node& node) {
  if (!key) return;
  const auto found = by_key_.find(*key);
  if (found != by_key_.end() && found->second.get() == &node) by_key_.erase(found);
}

}  // namespace ovlspec::impl
