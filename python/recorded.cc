#include "python/recorded.h"

#include <variant>

#include "model/diff.h"

namespace ovlspec::python {
namespace {

using namespace oracle;  // NOLINT(google-build-using-namespace): the event types of traces

class Recording {
 public:
  Recording(const Trace& trace, const Profile& profile) : trace_(trace), judge_(profile) {
    for (const LayerImage& lower : trace.lowers) layers_.lowers.push_back(lower.layer);
    if (trace.upper) layers_.upper = trace.upper->layer;
  }

  RunResult play() {
    result_.seen = trace_.seen;
    result_.seen.resize(trace_.events.size());
    for (event_ = 0; event_ < trace_.events.size() && result_.verdict == Verdict::kFine; ++event_) {
      judge_.at_event(event_);
      std::visit(*this, trace_.events[event_]);
    }
    result_.finding = judge_.finding();
    result_.met = judge_.met();
    result_.deviations = judge_.deviations();
    return std::move(result_);
  }

  void operator()(const Step& step) {
    if (!mounted_) return;
    const Caller& caller = trace_.callers[step.caller].caller;
    result_.verdict = judge_.step(caller, step.operation, *result_.seen[event_]);
    ++result_.operations;
  }

  void operator()(const Mount&) {
    if (mounted_) return;
    if (changed_) result_.verdict = judge_.layers_changed(layers_);
    if (result_.verdict != Verdict::kFine) return;
    changed_ = false;
    mounted_ = true;
    result_.verdict = judge_.mounted(std::nullopt);
  }

  void operator()(const Unmount&) { end(Ending::kUnmount); }
  void operator()(const Crash&) { end(Ending::kCrash); }
  void operator()(const DropCaches&) {}

  void operator()(const Mutate& mutate) {
    if (mounted_) return;
    layers_ = model::mutate(std::move(layers_), mutate.mutation);
    changed_ = true;
  }

 private:
  void end(Ending ending) {
    if (!mounted_) return;
    mounted_ = false;
    if (layers_.upper) layers_.upper = model::diff(judge_.world().tree, layers_.lowers);
    result_.verdict = judge_.ended(Scanned{.layers = layers_, .leftovers = {}}, ending);
  }

  const Trace& trace_;
  Judge judge_;
  model::Layers layers_;
  RunResult result_;
  std::size_t event_ = 0;
  bool mounted_ = false;
  bool changed_ = true;
};

}  // namespace

std::optional<std::string> missing_answers(const Trace& trace) {
  bool mounted = false;
  for (std::size_t i = 0; i < trace.events.size(); ++i) {
    const Event& event = trace.events[i];
    if (std::holds_alternative<Mount>(event)) mounted = true;
    if (std::holds_alternative<Unmount>(event) || std::holds_alternative<Crash>(event)) mounted = false;
    const bool asked = mounted && std::holds_alternative<Step>(event);
    if (asked && (i >= trace.seen.size() || !trace.seen[i])) return "nothing was seen at event " + std::to_string(i);
  }
  return std::nullopt;
}

RunResult judge_recorded(const Trace& trace, const Profile& profile) { return Recording(trace, profile).play(); }

}  // namespace ovlspec::python
