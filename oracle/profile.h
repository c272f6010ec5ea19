// What a subject is known not to keep: its deviations from the specification, as data. The files are oracle/profiles.
//
// A deviation is not licence: where its trigger (rule, operation, `where`) is met and the subject does what the rule
// says, that is counted, and fails the run as `shows` has it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/rules.h"
#include "model/vocabulary/errno.h"

namespace ovlspec::oracle {

// What an operation must act on for a deviation to apply.
enum class Where : std::uint8_t {
  kAny,
  kLinkedLower,     // a non-directory of a lower with several names that was not copied up before this mount
  kLower,           // what no layer but lowers has an instance of
  kLowerDirectory,  // a directory that a lower has an instance of
  kDirectory,
  kRoot,
  kSeveralFileSystems,  // nothing in particular, but the layers lie on several file systems
  kAfterMutation,       // layers were changed before this mount or an earlier one of the trace
};

enum class Action : std::uint8_t {
  kPermit,  // the error is permitted; nothing changes
  kRelax,   // a violation of the rule counts as the deviation, and the case goes on where its state is known
  kEnd,     // once one of the operations changed its object, what follows is not judged
};

// How surely a deviation shows where its trigger is met.
enum class Shows : std::uint8_t {
  kAlways,     // every time: one time that it does not is to be looked at
  kSometimes,  // in a long campaign at least once
  kRarely,     // under conditions that the trigger does not name; never missed
};
inline constexpr std::uint64_t kTriggersWithoutDeviation = 20000;  // that are a long campaign

struct Deviation {
  model::Rule rule = model::Rule::kStat;
  std::vector<std::string> operations;  // by name; empty: any
  std::optional<Errno> error;           // for kPermit
  Where where = Where::kAny;
  std::string seen;  // how what was seen begins, for kRelax; empty: whatever it was
  Action action = Action::kRelax;
  Shows shows = Shows::kSometimes;
  std::vector<std::string> when;    // the subject's options that must be there
  std::vector<std::string> unless;  // and those that must not
  std::string source;               // document, code or issue
  std::string reason;
  std::string versions;  // of the subject, that were seen to deviate; empty: not said
};

struct Profile {
  std::string subject;                // by its kind; empty where the file does not say
  std::vector<std::string> features;  // in words for people: what the subject has
  std::vector<Deviation> deviations;  // those that apply to the subject with its options
};

// The profile of `kernel`, `kernel:index=on`, ...: empty for a subject without a file. A file that cannot be read is a
// defect of the build: the error is text for a person.
struct ProfileOrError {
  Profile profile;
  std::string error;
};
// A file of `files` whose `subject` it is, or that names none, stands for the shipped one.
ProfileOrError profile_of(std::string_view subject, const std::vector<std::string>& files = {});
// The same, from text, for tests; `options` as in kernel:OPTIONS, split at commas.
ProfileOrError parse_profile(std::string_view toml, const std::vector<std::string>& options);

}  // namespace ovlspec::oracle
