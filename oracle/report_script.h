// A reproducer as a list of small steps, which a shell script, a C program and a pytest file print each in its own way.
//
// Paths on disk are from an empty directory that nobody else uses: lower0, lower1, ... upper, work, mount. Paths of
// operations are from the mount's root, which is the process's root directory meanwhile.
#pragma once

#include <array>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "oracle/layer_format.h"
#include "oracle/mount_command.h"
#include "oracle/report_record.h"
#include "oracle/report_reproducer.h"

namespace ovlspec::oracle {

// How a subject is mounted by somebody who has nothing of ours.
struct SubjectMount {
  std::string subject;
  DiskFormat format = DiskFormat::kOverlay;
  std::optional<MountCommand> command;  // nothing: the kernel's overlay
  std::vector<std::string> options;     // the subject's own
};
struct SubjectMountOrWhy {
  std::optional<SubjectMount> mount;
  std::string why_not;
};
SubjectMountOrWhy mount_of(const std::string& subject);

// What is on disk before anything is mounted, or is put there between mounts. An inode as it lies there.
struct LayObject {
  std::string path;
  model::Inode inode;
};
struct LayLink {
  std::string from;
  std::string to;
};
struct LayTimes {  // of a directory, once all is in it
  std::string path;
  Time access;
  Time modify;
};
// `function(path)`, of the reproducers' own; with `other` a second path.
enum class DiskAction : std::uint8_t {
  kMakeDirectory,
  kMountTmpfs,
  kRemoveTree,
  kEmptyDirectory,
  kMoveTree,
  kLinkTree,
  kCopyTree,
  kCopyTreeWithoutAttributes,
  kModeAs,
};
struct OnDisk {
  DiskAction action = DiskAction::kMakeDirectory;
  std::string path;
  std::string other;
};
struct DiskMode {
  std::string path;
  Mode mode = 0;
};
struct DiskContent {
  std::string path;
  std::string content;
};
struct MountOverlay {
  std::string at;
  std::string options;
};
struct MountProgramAt {
  std::string at;
  std::vector<std::string> words;
};
struct UnmountAt {
  std::string at;
};
struct KillServer {
  std::string at;
};
struct DropCachesNow {};
struct Pause {};                                       // longer than what a mount caches for a second
enum class Inside : std::uint8_t { kMount, kLayers };  // what paths are from
// Whose words a shell script has: its own, or those of xfstests.
enum class Dialect : std::uint8_t { kPlain, kXfstests };
struct Operate {
  Inside inside = Inside::kMount;
  Caller caller;
  Operation operation;
  Errno error = Errno::kOk;  // that it answered
};
struct TakeHandle {
  std::string path;
};
struct OpenHandle {
  std::size_t taken = 0;  // the answer that took it
};
struct Orphans {
  std::string path;
};

using Doing = std::variant<LayObject, LayLink, LayTimes, OnDisk, DiskMode, DiskContent, MountOverlay, MountProgramAt,
                           UnmountAt, KillServer, DropCachesNow, Pause, Operate, TakeHandle, OpenHandle, Orphans>;

struct ScriptStep {
  Doing action;
  std::size_t answer = 0;           // a number by which what it shows is known later; 0: nothing of it is asked for
  std::string comment;              // of the trace, before it
  bool is_optional = false;         // the violation may show without it
  std::vector<std::string> within;  // paths that lead to directories, and not by symlinks; else nothing of it is done
};

// Which of the claims tell that the violation is there.
enum class Holding : std::uint8_t { kAll, kAny };

struct Script {
  std::vector<std::string> header;  // lines about what breaks which rule
  std::vector<ScriptStep> steps;
  std::vector<Claim> claims;  // a value's moment is an answer's number
  Holding holding = Holding::kAll;
  std::string permitted;  // in words
};

// What is played again: what the violation needs alone, or every look of the judge and every time of the layers.
enum class Detail : std::uint8_t {
  kNeeded,
  kLooks,
  kPauses,   // before what is needed
  kHandles,  // all that the judge took, too
};
inline constexpr std::array kDetails = {Detail::kNeeded, Detail::kLooks, Detail::kPauses, Detail::kHandles};

struct ScriptOrWhy {
  std::optional<Script> script;
  std::string why_not;
};
// REQUIRES: evidence.is_found().
ScriptOrWhy script_of(const Trace& trace, const Evidence& evidence, const SubjectMount& mount, Detail detail);

// The texts of a reproducer; a reason where this language cannot express it.
struct TextOrWhy {
  std::string text;
  std::string why_not;
};
TextOrWhy shell_text(const Script& script);
// The steps, after each of which a claim that holds is told as a line of output; and the functions that they need.
TextOrWhy xfstests_steps(const Script& script);
TextOrWhy c_text(const Script& script);
TextOrWhy python_text(const Script& script);
// The program of this language.
TextOrWhy text_in(Language language, const Script& script);

// What the claims compare, in words of people: "st_ino of: stat b".
std::string words_of(const Script& script, const Value& value);
std::string_view word_of(Relation relation);  // the function that tells it
// All values that claims compare, each once; and the answers that have them or are used by a later step.
std::vector<Value> values_of(const Script& script);
std::set<std::size_t> answers_used(const Script& script);

}  // namespace ovlspec::oracle
