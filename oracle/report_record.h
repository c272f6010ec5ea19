// What a run did and saw, moment by moment, so that those moments in which a violation shows can be played again.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "oracle/finding.h"
#include "oracle/run_watcher.h"

namespace ovlspec::oracle {

struct Asked {
  Asker asker = Asker::kTrace;
  Caller caller;
  Operation operation;
  Outcome outcome;
  model::ObjectId object = model::kNoObject;  // what it was asked of, in the judge's tree of that mount
  std::string permitted;                      // `success` and names of errors, with blanks between
};
struct HandleTaken {
  std::string path;
  Result<std::string> handle;
};
struct HandleAsked {
  std::string handle;
  Result<HandleOpened> opened;
};
// A look at the layers themselves, by nobody while the run went on: what is wrong there is told by scans.
enum class Place : std::uint8_t { kUpper, kLower, kWork, kView };
struct Look {
  Place place = Place::kUpper;
  std::uint16_t lower = 0;
  Operation operation;  // its path is from the root of the place
};
// The kernel's overlay, read-only, over all layers: Place::kView.
struct ViewLayers {};
// How many entries of the index are the last name of what they stand for.
struct CountOrphans {};

// The events are what happened to the stack; operations are Asked.
using Happening = std::variant<Event, Asked, HandleTaken, HandleAsked, Look, ViewLayers, CountOrphans>;
struct Moment {
  Happening what;
  bool needed = false;  // the violation cannot be told without it
};

// What a moment shows that can be compared, in the words of stat.
enum class Shown : std::uint8_t {
  kError,
  kType,
  kMode,
  kLinks,
  kUid,
  kGid,
  kDevice,
  kSize,
  kModifyTime,
  kChangeTime,
  kNumber,
  kFileSystem,
  kBytes,      // of a read, a target, an attribute
  kCount,      // written, or counted; of statfs, NAME_MAX
  kAttribute,  // how often an attribute was named
  kListed,     // how often a name was listed
  kListedNumber,
  kListedType,
  kEntries,  // how many names but `.` and `..`
};
std::string_view word_of(Shown shown);

struct Value {
  std::size_t moment = 0;
  Shown shown = Shown::kError;
  std::string name;  // of an entry or attribute
  bool operator==(const Value&) const = default;
};
enum class Relation : std::uint8_t {
  kSame,
  kDiffers,
  kNoneOf,   // none of some words, with blanks between
  kEarlier,  // of times
};
struct Claim {
  Value left;
  Relation relation = Relation::kDiffers;
  std::variant<Value, std::string> right;
};

// Where a violation shows: it is there where all claims hold.
struct Evidence {
  std::vector<Moment> moments;
  std::vector<Claim> claims;  // none: `why_not`
  std::string why_not;
  Finding finding;
  model::Layers before;  // the layers when the last mount began
  model::Layers after;   // as last scanned
  bool is_found() const { return !claims.empty(); }
};

// Watches for a violation of the rule of `wanted` by its operation.
class Recorder : public RunWatcher {
 public:
  explicit Recorder(Finding wanted = {}) : wanted_(std::move(wanted)) {}

  void happened(const Event& event) override;
  void answered(const Judge& judge, Asker asker, const Caller& caller, const Operation& operation,
                const Outcome& outcome) override;
  void handle_taken(const Judge::Named& named, const Result<std::string>& handle) override;
  void handle_opened(const ObjectHistory::Handle& handle, const Result<HandleOpened>& opened) override;
  void scanned(const Scanned& scanned) override;
  void viewed(const model::Tree& seen) override { view_ = seen; }
  void judged(const Judge& judge) override;

  const std::vector<Moment>& moments() const { return moments_; }
  // Nothing where the violation did not show.
  const std::optional<Evidence>& evidence() const { return evidence_; }

 private:
  Finding wanted_;
  std::vector<Moment> moments_;
  std::size_t findings_ = 0;
  Scanned before_;  // the layers when the mount began
  Scanned after_;
  bool is_mounted_ = false;
  std::optional<model::Tree> view_;
  std::optional<Evidence> evidence_;
};

}  // namespace ovlspec::oracle
