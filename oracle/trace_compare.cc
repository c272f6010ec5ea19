#include "oracle/trace_compare.h"

#include <algorithm>

#include "oracle/layer_entries.h"

namespace ovlspec::oracle {
namespace {

bool same_image(const LayerImage& one, const LayerImage& other) {
  return one.place == other.place && same_layer(one.layer, other.layer);
}

bool same_put(const model::Put& one, const model::Put& other) {
  if (one.layer != other.layer || one.path != other.path || !(one.marks == other.marks)) return false;
  return one.marks.whiteout || one.inode == other.inode;
}

const std::optional<Outcome>& seen_at(const Trace& trace, std::size_t event) {
  static const std::optional<Outcome> nothing;
  return event < trace.seen.size() ? trace.seen[event] : nothing;
}

bool same_seen(const Trace& one, const Trace& other) {
  for (std::size_t i = 0; i < one.events.size(); ++i)
    if (seen_at(one, i) != seen_at(other, i)) return false;
  return one.subject == other.subject;
}

}  // namespace

bool same_event(const Event& one, const Event& other) {
  const auto* ours = std::get_if<Mutate>(&one);
  const auto* theirs = std::get_if<Mutate>(&other);
  if (ours == nullptr || theirs == nullptr) return one == other;
  const auto* added = std::get_if<model::AddLower>(&ours->mutation);
  const auto* other_added = std::get_if<model::AddLower>(&theirs->mutation);
  if (added != nullptr && other_added != nullptr)
    return added->position == other_added->position && added->place == other_added->place &&
           same_layer(added->layer, other_added->layer);
  const auto* put = std::get_if<model::Put>(&ours->mutation);
  const auto* other_put = std::get_if<model::Put>(&theirs->mutation);
  if (put != nullptr && other_put != nullptr) return same_put(*put, *other_put);
  return one == other;
}

bool same_trace(const Trace& one, const Trace& other) {
  if (!std::equal(one.lowers.begin(), one.lowers.end(), other.lowers.begin(), other.lowers.end(), same_image))
    return false;
  if (one.upper.has_value() != other.upper.has_value()) return false;
  if (one.upper && !same_image(*one.upper, *other.upper)) return false;
  return one.options == other.options && one.callers == other.callers &&
         std::equal(one.events.begin(), one.events.end(), other.events.begin(), other.events.end(), same_event) &&
         same_seen(one, other);
}

}  // namespace ovlspec::oracle
