#include "oracle/shrink.h"

#include <algorithm>
#include <chrono>

#include "model/layer_edit.h"
#include "oracle/shrink_values.h"

namespace ovlspec::oracle {
namespace {

class Shrinker {
 public:
  Shrinker(Trace trace, const std::function<bool(const Trace&)>& holds, const ShrinkLimits& limits)
      : best_(std::move(trace)), holds_(holds), limits_(limits), start_(Clock::now()) {
    best_.subject.clear();
    best_.seen.clear();
  }

  Trace run() {
    without_dropped_caches();
    for (bool smaller = true; smaller && within_limits();) {
      smaller = events();
      smaller = layers() || smaller;
      smaller = entries() || smaller;
      smaller = options() || smaller;
      smaller = simpler_events() || smaller;
      // Last, for the sake of people alone.
      if (!smaller) smaller = simpler_values() || callers();
    }
    return std::move(best_);
  }

 private:
  using Clock = std::chrono::steady_clock;

  bool within_limits() const {
    return attempts_ < limits_.attempts &&
           std::chrono::duration<double>(Clock::now() - start_).count() < limits_.seconds;
  }

  bool accept(Trace candidate) {
    if (!within_limits()) return false;
    ++attempts_;
    if (!holds_(candidate)) return false;
    best_ = std::move(candidate);
    return true;
  }

  // They take longest, and are seldom needed.
  void without_dropped_caches() {
    Trace candidate = best_;
    const auto is_drop = [](const Event& event) { return std::holds_alternative<DropCaches>(event); };
    if (std::erase_if(candidate.events, is_drop) > 0) accept(std::move(candidate));
  }

  // Runs of events, from half of all down to single ones.
  bool events() {
    bool smaller = false;
    for (std::size_t length = std::max<std::size_t>(best_.events.size() / 2, 1); length > 0; length /= 2) {
      for (std::size_t begin = best_.events.size(); begin > 0 && within_limits();) {
        begin = begin > length ? begin - length : 0;
        Trace candidate = best_;
        const auto first = candidate.events.begin() + static_cast<std::ptrdiff_t>(begin);
        const auto count = std::min(length, candidate.events.size() - begin);
        candidate.events.erase(first, first + static_cast<std::ptrdiff_t>(count));
        smaller = accept(std::move(candidate)) || smaller;
        begin = std::min(begin, best_.events.size());
      }
    }
    return smaller;
  }

  bool layers() {
    bool smaller = false;
    for (std::size_t i = best_.lowers.size(); i > 0 && best_.lowers.size() > 1; --i) {
      Trace candidate = best_;
      candidate.lowers.erase(candidate.lowers.begin() + static_cast<std::ptrdiff_t>(i - 1));
      smaller = accept(std::move(candidate)) || smaller;
    }
    if (best_.upper) {
      Trace candidate = best_;
      candidate.upper.reset();
      smaller = accept(std::move(candidate)) || smaller;
    }
    Trace candidate = best_;
    for (LayerImage& lower : candidate.lowers) lower.place = 0;
    if (candidate.upper) candidate.upper->place = 0;
    const bool spread = best_.upper && best_.upper->place != 0;
    if (spread || std::any_of(best_.lowers.begin(), best_.lowers.end(), [](const auto& l) { return l.place != 0; }))
      smaller = accept(std::move(candidate)) || smaller;
    return smaller;
  }

  LayerImage& image(Trace& trace, std::size_t index) const {
    return index < trace.lowers.size() ? trace.lowers[index] : *trace.upper;
  }

  bool entries() {
    bool smaller = false;
    const std::size_t count = best_.lowers.size() + (best_.upper ? 1 : 0);
    for (std::size_t layer = 0; layer < count; ++layer) smaller = halves(layer, names(layer)) || smaller;
    return smaller;
  }

  // Every path of a layer, deepest last.
  std::vector<std::string> names(std::size_t layer) {
    std::vector<std::string> paths;
    collect(image(best_, layer).layer.tree, model::kRoot, "", paths);
    return paths;
  }

  static void collect(const model::Tree& tree, model::ObjectId directory, const std::string& prefix,
                      std::vector<std::string>& paths) {
    for (const model::Entry& entry : tree[directory].entries) {
      paths.push_back(prefix + entry.name);
      if (tree[entry.object].is(FileType::kDirectory)) collect(tree, entry.object, prefix + entry.name + "/", paths);
    }
  }

  bool halves(std::size_t layer, const std::vector<std::string>& paths) {
    bool smaller = false;
    for (std::size_t length = std::max<std::size_t>(paths.size() / 2, 1); length > 0; length /= 2) {
      for (std::size_t begin = 0; begin < paths.size() && within_limits(); begin += length) {
        Trace candidate = best_;
        model::Layer& edited = image(candidate, layer).layer;
        bool edits = false;
        for (std::size_t i = begin; i < std::min(begin + length, paths.size()); ++i)
          edits = remove(edited, paths[i]) == model::Edit::kDone || edits;
        if (!edits) continue;
        edited = fresh_copy(edited);
        smaller = accept(std::move(candidate)) || smaller;
      }
    }
    return smaller;
  }

  bool options() {
    bool smaller = false;
    for (std::size_t i = best_.options.size(); i > 0; --i) {
      Trace candidate = best_;
      candidate.options.erase(candidate.options.begin() + static_cast<std::ptrdiff_t>(i - 1));
      smaller = accept(std::move(candidate)) || smaller;
    }
    return smaller;
  }

  // The caller becomes root.
  bool simpler_events() {
    bool smaller = false;
    for (std::size_t i = 0; i < best_.events.size(); ++i) {
      const Step* step = std::get_if<Step>(&best_.events[i]);
      if (step == nullptr || step->caller == 0) continue;
      Trace candidate = best_;
      std::get<Step>(candidate.events[i]).caller = 0;
      smaller = accept(std::move(candidate)) || smaller;
    }
    return smaller;
  }

  // Of all objects of a layer at once, else of one after the other.
  bool simpler_values() {
    bool smaller = false;
    const std::size_t count = best_.lowers.size() + (best_.upper ? 1 : 0);
    for (std::size_t layer = 0; layer < count; ++layer)
      for (const Simplification simplify : kSimplifications) {
        Trace candidate = best_;
        bool any = false;
        for (model::Inode& inode : image(candidate, layer).layer.tree.inodes) any = simplify(inode) || any;
        if (!any) continue;
        const bool all = accept(std::move(candidate));
        smaller = all || smaller;
        if (!all) smaller = simpler_objects(layer, simplify) || smaller;
      }
    return smaller;
  }

  bool simpler_objects(std::size_t layer, Simplification simplify) {
    bool smaller = false;
    for (std::size_t id = 0; id < image(best_, layer).layer.tree.inodes.size(); ++id) {
      Trace candidate = best_;
      if (simplify(image(candidate, layer).layer.tree.inodes[id])) smaller = accept(std::move(candidate)) || smaller;
    }
    return smaller;
  }

  // Those that do nothing.
  bool callers() {
    bool smaller = false;
    for (std::size_t caller = best_.callers.size(); caller-- > 1;) {
      Trace candidate = best_;
      bool used = false;
      for (Event& event : candidate.events)
        if (Step* step = std::get_if<Step>(&event)) {
          used = used || step->caller == caller;
          if (step->caller > caller) --step->caller;
        }
      candidate.callers.erase(candidate.callers.begin() + static_cast<std::ptrdiff_t>(caller));
      if (!used) smaller = accept(std::move(candidate)) || smaller;
    }
    return smaller;
  }

  Trace best_;
  const std::function<bool(const Trace&)>& holds_;
  const ShrinkLimits limits_;
  const Clock::time_point start_;
  std::uint64_t attempts_ = 0;
};

}  // namespace

Trace shrink(Trace trace, const std::function<bool(const Trace&)>& holds, const ShrinkLimits& limits) {
  return Shrinker(std::move(trace), holds, limits).run();
}

}  // namespace ovlspec::oracle
