// Explores one small stack: every sequence of steps up to a length, each answer and each state on disk judged.
//
// Depth first. Within a mount, a step that the model says changes nothing (an error, say) is made where the search
// stands; each other one goes to a stack of its own, which is put back to how it was when it was mounted, mounted, and
// led there again. At the end of each sequence the tree is looked at, the stack is unmounted and scanned, and the
// layers are judged: what is on disk then is a state. Sequences go on from a state by a remount, with or without a
// change of the layers, once for each number of steps that are left, and once from the same layers after a change.
// Where a search would go on from what one of the same stack went on from before, it is not repeated: what an engine
// keeps in memory is gone by then, so that nothing can matter but what is on disk (Subject::digest: claims, seals and
// records, the work directory and inode numbers as they are, times left out) and what the judge knows of the objects
// (Judge::tell: which is which, and the numbers that they showed).
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_set>
#include <vector>

#include "oracle/judge.h"
#include "oracle/small_worlds.h"
#include "oracle/state_set.h"
#include "oracle/subject.h"

namespace ovlspec::oracle {

struct Explored {
  std::uint64_t sequences = 0;  // that were judged
  std::uint64_t answers = 0;    // that were judged, those of looks too
  std::uint64_t states = 0;     // on disk, different ones of each stack
  std::uint64_t merged = 0;     // states from which a search was not repeated
  std::uint64_t unjudged = 0;   // sequences that led where the specification judges nothing
  std::uint64_t digest = 0;     // of all answers and states
  model::RuleSet met;           // by any of them

  Explored& operator+=(const Explored& other);
  bool operator==(const Explored&) const = default;
};

struct Counterexample {
  Trace trace;  // as it was met
  Finding finding;
};

struct ExploreLimits {
  WorldSize size;
  unsigned length = 2;                      // of a sequence, in steps
  const std::atomic<bool>* stop = nullptr;  // once true, the search of the stack is given up
};

class Explorer {
 public:
  // The subject has snapshots, and is used by nobody else. `states` may be null. All outlive this.
  Explorer(Subject& subject, const ExploreLimits& limits, StateSet* states);

  struct Result {
    Explored explored;
    std::optional<Counterexample> counterexample;  // the search of the stack ended with it
    std::optional<std::string> failure;            // the subject could not be run
    bool stopped = false;
  };
  Result explore(const Trace& stack);

 private:
  // An unmounted stack, from which mounts begin.
  struct Place {
    std::uint64_t id = 0;                               // of no other place of the stack
    std::shared_ptr<const Subject::Snapshot> snapshot;  // null where one mount alone begins, at once
    std::uint64_t digest = 0;                           // Subject::digest
    Scanned scanned;
    Judge judge;                // knows them
    std::vector<Event> events;  // that led here
  };
  // Operations that were successful since the mount, but for those that were tried where the search stood.
  using Made = std::vector<const Operation*>;

  bool goes_on() const;
  // `left`: how many steps sequences may still have.
  void from_place(const Place& place, unsigned left);
  void from_node(const Place& place, Made& made, Judge& judge, unsigned left);
  // Makes all operations that fail, and tells the others.
  Made try_all(Judge& judge);
  // Mounts the place, and makes the operations again. Nothing where a judgement ends the search.
  std::optional<Judge> lead_to(const Place& place, const Made& made);
  // Unmounts; the state on disk.
  std::optional<Place> leave(const Place& place, Judge& judge, unsigned left);
  // Whether a search from there is the first one. The judge tells a state from what a change made of one.
  bool is_new(const Place& place, unsigned left);
  void remounts(const Place& place, unsigned left);
  // `left`: after the change.
  std::optional<Place> changed(const Place& place, const model::Mutation& mutation, unsigned left);
  // The place where the subject stands now, unmounted, from which searches have so many steps left. `before`: what led
  // there.
  Place stand(Scanned scanned, Judge judge, std::vector<Event> before, unsigned left);
  // Whether the subject stands there now.
  bool go_to(const Place& place);
  bool ask(Judge& judge, const Operation& operation, bool observed);
  bool look(Judge& judge, unsigned left);
  bool look_at_open_files(Judge& judge);
  bool judged(const Judge& judge, Verdict verdict);
  void found(const Judge& judge);
  std::vector<Event> events_to(const std::vector<Event>& place) const;
  template <typename T>
  bool require(const Attempt<T>& attempt);
  void note(std::uint64_t word);

  Subject& subject_;
  ExploreLimits limits_;
  StateSet* states_;
  Profile profile_;  // none: nothing is allowed but what the rules do
  const Caller caller_ = superuser();
  const Trace* stack_ = nullptr;
  std::vector<SmallStep> steps_;
  std::uint64_t places_ = 0;                    // that there were, of this stack
  std::uint64_t standing_ = 0;                  // the id of the place where the subject is unmounted; 0: none
  const std::vector<Event>* before_ = nullptr;  // what led to the place that is mounted
  Made live_;                                   // everything that was asked since then
  std::unordered_set<std::uint64_t> visited_;   // states of this stack
  std::unordered_set<std::uint64_t> searched_;  // what was gone on from, with the steps that were left
  Result result_;
};

}  // namespace ovlspec::oracle
