#include "oracle/explorer.h"

#include "model/merge.h"
#include "oracle/mixing.h"
#include "oracle/state_digest.h"

namespace ovlspec::oracle {

Explored& Explored::operator+=(const Explored& other) {
  sequences += other.sequences;
  answers += other.answers;
  states += other.states;
  merged += other.merged;
  unjudged += other.unjudged;
  met |= other.met;
  // Stacks are explored in any order.
  digest += other.digest;
  return *this;
}

Explorer::Explorer(Subject& subject, const ExploreLimits& limits, StateSet* states)
    : subject_(subject), limits_(limits), states_(states) {}

Explorer::Result Explorer::explore(const Trace& stack) {
  result_ = Result{};
  visited_.clear();
  searched_.clear();
  stack_ = &stack;
  steps_ = small_steps(limits_.size, stack);
  if (!require(subject_.prepare(stack))) return std::move(result_);
  Attempt<Scanned> scanned = subject_.scan();
  if (!require(scanned)) return std::move(result_);
  if (!subject_.digest()) {
    result_.failure = "the subject has no snapshots";
    return std::move(result_);
  }
  places_ = 0;
  Place place = stand(std::move(*scanned.value), Judge(profile_), {}, limits_.length);
  before_ = &place.events;
  if (judged(place.judge, place.judge.layers_changed(place.scanned.layers))) from_place(place, limits_.length);
  result_.stopped = limits_.stop != nullptr && *limits_.stop;
  result_.explored.digest = mixed(result_.explored.digest);
  return std::move(result_);
}

bool Explorer::goes_on() const {
  return !result_.counterexample && !result_.failure && (limits_.stop == nullptr || !*limits_.stop);
}

void Explorer::from_place(const Place& place, unsigned left) {
  Made made;
  if (auto judge = lead_to(place, made)) from_node(place, made, *judge, left);
}

void Explorer::from_node(const Place& place, Made& made, Judge& judge, unsigned left) {
  if (!look(judge, left)) return;
  const Made successes = left > 0 ? try_all(judge) : Made{};
  if (!goes_on()) return;
  const auto here = leave(place, judge, left);
  if (!goes_on()) return;
  for (const Operation* operation : successes) {
    made.push_back(operation);
    if (auto next = lead_to(place, made)) from_node(place, made, *next, left - 1);
    made.pop_back();
    if (!goes_on()) return;
  }
  if (here) remounts(*here, left);
}

Explorer::Made Explorer::try_all(Judge& judge) {
  Made successes;
  for (const SmallStep& step : steps_) {
    const auto* operation = std::get_if<Operation>(&step);
    if (operation == nullptr) continue;
    if (model::check(judge.world(), caller_, *operation).success()) {
      successes.push_back(operation);
    } else {
      ++result_.explored.sequences;
      if (!ask(judge, *operation, false)) return successes;
    }
  }
  return successes;
}

std::optional<Judge> Explorer::lead_to(const Place& place, const Made& made) {
  live_.clear();
  before_ = &place.events;
  if (!go_to(place)) return std::nullopt;
  standing_ = 0;
  Judge judge = place.judge;
  const Attempt<Done> mounted = subject_.mount();
  ++result_.explored.sequences;
  if (!judged(judge, judge.mounted(mounted.ok() ? std::nullopt : std::optional(mounted.failure),
                                   mounted.ok() ? subject_.walked_at_mount() : std::nullopt)))
    return std::nullopt;
  for (const Operation* operation : made)
    if (!ask(judge, *operation, false)) return std::nullopt;
  return judge;
}

bool Explorer::look(Judge& judge, unsigned left) {
  const auto before = subject_.writes();
  if (left > 0) {
    for (const Operation& operation : judge.walk())
      if (!ask(judge, operation, true)) return false;
  } else {
    // What was written is seen on disk.
    if (!ask(judge, ListDirectory{"/"}, true)) return false;
    const std::vector<model::Entry> entries = judge.world()[model::kRoot].entries;
    for (const model::Entry& entry : entries)
      if (!ask(judge, Stat{Target::at("/" + entry.name, Follow::kNoFollow)}, true)) return false;
  }
  if (!look_at_open_files(judge)) return false;
  return !before || judged(judge, judge.walked(*subject_.writes() - *before));
}

bool Explorer::look_at_open_files(Judge& judge) {
  constexpr FileSize kMore = 8;  // than any file has
  for (Slot slot = 0; slot < limits_.size.names; ++slot) {
    const model::OpenSlot& open = judge.world().slots[slot];
    if (!open.open) continue;
    if (!ask(judge, Stat{Target::of(slot)}, true)) return false;
    if (open.readable && !ask(judge, Read{slot, 0, kMore}, true)) return false;
  }
  return true;
}

std::optional<Explorer::Place> Explorer::leave(const Place& place, Judge& judge, unsigned left) {
  const Attempt<Done> ended = subject_.unmount();
  if (!ended.ok()) {
    judged(judge, judge.not_unmounted(ended.failure));
    return std::nullopt;
  }
  // What nothing was written to is as it was.
  Attempt<Scanned> changed{.value = std::nullopt, .failure = {}};
  if (subject_.writes() != 0) {
    changed = subject_.scan();
    if (!require(changed)) return std::nullopt;
  }
  const Scanned& scanned = changed.ok() ? *changed.value : place.scanned;
  if (!judged(judge, judge.ended(scanned, Ending::kUnmount))) return std::nullopt;
  const std::uint64_t digest = state_digest(scanned.layers, limits_.size.names);
  note(digest);
  result_.explored.met |= judge.met();
  if (visited_.insert(digest).second) {
    ++result_.explored.states;
    if (states_ != nullptr) states_->add(digest);
  }
  if (left == 0) return std::nullopt;
  Place next = stand(scanned, judge, events_to(place.events), left);
  if (!is_new(next, left)) {
    ++result_.explored.merged;
    return std::nullopt;
  }
  next.events.emplace_back(Unmount{});
  return next;
}

Explorer::Place Explorer::stand(Scanned scanned, Judge judge, std::vector<Event> before, unsigned left) {
  standing_ = ++places_;
  return Place{.id = standing_,
               .snapshot = left > 0 ? subject_.snapshot() : nullptr,
               .digest = *subject_.digest(),
               .scanned = std::move(scanned),
               .judge = std::move(judge),
               .events = std::move(before)};
}

bool Explorer::go_to(const Place& place) {
  if (standing_ == place.id) return true;
  standing_ = place.id;
  return require(subject_.go_back(*place.snapshot));
}

bool Explorer::is_new(const Place& place, unsigned left) {
  Mixing mixing;
  mixing.add(place.digest);
  place.judge.tell([&mixing](std::uint64_t word) { mixing.add(word); });
  mixing.add(left);
  return searched_.insert(mixing.value()).second;
}

void Explorer::remounts(const Place& place, unsigned left) {
  for (const SmallStep& step : steps_) {
    const auto* remount = std::get_if<Remount>(&step);
    if (remount == nullptr) continue;
    if (!goes_on()) return;
    if (!remount->mutation) {
      from_place(place, left - 1);
    } else if (const auto next = changed(place, *remount->mutation, left - 1)) {
      from_place(*next, left - 1);
    }
  }
}

// Nothing for a change that changes nothing, too, which is a remount alone, and for one that led there before.
std::optional<Explorer::Place> Explorer::changed(const Place& place, const model::Mutation& mutation, unsigned left) {
  live_.clear();
  before_ = &place.events;
  if (!go_to(place)) return std::nullopt;
  standing_ = 0;
  if (!require(subject_.mutate(mutation))) return std::nullopt;
  if (subject_.digest() == place.digest) {
    ++result_.explored.merged;
    return std::nullopt;
  }
  Attempt<Scanned> after = subject_.scan();
  if (!require(after)) return std::nullopt;
  note(state_digest(after.value->layers, limits_.size.names));
  std::vector<Event> events;
  events.reserve(place.events.size() + 1);
  events = place.events;
  events.emplace_back(Mutate{mutation});
  Place next = stand(std::move(*after.value), place.judge, std::move(events), left);
  before_ = &next.events;
  next.judge.changed(mutation, place.scanned.layers, next.scanned.layers);
  if (!judged(next.judge, next.judge.layers_changed(next.scanned.layers))) return std::nullopt;
  if (is_new(next, left)) return next;
  ++result_.explored.merged;
  return std::nullopt;
}

bool Explorer::ask(Judge& judge, const Operation& operation, bool observed) {
  const Outcome outcome = subject_.apply(caller_, operation);
  ++result_.explored.answers;
  if (!observed) {
    live_.push_back(&operation);
    note(static_cast<std::uint64_t>(outcome.error) + 1);
  }
  return judged(judge, judge.step(caller_, operation, outcome, observed));
}

bool Explorer::judged(const Judge& judge, Verdict verdict) {
  switch (verdict) {
    case Verdict::kFine: return true;
    case Verdict::kUnjudged: ++result_.explored.unjudged; return false;
    case Verdict::kViolation: found(judge); return false;
  }
  return false;
}

void Explorer::found(const Judge& judge) {
  Counterexample& counterexample = result_.counterexample.emplace();
  counterexample.trace = *stack_;
  counterexample.trace.events = events_to(*before_);
  counterexample.trace.events.emplace_back(Unmount{});
  counterexample.finding = *judge.finding();
}

std::vector<Event> Explorer::events_to(const std::vector<Event>& place) const {
  std::vector<Event> events = place;
  events.emplace_back(Mount{});
  for (const Operation* operation : live_) events.emplace_back(Step{0, *operation});
  return events;
}

template <typename T>
bool Explorer::require(const Attempt<T>& attempt) {
  if (!attempt.ok()) result_.failure = attempt.failure.what;
  return attempt.ok();
}

void Explorer::note(std::uint64_t word) { result_.explored.digest = mixed(result_.explored.digest, word); }

}  // namespace ovlspec::oracle
