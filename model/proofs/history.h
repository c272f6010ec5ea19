// Counterexamples: the shortest history in which a system breaks a guarantee, found by the solver among all histories
// of a few events over a fixed small stack, and printed as a trace.
//
// The systems are those that the specification answers (model/proofs/systems.cc): numbers from tables, in memory or on
// disk; the real inode numbers; and the kernel's overlayfs by its own rules (kernel_numbers.h).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ovlspec::proofs {

// Lower 0 has the file `a` and the directory `d`, lower 1, on another file system, the directory `b`.
enum class HistoryEvent : std::uint8_t {
  kNone,
  kStatA,
  kStatB,
  kStatD,
  kListA,         // the root is listed: `a` has a d_ino
  kCopyUpA,       // chmod
  kEvict,         // caches are dropped
  kRemount,       // unmount and mount
  kCrash,         // the system dies, and is mounted again
  kReplaceA,      // a remount; `a` was removed from lower 0, and `c` made there with the inode that was freed
  kRemoveOrigin,  // a remount; `a` was removed from lower 0 after it was copied up
  kAddLower,      // a remount with another layer on top, of a third file system
};
inline constexpr std::size_t kHistoryEvents = 12;

struct Counterexample {
  std::string system;   // "volatile"
  std::string subject;  // that shows it where it is played; none: it is no system that can be mounted
  std::string rule;     // "ID-5"
  std::vector<HistoryEvent> events;
  std::vector<std::uint64_t> numbers;  // what each event showed; 0 where it shows none
  // As a trace in the text encoding, with the numbers as comments.
  std::string trace() const;
};

inline constexpr std::size_t kHistoryLength = 5;  // events at most

struct SystemRule {
  std::string system;
  std::string rule;
};

struct HistoryFindings {
  std::vector<Counterexample> broken;  // of every system and guarantee that it breaks, the shortest
  std::vector<SystemRule> kept;        // no history of kHistoryLength events breaks it
  std::vector<SystemRule> undecided;   // the solver did not answer
};
// REQUIRES: no session in this thread.
HistoryFindings search_histories();

}  // namespace ovlspec::proofs
