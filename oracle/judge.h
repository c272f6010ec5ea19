// The pure judge: told what a subject did, it says what no rule permits. It never asks the subject anything.
//
// The layers that scan shows are the truth about what is on disk; the judge's own tree is the truth about what should
// be, and its history about which object is which.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/merge.h"
#include "model/step.h"
#include "oracle/finding.h"
#include "oracle/identity_judge.h"
#include "oracle/object_history.h"
#include "oracle/profile.h"
#include "oracle/subject.h"

namespace ovlspec::oracle {

// How the case goes on after something was judged.
enum class Verdict : std::uint8_t {
  kFine,
  kViolation,  // Judge::finding tells it; nothing more can be judged
  kUnjudged,   // a deviation, or a stack, after which nothing more can be judged
};

// How a mount ended, which decides what may lie in the work directory.
enum class Ending : std::uint8_t { kUnmount, kCrash };

// In which order a walk meets the names. Numbers must not depend on it.
enum class WalkOrder : std::uint8_t {
  kFirstFirst,  // each directory is listed before its names are looked up
  kLastFirst,   // all names are looked up first, in the other order
};

// Whether after this violation the tree is still as it should be, so that a case may go on: the operation did what it
// should, or only looked, and showed something wrong beside what is there.
bool leaves_tree_known(const Finding& finding);

// What follows a violation after which the tree is still known.
enum class AfterViolation : std::uint8_t { kEnd, kGoOn };

class Judge {
 public:
  explicit Judge(const Profile& profile, AfterViolation after = AfterViolation::kEnd);

  // Somebody changed the layers. `before` and `after` may be empty where model::Continuity::needs_layers says so.
  void changed(const model::Mutation& mutation, const model::Layers& before, const model::Layers& after);
  // The layers are as scanned, and changed since the last mount or new. To be told before the mount. kUnjudged for a
  // stack of which the specification does not judge yet what it means.
  Verdict layers_changed(const model::Layers& layers);
  // The subject mounted, or refused to.
  // `walked`: how many objects it looked at meanwhile, where that is known (ID-9): none, but those of an upper layer
  // that is new, or was copied.
  Verdict mounted(const std::optional<Failure>& failure, std::optional<std::uint64_t> walked = std::nullopt);
  // The mount does not answer any more; `operation` was the last one, and `observed` as below.
  Verdict lost(const Failure& failure, const Operation* operation, bool observed);
  // The unmount failed.
  Verdict not_unmounted(const Failure& failure);
  // After the unmount the layers could not be read.
  Verdict unreadable(const Failure& failure);
  // An operation of the trace, or (observed) of the judge's own walk. Times and numbers that were free are bound.
  Verdict step(const Caller& caller, const Operation& operation, const Outcome& outcome, bool observed = false);
  // File handles (ID-7). What has a name and no handle of this mount yet, by a path; one that was taken; those to open
  // again, in this mount; and what one opened.
  struct Named {
    model::ObjectId object = model::kNoObject;
    std::string path;
  };
  std::vector<Named> without_handle() const;
  void handle_taken(const Named& named, const std::string& handle);
  // Of an object that a name shows, where other objects have handles.
  Verdict handle_refused(const Named& named, Errno error);
  const std::vector<ObjectHistory::Handle>& handles() const { return history_.handles(); }
  Verdict handle_opened(const ObjectHistory::Handle& handle, const Result<HandleOpened>& opened);
  // So many calls changed a layer during a walk, or while handles were opened, which only look (ID-9).
  Verdict walked(std::uint64_t writes);
  // The layers after the mount ended. Slots are closed.
  Verdict ended(const Scanned& scanned, Ending ending);
  // What the kernel's own mount of the layers shows, told after `ended`.
  Verdict kernel_view(const model::Tree& seen);

  // The operations that look at everything the tree holds, in order: listings, attributes, targets, contents, xattrs.
  std::vector<Operation> walk(WalkOrder order = WalkOrder::kFirstFirst) const;

  // Tells, as words, all that later mounts are judged by beside the layers and the work directory. REQUIRES: `ended`
  // or `layers_changed` was told last.
  void tell(const ObjectHistory::Word& word) const {
    history_.tell(world_, identity_, word);
    word(mutated_);
  }

  const model::World& world() const { return world_; }
  // The first, and all: of each rule and operation the first.
  std::optional<Finding> finding() const { return findings_.empty() ? std::nullopt : std::optional(findings_.front()); }
  const std::vector<Finding>& findings() const { return findings_; }
  const model::RuleSet& met() const { return met_; }  // rules whose outcome was seen
  const std::map<const Deviation*, std::uint64_t>& deviations() const { return deviations_; }
  // Triggers of deviations where the ideal was seen.
  const std::map<const Deviation*, std::uint64_t>& ideals() const { return ideals_; }
  void at_event(std::size_t event) { event_ = event; }

 private:
  struct Asked {  // what a violation is about
    const Operation* operation = nullptr;
    bool observed = false;
    model::ObjectId object = model::kNoObject;
  };

  Verdict violation(const Asked& asked, model::Rule rule, std::string what);
  Verdict violations(const Asked& asked, const std::vector<model::Mismatch>& mismatches);
  bool ends(const Asked& asked, const model::Plan& plan);
  bool applies(const Deviation& deviation, const Asked& asked) const;
  // The subject's answer was looked at, and these rules were met. To be told before the world changes.
  void note_ideals(const Asked& asked, model::ObjectId second, const model::RuleSet& rules);
  model::RuleSet rules_shown(const Asked& asked, const model::Plan& plan, const Outcome& outcome) const;
  Verdict errored(const Asked& asked, const model::Plan& plan, const Outcome& outcome);
  Verdict succeeded(const Asked& asked, const Caller& caller, const model::Plan& plan, const Outcome& outcome);
  Verdict identity(const Asked& asked, const Outcome& outcome);
  void bind_free(const Asked& asked, const Outcome& outcome);
  void bind_times(const model::Tree& seen, model::ObjectId object, model::ObjectId mine);
  std::optional<std::string> wrong_object(model::ObjectId object, const HandleOpened& opened) const;
  Verdict judge_layers(const Scanned& scanned, Ending ending);
  Verdict lowers_untouched(const Scanned& scanned);
  Verdict whiteouts_needed(const Scanned& scanned);
  Verdict nothing_left_over(const Scanned& scanned, const model::Merged& merged);

  const Profile& profile_;
  model::World world_;
  model::Layers layers_;                // as they were when the mount began
  std::vector<model::Source> sources_;  // of the tree when the mount began; objects made since have none
  IdentityJudge identity_;
  ObjectHistory history_;
  model::RuleSet met_;
  model::RuleSet with_deviations_;  // rules that a deviation is of
  std::map<const Deviation*, std::uint64_t> deviations_;
  std::map<const Deviation*, std::uint64_t> ideals_;
  std::vector<const Deviation*> shown_;  // by what is being looked at
  AfterViolation after_;
  std::vector<Finding> findings_;
  std::size_t event_ = 0;
  bool mutated_ = false;
  bool spread_ = false;  // the layers lie on several file systems
  bool first_mount_ = true;
};

}  // namespace ovlspec::oracle
