#include "model/proofs/history.h"

#include <fmt/format.h>

#include <array>
#include <cstddef>
#include <utility>

#include "model/proofs/obligation.h"
#include "model/proofs/systems.h"

namespace ovlspec::proofs {
namespace {

constexpr std::array<std::string_view, 9> kRules = {"ID-1", "ID-2", "ID-3", "ID-4", "ID-5",
                                                    "ID-6", "ID-7", "ID-9", "ID-10"};
constexpr std::size_t kSights = 3;  // of `a` (or `c` in its place), `b` and `d`

// What was seen of an object: 0 where it was not.
struct Seen {
  Word here;    // in this mount
  Word device;  // with it
  Word before;  // in an earlier mount
  Word since;   // what happened to the layers after that: 0 nothing, 1 a layer changed, 2 the stack
};

struct Progress {
  System::State state;
  Stack stack;
  std::array<Seen, kSights> seen;
  Word dead;  // the number that the replaced `a` showed
  std::array<Truth, kRules.size()> broken;
};

std::size_t rule(std::string_view id) {
  std::size_t at = 0;
  while (kRules[at] != id) ++at;
  return at;
}

Truth both_shown(const Word& one, const Word& other) {
  return both(negation(equal(one, word(0))), negation(equal(other, word(0))));
}
Truth changed(const Word& before, const Word& now) {
  return both(both_shown(before, now), negation(equal(before, now)));
}

void break_where(Progress& progress, std::string_view id, const Truth& broken) {
  Truth& so_far = progress.broken[rule(id)];
  so_far = either(so_far, broken);
}

Progress start(const System& system) {
  const Truth no = truth(false);
  const Seen unseen{word(0), word(0), word(0), word(0)};
  Progress progress{.state = system.initial(),
                    .stack = {no, no, no, no},
                    .seen = {unseen, unseen, unseen},
                    .dead = word(0),
                    .broken = {no, no, no, no, no, no, no, no, no}};
  break_where(progress, "ID-9", system.mount_reads());
  return progress;
}

bool shows(HistoryEvent event) { return event >= HistoryEvent::kStatA && event <= HistoryEvent::kListA; }

std::size_t object_of(HistoryEvent event) {
  if (event == HistoryEvent::kStatB) return 1;
  return event == HistoryEvent::kStatD ? 2 : 0;
}

void judge(Progress& progress, HistoryEvent event, const Sight& sight) {
  Seen& seen = progress.seen[object_of(event)];
  break_where(progress, "ID-2", negation(equal(sight.device, word(0))));
  break_where(progress, "ID-3", changed(seen.here, sight.number));
  break_where(progress, "ID-9", sight.writes);
  if (event == HistoryEvent::kListA) break_where(progress, "ID-4", negation(equal(sight.number, sight.listed)));
  for (std::size_t i = 0; i < kSights; ++i)
    if (i != object_of(event))
      break_where(progress, "ID-1",
                  both(equal(progress.seen[i].here, sight.number), equal(progress.seen[i].device, sight.device)));
  const Truth renumbered = changed(seen.before, sight.number);
  constexpr std::array<std::string_view, 3> kByChange = {"ID-5", "ID-6", "ID-10"};
  for (std::size_t change = 0; change < kByChange.size(); ++change)
    break_where(progress, kByChange[change], both(renumbered, equal(seen.since, word(change))));
  seen.here = sight.number;
  seen.device = sight.device;
}

Word change_by(HistoryEvent event) {
  if (event == HistoryEvent::kAddLower) return word(2);
  return word(event == HistoryEvent::kRemoveOrigin || event == HistoryEvent::kReplaceA ? 1 : 0);
}

void change_stack(Progress& progress, HistoryEvent event) {
  Stack& stack = progress.stack;
  if (event == HistoryEvent::kCopyUpA) stack.copied = truth(true);
  if (event == HistoryEvent::kReplaceA) stack.replaced = truth(true);
  if (event == HistoryEvent::kRemoveOrigin) stack.origin_gone = truth(true);
  if (event == HistoryEvent::kAddLower) stack.added = truth(true);
}

void begin_mount(Progress& progress, HistoryEvent event) {
  for (Seen& seen : progress.seen) {
    seen.before = choice(equal(seen.here, word(0)), seen.before, seen.here);
    const Word change = change_by(event);
    seen.since = choice(equal(seen.here, word(0)), choice(below(seen.since, change), change, seen.since), change);
    seen.here = word(0);
  }
  if (event != HistoryEvent::kReplaceA) return;
  progress.dead = progress.seen[0].before;
  progress.seen[0].before = word(0);
}

struct Played {
  Progress progress;
  Word number;  // what the event showed
};

Played play(const System& system, Progress progress, HistoryEvent event) {
  if (event == HistoryEvent::kNone) return {progress, word(0)};
  if (shows(event)) {
    System::Shown shown = system.show(event, progress.state, progress.stack);
    judge(progress, event, shown.sight);
    if (system.has_handles() && object_of(event) == 0)
      break_where(progress, "ID-7", equal(progress.dead, shown.sight.number));
    progress.state = std::move(shown.next);
    return {progress, shown.sight.number};
  }
  change_stack(progress, event);
  progress.state = system.after(event, progress.state, progress.stack);
  if (event < HistoryEvent::kRemount) return {progress, word(0)};
  begin_mount(progress, event);
  if (system.has_handles())
    break_where(progress, "ID-7",
                both(negation(equal(progress.seen[0].before, word(0))),
                     negation(system.opens(progress.state, progress.seen[0].before))));
  return {progress, word(0)};
}

// What must hold of the stack before the event.
Truth can_happen(const Stack& stack, HistoryEvent event) {
  switch (event) {
    case HistoryEvent::kCopyUpA: return both(negation(stack.copied), negation(stack.replaced));
    case HistoryEvent::kReplaceA: return both(negation(stack.copied), negation(stack.replaced));
    case HistoryEvent::kRemoveOrigin: return both(stack.copied, negation(stack.origin_gone));
    case HistoryEvent::kAddLower: return negation(stack.added);
    default: return truth(true);
  }
}

Truth pick(const Truth& condition, const Truth& then, const Truth& otherwise) {
  return both(implies(condition, then), either(condition, otherwise));
}

Stack pick(const Truth& condition, const Stack& then, const Stack& otherwise) {
  return {pick(condition, then.copied, otherwise.copied), pick(condition, then.origin_gone, otherwise.origin_gone),
          pick(condition, then.replaced, otherwise.replaced), pick(condition, then.added, otherwise.added)};
}

Seen pick(const Truth& condition, const Seen& then, const Seen& otherwise) {
  return {choice(condition, then.here, otherwise.here), choice(condition, then.device, otherwise.device),
          choice(condition, then.before, otherwise.before), choice(condition, then.since, otherwise.since)};
}

Progress pick(const Truth& condition, const Progress& then, Progress otherwise) {
  for (std::size_t i = 0; i < otherwise.state.size(); ++i)
    otherwise.state[i] = choice(condition, then.state[i], otherwise.state[i]);
  otherwise.stack = pick(condition, then.stack, otherwise.stack);
  for (std::size_t i = 0; i < kSights; ++i) otherwise.seen[i] = pick(condition, then.seen[i], otherwise.seen[i]);
  otherwise.dead = choice(condition, then.dead, otherwise.dead);
  for (std::size_t i = 0; i < kRules.size(); ++i)
    otherwise.broken[i] = pick(condition, then.broken[i], otherwise.broken[i]);
  return otherwise;
}

// A history of as many events as there are words in `events`, each a free variable.
struct History {
  std::vector<Word> events;
  std::vector<Word> numbers;
  std::vector<Truth> possible;
  Progress end;
};

History history_of(const System& system, std::size_t length) {
  History history{.events = {}, .numbers = {}, .possible = {any_real_inodes().possible()}, .end = start(system)};
  for (std::size_t i = 0; i < length; ++i) {
    const Word event = any_word(fmt::format("event_{}", i));
    history.possible.push_back(both(below(word(0), event), below(event, word(kHistoryEvents))));
    Played next{history.end, word(0)};
    for (std::size_t kind = 1; kind < kHistoryEvents; ++kind) {
      const auto one = static_cast<HistoryEvent>(kind);
      const Truth is_this = equal(event, word(kind));
      history.possible.push_back(implies(is_this, can_happen(history.end.stack, one)));
      const Played played = play(system, history.end, one);
      next.number = choice(is_this, played.number, next.number);
      next.progress = pick(is_this, played.progress, std::move(next.progress));
    }
    history.events.push_back(event);
    history.numbers.push_back(next.number);
    history.end = std::move(next.progress);
  }
  return history;
}

struct Searched {
  Verdict verdict = Verdict::kUnknown;  // of the claim that no history of this length breaks the rule
  Counterexample found;                 // where refuted
};

Searched search(const System& system, std::string_view id, std::size_t length) {
  History history = history_of(system, length);
  // A listing tells more than a look-up in one way alone.
  if (id != "ID-4")
    for (const Word& event : history.events)
      history.possible.push_back(negation(equal(event, word(static_cast<std::uint64_t>(HistoryEvent::kListA)))));
  Searched searched;
  Counterexample& found = searched.found;
  found = Counterexample{
      .system = system.name(), .subject = system.subject(), .rule = std::string(id), .events = {}, .numbers = {}};
  const Statement statement{.assumptions = {{"the events can happen", all_of(history.possible)}},
                            .claim = negation(history.end.broken[rule(id)]),
                            .picture = [&](const Assignment& values) {
                              for (std::size_t i = 0; i < length; ++i) {
                                found.events.push_back(static_cast<HistoryEvent>(values.value(history.events[i])));
                                found.numbers.push_back(values.value(history.numbers[i]));
                              }
                              return std::string();
                            }};
  searched.verdict = decide(statement).verdict;
  return searched;
}

// What is broken stays broken, so that one question about the longest histories is enough where nothing is.
void search_all(const System& system, std::string_view id, HistoryFindings& findings) {
  const SystemRule about{system.name(), std::string(id)};
  const Verdict longest = search(system, id, kHistoryLength).verdict;
  if (longest == Verdict::kProved) {
    findings.kept.push_back(about);
    return;
  }
  for (std::size_t length = 0; longest == Verdict::kRefuted && length <= kHistoryLength; ++length) {
    Searched searched = search(system, id, length);
    if (searched.verdict == Verdict::kProved) continue;
    if (searched.verdict != Verdict::kRefuted) break;
    findings.broken.push_back(std::move(searched.found));
    return;
  }
  findings.undecided.push_back(about);
}

std::string lines_of(HistoryEvent event, unsigned first_lower) {
  const auto remount = [](const std::string& change) { return "unmount\n" + change + "mount\n"; };
  switch (event) {
    case HistoryEvent::kNone: return "";
    case HistoryEvent::kStatA: return "  stat a\n";
    case HistoryEvent::kStatB: return "  stat b\n";
    case HistoryEvent::kStatD: return "  stat d\n";
    case HistoryEvent::kListA: return "  stat a\n  list .\n";
    case HistoryEvent::kCopyUpA: return "  chmod a 640\n";
    case HistoryEvent::kEvict: return "drop-caches\n";
    case HistoryEvent::kRemount: return remount("");
    case HistoryEvent::kCrash: return "crash\nmount\n";
    case HistoryEvent::kReplaceA:
      return remount(fmt::format("mutate lower {0} remove a\nmutate lower {0} put file c 644 \"c\"\n", first_lower));
    case HistoryEvent::kRemoveOrigin: return remount(fmt::format("mutate lower {} remove a\n", first_lower));
    case HistoryEvent::kAddLower: return remount("mutate add-lower 0 place=3\n  dir . 755\nend\n");
  }
  return "";
}

}  // namespace

std::string Counterexample::trace() const {
  std::string text = fmt::format("ovlspec trace 1\n# {} breaks {}\n", system, rule);
  text +=
      "lower 0 place=1\n  dir . 755\n  file a 644 \"a\"\n  dir d 755\nlower 1 place=2\n  dir . 755\n  dir b 755\n"
      "upper place=0\nmount\n";
  unsigned first_lower = 0;
  bool replaced = false;
  for (std::size_t i = 0; i < events.size(); ++i) {
    std::string lines = lines_of(events[i], first_lower);
    if (replaced && shows(events[i]) && object_of(events[i]) == 0) lines.replace(lines.find(" a\n"), 3, " c\n");
    if (numbers[i] != 0) text += fmt::format("# shows {:#x}\n", numbers[i]);
    text += lines;
    first_lower += events[i] == HistoryEvent::kAddLower ? 1 : 0;
    replaced = replaced || events[i] == HistoryEvent::kReplaceA;
  }
  return text;
}

HistoryFindings search_histories() {
  const Session session;
  HistoryFindings findings;
  for (const auto& system : systems())
    for (const std::string_view id : kRules) search_all(*system, id, findings);
  return findings;
}

}  // namespace ovlspec::proofs
