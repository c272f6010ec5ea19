// The judge, told by Python or by a run.
#include <pybind11/functional.h>
#include <pybind11/stl.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "oracle/runner.h"
#include "oracle/shrink.h"
#include "oracle/trace_text.h"
#include "python/bindings.h"
#include "python/convert.h"
#include "python/errors.h"
#include "python/judge_handle.h"
#include "python/operations.h"
#include "python/recorded.h"
#include "python/subject_handle.h"

namespace ovlspec::python {
namespace {

using oracle::Finding;
using oracle::Trace;
using oracle::Verdict;

std::string text_of(const Finding& finding) {
  const model::RuleText& rule = model::text_of(finding.rule);
  const std::string asked = finding.operation ? oracle::operation_text(*finding.operation) : "the layers, or the mount";
  return std::string(rule.id) + " at event " + std::to_string(finding.event) + ", " + asked + ": " + finding.what +
         " (" + std::string(rule.sentence) + ")";
}

std::vector<std::string> ids_of(const model::RuleSet& rules) {
  std::vector<std::string> ids;
  for (std::size_t i = 0; i < model::kRuleCount; ++i)
    if (rules.test(i)) ids.emplace_back(model::kRules[i].id);
  return ids;
}

std::map<std::string, std::uint64_t> counts_of(const std::map<const oracle::Deviation*, std::uint64_t>& deviations) {
  std::map<std::string, std::uint64_t> counts;
  for (const auto& [deviation, count] : deviations)
    counts[std::string(model::text_of(deviation->rule).id) + ": " + deviation->reason] += count;
  return counts;
}

std::optional<std::string> operation_line(const Finding& finding) {
  if (!finding.operation) return std::nullopt;
  return oracle::operation_text(*finding.operation);
}

void bind_finding(py::module_& module) {
  py::enum_<Verdict>(module, "Verdict", "How a case goes on after something was judged.")
      .value("fine", Verdict::kFine, "what was seen is permitted, or a known deviation")
      .value("violation", Verdict::kViolation, "no rule permits it; nothing more can be judged")
      .value("unjudged", Verdict::kUnjudged, "a known deviation after which nothing more can be judged");
  py::class_<Finding>(module, "Finding", "An outcome, a number or a layer that no rule permits.")
      .def_property_readonly(
          "rule", [](const Finding& finding) { return model::text_of(finding.rule); }, "Rule")
      .def_readonly("event", &Finding::event, "int: index into the trace's events")
      .def_property_readonly("operation", &operation_line, "str: what was asked; None where it was no operation")
      .def_readonly("observed", &Finding::observed, "bool: seen in the judge's own walk through the tree")
      .def_readonly("what", &Finding::what, "str: what was seen, and what is permitted")
      .def("__str__", &text_of)
      .def("__repr__", [](const Finding& finding) { return "<Finding " + text_of(finding) + ">"; });
}

// What a run led to; a value that refers to nothing.
struct Result {
  Verdict verdict = Verdict::kFine;
  std::optional<Finding> finding;
  std::optional<std::string> failure;
  std::vector<std::string> met;
  std::map<std::string, std::uint64_t> deviations;
  std::uint64_t operations = 0;
  Trace trace;

  bool conforms() const { return verdict != Verdict::kViolation && !failure; }
};

Result result_of(oracle::RunResult run, const Trace& trace, const std::string& subject) {
  Result result{.verdict = run.verdict,
                .finding = std::move(run.finding),
                .failure = std::nullopt,
                .met = ids_of(run.met),
                .deviations = counts_of(run.deviations),
                .operations = run.operations,
                .trace = trace};
  if (run.failure) result.failure = run.failure->what;
  result.trace.subject = subject;
  result.trace.seen = std::move(run.seen);
  return result;
}

struct RunArguments {
  std::size_t walk_up_to = 2000;
  bool compare_with_kernel = false;
  std::optional<std::string> profile;
};

Result run_on(SubjectHandle& subject, const Trace& trace, const RunArguments& arguments) {
  if (subject.mounted()) throw py::value_error(subject.name() + " is mounted");
  const oracle::Profile profile = profile_called(arguments.profile.value_or(subject.name()));
  const oracle::RunOptions options{.walk_up_to = arguments.walk_up_to,
                                   .compare_with_kernel = arguments.compare_with_kernel};
  const auto play = [&](oracle::Subject& played) { return oracle::run(played, trace, profile, options); };
  return result_of(subject.with(play), trace, subject.name());
}

Result run(const py::object& subject, const Trace& trace, std::size_t walk_up_to, bool compare_with_kernel,
           std::optional<std::string> profile) {
  const RunArguments arguments{
      .walk_up_to = walk_up_to, .compare_with_kernel = compare_with_kernel, .profile = std::move(profile)};
  if (!py::isinstance<py::str>(subject)) return run_on(subject.cast<SubjectHandle&>(), trace, arguments);
  SubjectHandle made(subject.cast<std::string>());
  return run_on(made, trace, arguments);
}

Result judge(const Trace& trace, const std::string& profile_name) {
  if (const auto missing = missing_answers(trace)) throw py::value_error(*missing);
  const oracle::Profile profile = profile_called(profile_name);
  return result_of(judge_recorded(trace, profile), trace, trace.subject);
}

Trace shrink(const Trace& trace, const std::function<bool(const Trace&)>& holds, std::uint64_t attempts,
             double seconds) {
  if (!holds(trace)) throw py::value_error("it does not hold of the trace itself");
  return oracle::shrink(trace, holds, oracle::ShrinkLimits{.attempts = attempts, .seconds = seconds});
}

void bind_runs(py::module_& module) {
  py::class_<Result>(module, "Result", "What a run, or a recording, led to.")
      .def_property_readonly("conforms", &Result::conforms, "bool: no violation, and the subject could be run")
      .def_readonly("verdict", &Result::verdict, "Verdict; means nothing where there is a failure")
      .def_readonly("finding", &Result::finding, "Finding; None without a violation")
      .def_readonly("failure", &Result::failure, "str: why the subject could not be run; None where it could")
      .def_readonly("met", &Result::met, "list[str]: ids of the rules whose outcome was seen and judged")
      .def_readonly("deviations", &Result::deviations, "dict[str, int]: known deviations, and how often they were met")
      .def_readonly("operations", &Result::operations, "int: operations judged, those of the judge's walks included")
      .def_readonly("trace", &Result::trace, "Trace: what was played, with what was seen");
  module.def(
      "run", &run, py::arg("subject"), py::arg("trace"), py::kw_only(), py::arg("walk_up_to") = 2000,
      py::arg("compare_with_kernel") = false, py::arg("profile") = py::none(),
      "Plays a trace on a Subject, or a new one by its name, and judges every step. The Subject is unmounted after.\n\n"
      "walk_up_to: objects up to which the whole tree is looked at after each mount and before each unmount, 0:\n"
      "never. compare_with_kernel: the kernel mounts the layers after each unmount, where it can, and must see the\n"
      "same tree. profile: the subject whose known deviations count, by default this one, '' for none. ValueError,\n"
      "Failure where the subject cannot be made here.");
  module.def(
      "judge", &judge, py::arg("trace"), py::arg("profile") = "",
      "Judges a recording by trace.seen, without a subject: a Result. Mounts are taken to succeed, and the layers\n"
      "after a mount to be what the operations should have led to. ValueError where an answer is missing.");
  module.def(
      "shrink", &shrink, py::arg("trace"), py::arg("holds"), py::kw_only(), py::arg("attempts") = 2000,
      py::arg("seconds") = 30.0,
      "The smallest Trace found of which `holds`, a function from Trace to bool, says True. attempts: calls at most;\n"
      "seconds: time at most. ValueError where it does not hold of the trace itself.");
}

std::optional<oracle::Failure> failure_of(const py::object& failure) {
  if (failure.is_none()) return std::nullopt;
  return oracle::Failure{.error = Errno::kEIO, .what = py::str(failure)};
}

void bind_judge(py::module_& module) {
  py::class_<JudgeHandle>(
      module, "Judge",
      "The pure judge, for a harness that operates itself: told what was done and seen, it says "
      "what no rule permits.\n\n"
      "layers_changed, then mounted, step by step, ended; then again, with changed and layers_changed where "
      "they were. Calls out of\n"
      "order, or after a violation, are ValueError.")
      .def(py::init<const std::string&>(), py::arg("profile") = "",
           "profile: the subject whose known deviations count, '' for none.")
      .def("layers_changed", &JudgeHandle::layers_changed, py::arg("layers"),
           "The Verdict on Layers as scanned, new or changed since the last mount: fine, or unjudged where the "
           "specification\n"
           "does not say yet what the stack means.")
      .def(
          "changed",
          [](JudgeHandle& j, const std::string& lines, const model::Layers& before, const model::Layers& after) {
            j.changed(mutation_of(lines), before, after);
          },
          py::arg("mutation"), py::arg("before") = model::Layers{}, py::arg("after") = model::Layers{},
          "What was done to the layers, before layers_changed is told what came of it: which objects continue depends "
          "on it.\n"
          "mutation: as Subject.mutate takes it; before, after: the Layers as scanned on both sides, for a copy within "
          "a layer or\n"
          "of a whole one; of other mutations they mean nothing. TraceError.")
      .def(
          "mounted", [](JudgeHandle& j, const py::object& failure) { return j.mounted(failure_of(failure)); },
          py::arg("failure") = py::none(),
          "The Verdict on a mount; failure: why it was refused, a str or an exception.")
      .def(
          "step",
          [](JudgeHandle& j, const std::string& operation, const Outcome& outcome,
             const std::optional<Caller>& caller) {
            return j.step(caller ? *caller : superuser(), operation_of(operation), outcome);
          },
          py::arg("operation"), py::arg("outcome"), py::arg("caller") = py::none(),
          "The Verdict on an operation's Outcome; without a Caller it was root's. TraceError.")
      .def(
          "ended", [](JudgeHandle& j, const oracle::Scanned& s) { return j.ended(s, oracle::Ending::kUnmount); },
          py::arg("scanned"), "The Verdict on the Scanned layers after an unmount.")
      .def(
          "crashed", [](JudgeHandle& j, const oracle::Scanned& s) { return j.ended(s, oracle::Ending::kCrash); },
          py::arg("scanned"), "The same after the daemon was killed: leftovers are permitted.")
      .def("kernel_view", &JudgeHandle::kernel_view, py::arg("tree"),
           "The Verdict on the Tree that the kernel shows of the layers after a mount ended.")
      .def(
          "walk",
          [](const JudgeHandle& j) {
            std::vector<std::string> lines;
            for (const Operation& operation : j.walk()) lines.push_back(oracle::operation_text(operation));
            return lines;
          },
          "list[str]: operations that look at everything the tree holds; empty while not mounted.")
      .def_property_readonly("tree", &JudgeHandle::tree, py::return_value_policy::copy, "Tree: what should be there")
      .def_property_readonly(
          "finding", [](const JudgeHandle& j) { return j.judge().finding(); }, "Finding; None without a violation")
      .def_property_readonly(
          "met", [](const JudgeHandle& j) { return ids_of(j.judge().met()); },
          "list[str]: ids of the rules whose outcome was seen and judged");
}

}  // namespace

void bind_judging(py::module_& module) {
  bind_finding(module);
  bind_judge(module);
  bind_runs(module);
}

}  // namespace ovlspec::python
