#include "oracle/explain.h"

#include <fmt/format.h>

#include "model/describe.h"
#include "model/merge.h"
#include "model/step.h"
#include "oracle/cases.h"
#include "oracle/report.h"
#include "oracle/trace_file.h"
#include "oracle/trace_text.h"

namespace ovlspec::oracle {
namespace {

void print_rule(const model::RuleText& rule) {
  fmt::print("{}: {}\n  source: {}\n", rule.id, rule.sentence, rule.source);
  if (rule.judged == model::Judged::kNotYet) fmt::print("  not judged yet\n");
}

void print_tree(const model::Tree& tree, model::ObjectId directory, const std::string& path) {
  for (const model::Entry& entry : tree[directory].entries) {
    const model::Inode& inode = tree[entry.object];
    const std::string child = path + entry.name;
    fmt::print("    {} {} {} {}:{} {}\n", model::describe(inode.type), model::quoted(child), model::octal(inode.mode),
               inode.uid, inode.gid, inode.is(FileType::kDirectory) ? "" : model::quoted(inode.content.data()));
    if (inode.is(FileType::kDirectory)) print_tree(tree, entry.object, child + "/");
  }
}

// Plays a trace on the model alone: each operation succeeds where it may.
class Explanation {
 public:
  explicit Explanation(const Trace& trace) : trace_(trace) {
    for (const LayerImage& lower : trace.lowers) layers_.lowers.push_back(lower.layer);
    if (trace.upper) layers_.upper = trace.upper->layer;
  }

  void run() {
    for (const Event& event : trace_.events) {
      fmt::print("{}\n", event_text(event, trace_.callers));
      std::visit(*this, event);
    }
  }

  void operator()(const Step& step) {
    if (!mounted_) return fmt::print("  nothing is mounted\n");
    const Caller& caller = trace_.callers[step.caller].caller;
    const model::Plan plan = check(world_, caller, step.operation);
    fmt::print("  permitted: {}{}\n", plan.success() ? "success " : "",
               plan.success() ? text_of(plan.rule()).id : std::string_view{});
    for (std::size_t i = 0; i < plan.errors(); ++i)
      fmt::print("  permitted: {} {}: {}\n", errno_name(plan.error(i).error), text_of(plan.error(i).rule).id,
                 text_of(plan.error(i).rule).sentence);
    if (plan.success()) apply(world_, caller, step.operation, plan, Outcome::success());
  }
  void operator()(const Mount&) {
    if (mounted_) return;
    mounted_ = true;
    if (!changed_) return;
    changed_ = false;
    world_ = model::World{};
    world_.tree = merge(layers_).tree;
    world_.writable = layers_.upper ? model::Writable::kYes : model::Writable::kNo;
    fmt::print("  the tree:\n");
    print_tree(world_.tree, model::kRoot, "");
  }
  void operator()(const Unmount&) { mounted_ = false; }
  void operator()(const Crash&) { mounted_ = false; }
  void operator()(const DropCaches&) {}
  void operator()(const Mutate& mutate) {
    if (mounted_) return;
    if (!changed_) {
      fmt::print("  what an implementation left in the upper decides the rest: use replay\n");
      changed_ = true;
    }
    layers_ = model::mutate(std::move(layers_), mutate.mutation);
  }

 private:
  const Trace& trace_;
  model::Layers layers_;
  model::World world_;
  bool mounted_ = false;
  bool changed_ = true;
};

}  // namespace

ExitStatus explain(const std::string& rule_or_trace) {
  if (const auto rule = model::rule_from_id(rule_or_trace)) {
    print_rule(text_of(*rule));
    return ExitStatus::kConforms;
  }
  const TraceOrError loaded = load_trace(rule_or_trace);
  if (!loaded.ok()) {
    fmt::print(stderr, "ovlspec: {}: no rule, and no trace: {}\n", rule_or_trace, loaded.error.describe());
    return ExitStatus::kUsage;
  }
  Explanation(*loaded.trace).run();
  return ExitStatus::kConforms;
}

ExitStatus print_rules(bool coverage) {
  if (!coverage) {
    fmt::print("{}", rules_text(nullptr));
    return ExitStatus::kConforms;
  }
  constexpr std::uint64_t kCases = 2000;
  const SubjectOrError made = make_subject("engine");
  const CasesOrError cases = cases_of(CheckOptions{});
  model::RuleSet met;
  const Profile profile;
  for (std::uint64_t number = 0; number < kCases; ++number)
    met |= run(*made.subject, cases.cases->make(number), profile, RunOptions{}).met;
  fmt::print("{}{} of {} rules met in {} cases on the engine\n", rules_text(&met), met.count(), model::kRuleCount,
             kCases);
  return ExitStatus::kConforms;
}

}  // namespace ovlspec::oracle
