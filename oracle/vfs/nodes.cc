#include "oracle/vfs/nodes.h"

#include <algorithm>

namespace ovlspec::oracle::vfs {

Nodes::Nodes(impl::Engine& engine, VfsOptions::Caching caching) : engine_(engine), caching_(caching) {
  visited_.reserve(64);
  pins_.reserve(kSlots);
}

Result<Place> Nodes::root() {
  auto attributes = engine_.attributes(impl::kRootNode);
  if (!attributes.ok()) return attributes.error();
  return Place{.node = impl::kRootNode, .attributes = *attributes};
}

Result<Place> Nodes::lookup(NodeId directory, std::string_view name) {
  if (caching_ == VfsOptions::Caching::kDentries) {
    if (const auto it = names_.find(KeyView{directory, name}); it != names_.end()) {
      auto attributes = engine_.attributes(it->second);
      if (!attributes.ok()) return attributes.error();
      return Place{.node = it->second, .attributes = *attributes};
    }
  }
  auto entry = engine_.lookup(directory, name);
  if (!entry.ok()) return entry.error();
  entered(directory, name, entry->node);
  return Place{.node = entry->node, .attributes = entry->attributes};
}

void Nodes::entered(NodeId directory, std::string_view name, NodeId node) {
  switch (caching_) {
    case VfsOptions::Caching::kDentries:
      if (const NodeId old = take(directory, name); old != 0) give_back(old);
      names_.emplace(Key{directory, std::string(name)}, node);
      return;
    case VfsOptions::Caching::kNone: visited_.push_back(node); return;
  }
}

void Nodes::removed(NodeId directory, std::string_view name) {
  if (const NodeId node = take(directory, name); node != 0) give_back(node);
}

void Nodes::moved(NodeId from, std::string_view from_name, NodeId to, std::string_view to_name) {
  const NodeId node = take(from, from_name);
  removed(to, to_name);
  if (node != 0) names_.emplace(Key{to, std::string(to_name)}, node);
}

void Nodes::exchanged(NodeId from, std::string_view from_name, NodeId to, std::string_view to_name) {
  const NodeId first = take(from, from_name);
  const NodeId second = take(to, to_name);
  if (first != 0) names_.emplace(Key{to, std::string(to_name)}, first);
  if (second != 0) names_.emplace(Key{from, std::string(from_name)}, second);
}

void Nodes::pin(NodeId node) {
  if (Pin* pin = pin_of(node); pin != nullptr)
    ++pin->holders;
  else
    pins_.push_back(Pin{.node = node, .counts = 0, .holders = 1});
}

void Nodes::unpin(NodeId node) {
  Pin* pin = pin_of(node);
  if (pin == nullptr || --pin->holders > 0) return;
  if (pin->counts > 0) engine_.forget(node, pin->counts);
  *pin = pins_.back();
  pins_.pop_back();
}

void Nodes::end_operation() {
  for (const NodeId node : visited_) give_back(node);
  visited_.clear();
}

void Nodes::drop_caches() {
  for (const auto& [key, node] : names_) give_back(node);
  names_.clear();
}

Nodes::Pin* Nodes::pin_of(NodeId node) {
  const auto it = std::find_if(pins_.begin(), pins_.end(), [node](const Pin& pin) { return pin.node == node; });
  return it == pins_.end() ? nullptr : &*it;
}

void Nodes::give_back(NodeId node) {
  if (Pin* pin = pin_of(node); pin != nullptr)
    ++pin->counts;
  else
    engine_.forget(node, 1);
}

NodeId Nodes::take(NodeId directory, std::string_view name) {
  const auto it = names_.find(KeyView{directory, name});
  if (it == names_.end()) return 0;
  const NodeId node = it->second;
  names_.erase(it);
  return node;
}

}  // namespace ovlspec::oracle::vfs
