#include "oracle/runner.h"

#include "oracle/trace_words.h"

namespace ovlspec::oracle {
namespace {

class Run {
 public:
  Run(Subject& subject, const Trace& trace, const Profile& profile, const RunOptions& options)
      : subject_(subject), trace_(trace), options_(options), judge_(profile, options.after_violation) {}

  RunResult play() {
    result_.seen.resize(trace_.events.size());
    if (require(subject_.prepare(trace_))) {
      changed_ = true;
      for (std::size_t event = 0; event < trace_.events.size() && goes_on(); ++event) {
        event_ = event;
        judge_.at_event(event);
        std::visit(*this, trace_.events[event]);
      }
      if (goes_on()) (*this)(Unmount{});
      if (mounted_) (void)subject_.unmount();
    }
    result_.stopped = is_stopped();
    result_.finding = judge_.finding();
    result_.findings = judge_.findings();
    if (result_.finding) result_.verdict = Verdict::kViolation;
    result_.met = judge_.met();
    result_.deviations = judge_.deviations();
    result_.ideals = judge_.ideals();
    return std::move(result_);
  }

  void operator()(const Step& step) {
    if (!mounted_) return;
    const Caller& caller = trace_.callers[step.caller].caller;
    result_.seen[event_] = ask(caller, step.operation, false);
  }

  void operator()(const Mount&) {
    if (mounted_ || !adopt_changes()) return;
    const Attempt<Done> attempt = subject_.mount();
    mounted_ = attempt.ok();
    watch([](RunWatcher& watcher) { watcher.happened(Mount{}); });
    judged(judge_.mounted(mounted_ ? std::nullopt : std::optional(attempt.failure),
                          mounted_ ? subject_.walked_at_mount() : std::nullopt));
    // Every other mount meets handles before names.
    const bool is_cold = mounts_++ % 2 != 0;
    if (options_.walk_up_to == 0) {
      look([this] { open_handles(); });
      return;
    }
    look([&] {
      if (is_cold) handles();
      walk(is_cold ? WalkOrder::kLastFirst : WalkOrder::kFirstFirst);
      if (!is_cold) handles();
    });
  }

  void operator()(const Unmount&) { end(Ending::kUnmount); }
  void operator()(const Crash&) { end(Ending::kCrash); }

  void operator()(const DropCaches&) {
    if (!mounted_) return;
    subject_.drop_caches();
    watch([](RunWatcher& watcher) { watcher.happened(DropCaches{}); });
    // Before any name brings the objects back.
    look([this] { handles(); });
  }

  void operator()(const Mutate& mutate) {
    if (mounted_) return;
    const bool needs_layers = model::Continuity::needs_layers(mutate.mutation);
    const auto scan = [&] {
      return needs_layers ? subject_.scan() : Attempt<Scanned>{.value = Scanned{}, .failure = {}};
    };
    const Attempt<Scanned> before = scan();
    if (!require(before) || !require(subject_.mutate(mutate.mutation))) return;
    watch([&](RunWatcher& watcher) { watcher.happened(mutate); });
    const Attempt<Scanned> after = scan();
    if (!require(after)) return;
    judge_.changed(mutate.mutation, before.value->layers, after.value->layers);
    changed_ = true;
  }

 private:
  bool is_stopped() const { return options_.stop != nullptr && *options_.stop; }
  bool goes_on() const { return result_.verdict == Verdict::kFine && !result_.failure && !is_stopped(); }

  // Nothing where the subject has no such operation.
  std::optional<Outcome> ask(const Caller& caller, const Operation& operation, bool observed) {
    Outcome outcome = subject_.apply(caller, operation);
    if (subject_.declined()) {
      ++result_.declined[std::string(operation_word(operation))];
      return std::nullopt;
    }
    ++result_.operations;
    watch([&](RunWatcher& watcher) {
      watcher.answered(judge_, observed ? Asker::kWalk : Asker::kTrace, caller, operation, outcome);
    });
    if (outcome.ok() || !lost(&operation, observed)) judged(judge_.step(caller, operation, outcome, observed));
    return outcome;
  }

  // Whether what answered an error has died, or was killed because it did not answer.
  bool lost(const Operation* operation, bool observed) {
    const auto ailing = subject_.ailing();
    if (ailing) judged(judge_.lost(*ailing, operation, observed));
    return ailing.has_value();
  }

  // Of what the subject did wrong a violation, of all else a failure.
  template <typename T, typename Judging>
  bool require_or(const Attempt<T>& attempt, const Judging& judging) {
    if (attempt.ok() || attempt.failure.fault == Fault::kEnvironment) return require(attempt);
    judged(judging(attempt.failure));
    return false;
  }
  void judged(Verdict verdict) {
    result_.verdict = verdict;
    watch([this](RunWatcher& watcher) { watcher.judged(judge_); });
  }

  template <typename Telling>
  void watch(const Telling& telling) const {
    if (options_.watcher != nullptr) telling(*options_.watcher);
  }

  template <typename T>
  bool require(const Attempt<T>& attempt) {
    if (!attempt.ok()) result_.failure = attempt.failure;
    return attempt.ok();
  }

  // Layers that are new or were changed are read as they are now.
  bool adopt_changes() {
    if (!changed_) return true;
    const Attempt<Scanned> scanned = subject_.scan();
    if (!require(scanned)) return false;
    changed_ = false;
    watch([&](RunWatcher& watcher) { watcher.scanned(*scanned.value); });
    judged(judge_.layers_changed(scanned.value->layers));
    return goes_on();
  }

  void walk(WalkOrder order) {
    if (!goes_on() || !mounted_ || options_.walk_up_to == 0 || !is_small()) return;
    const Caller caller = superuser();
    for (const Operation& operation : judge_.walk(order)) {
      (void)ask(caller, operation, true);
      if (!goes_on()) return;
    }
  }

  // Whatever looks at the mount, and changes nothing.
  template <typename Looking>
  void look(const Looking& looking) {
    if (!goes_on() || !mounted_) return;
    const auto before = subject_.writes();
    looking();
    if (goes_on() && before) judged(judge_.walked(*subject_.writes() - *before));
  }

  // Of this mount and those before, and takes those of what has none.
  void handles() {
    open_handles();
    take_handles();
  }

  bool may_use_handles() const { return goes_on() && mounted_ && options_.open_handles && has_handles_ && is_small(); }

  void open_handles() {
    if (!may_use_handles()) return;
    for (std::size_t i = 0; i < judge_.handles().size() && goes_on(); ++i) {
      const ObjectHistory::Handle handle = judge_.handles()[i];
      const Result<HandleOpened> opened = subject_.open_handle(handle.bytes);
      ++result_.operations;
      watch([&](RunWatcher& watcher) { watcher.handle_opened(handle, opened); });
      if (opened || !lost(nullptr, true)) judged(judge_.handle_opened(handle, opened));
    }
  }

  void take_handles() {
    if (!may_use_handles()) return;
    for (const Judge::Named& named : judge_.without_handle()) {
      const Result<std::string> handle = subject_.take_handle(named.path);
      watch([&](RunWatcher& watcher) { watcher.handle_taken(named, handle); });
      if (handle) {
        judge_.handle_taken(named, *handle);
        continue;
      }
      if (lost(nullptr, true)) return;
      // A subject has handles of all objects, or of none.
      has_handles_ = handle.error() != Errno::kEOPNOTSUPP || !judge_.handles().empty();
      if (!has_handles_) return;
      judged(judge_.handle_refused(named, handle.error()));
      if (!goes_on()) return;
    }
  }

  bool is_small() const { return options_.walk_up_to == 0 || judge_.world().tree.inodes.size() <= options_.walk_up_to; }

  void end(Ending ending) {
    if (!mounted_) return;
    look([this] {
      walk(WalkOrder::kFirstFirst);
      options_.walk_up_to == 0 ? take_handles() : handles();
    });
    if (!goes_on()) return;
    watch(
        [&](RunWatcher& watcher) { watcher.happened(ending == Ending::kUnmount ? Event(Unmount{}) : Event(Crash{})); });
    const Attempt<Done> attempt = ending == Ending::kUnmount ? subject_.unmount() : subject_.crash();
    mounted_ = false;
    if (!require_or(attempt, [this](const Failure& failure) { return judge_.not_unmounted(failure); })) return;
    Attempt<Scanned> scanned = subject_.scan();
    // They could be read before.
    scanned.failure.fault = Fault::kSubject;
    if (!require_or(scanned, [this](const Failure& failure) { return judge_.unreadable(failure); })) return;
    watch([&](RunWatcher& watcher) { watcher.scanned(*scanned.value); });
    judged(judge_.ended(*scanned.value, ending));
    if (!goes_on() || !options_.compare_with_kernel) return;
    const auto view = subject_.kernel_view();
    if (!view) return;
    if (!require(*view)) return;
    watch([&](RunWatcher& watcher) { watcher.viewed(*view->value); });
    judged(judge_.kernel_view(*view->value));
  }

  Subject& subject_;
  const Trace& trace_;
  const RunOptions& options_;
  Judge judge_;
  RunResult result_;
  std::size_t event_ = 0;
  bool mounted_ = false;
  bool changed_ = false;
  bool has_handles_ = true;
  std::size_t mounts_ = 0;
};

}  // namespace

RunResult run(Subject& subject, const Trace& trace, const Profile& profile, const RunOptions& options) {
  return Run(subject, trace, profile, options).play();
}

}  // namespace ovlspec::oracle
