// A trace: layer images, mount options, callers, and what happens, in order. It replays from its images, never from a
// scan. Three encodings (text, JSON lines, binary) say the same; oracle/trace_*.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "model/layer.h"
#include "model/mutation.h"
#include "model/vocabulary/caller.h"
#include "model/vocabulary/operation.h"
#include "model/vocabulary/outcome.h"

namespace ovlspec::oracle {

// A layer as it is made before the first mount. Equal places: one file system; at most kPlaces of them.
struct LayerImage {
  model::Layer layer;  // backings are empty
  std::uint8_t place = 0;
};
inline constexpr std::uint8_t kPlaces = 8;

struct NamedCaller {
  std::string name;  // a word
  Caller caller;
  bool operator==(const NamedCaller&) const = default;
};

// Events. A trace starts unmounted. An event that does not fit (an operation while unmounted, a mutation while mounted,
// mount while mounted) does nothing, so that shrinking may take any event away.
struct Step {
  std::uint8_t caller = 0;
  Operation operation;
  bool operator==(const Step&) const = default;
};
struct Mount {
  bool operator==(const Mount&) const = default;
};
struct Unmount {
  bool operator==(const Unmount&) const = default;
};  // open slots are closed first
struct DropCaches {
  bool operator==(const DropCaches&) const = default;
};
struct Crash {
  bool operator==(const Crash&) const = default;
};  // the daemon is killed; then as Unmount
struct Mutate {
  model::Mutation mutation;
  bool operator==(const Mutate&) const = default;
};
using Event = std::variant<Step, Mount, Unmount, DropCaches, Crash, Mutate>;

struct Trace {
  std::vector<LayerImage> lowers;    // topmost first; at least one
  std::optional<LayerImage> upper;   // nothing: a read-only stack
  std::vector<std::string> options;  // mount options for every mount, beside the subject's own
  std::vector<NamedCaller> callers;  // Step::caller indexes it; [0] is always `root`
  std::vector<Event> events;
  // What a subject answered, by event; empty where nothing was recorded.
  std::string subject;
  std::vector<std::optional<Outcome>> seen;
};

}  // namespace ovlspec::oracle
