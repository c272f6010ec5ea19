#include "oracle/check.h"

#include <pybind11/stl.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "python/bindings.h"
#include "python/convert.h"
#include "python/worker.h"

namespace ovlspec::python {
namespace {

using oracle::CheckOptions;
using oracle::ExitStatus;

// Python's own buffer goes out first, so that lines come in order.
void flush() { py::module_::import("sys").attr("stdout").attr("flush")(); }

ExitStatus run_check(const CheckOptions& options) {
  flush();
  Worker worker;
  return worker.run([&] { return oracle::check(options); });
}

CheckOptions options_of(const py::kwargs& arguments) {
  CheckOptions options;
  for (const auto& [key, value] : arguments) {
    const auto name = key.cast<std::string>();
    if (name == "subjects")
      options.subjects = value.cast<std::vector<std::string>>();
    else if (name == "gates")
      options.gates = value.cast<std::vector<std::string>>();
    else if (name == "seed")
      options.seed = value.cast<std::uint64_t>();
    else if (name == "cases")
      options.cases = value.cast<std::uint64_t>();
    else if (name == "seconds")
      options.seconds = value.cast<double>();
    else if (name == "layers")
      for (const py::handle path : value) options.layers.push_back(name_of(path));
    else if (name == "traces")
      options.traces = name_of(value);
    else if (name == "operations")
      options.operations = value.cast<std::uint32_t>();
    else if (name == "out")
      options.out = name_of(value);
    else
      throw py::type_error("unknown argument `" + name + "`");
  }
  if (options.subjects.empty()) options.subjects = {"engine"};
  if (!options.cases && !options.seconds && options.traces.empty())
    throw py::value_error("cases or seconds must be given");
  return options;
}

}  // namespace

void bind_check(py::module_& module) {
  py::enum_<ExitStatus>(module, "ExitStatus", py::arithmetic(), "How a campaign ended; the values are exit statuses.")
      .value("conforms", ExitStatus::kConforms)
      .value("violation", ExitStatus::kViolation)
      .value("usage", ExitStatus::kUsage)
      .value("inconclusive", ExitStatus::kInconclusive)
      .value("environment", ExitStatus::kEnvironment);
  module.def(
      "check", [](const py::kwargs& arguments) { return run_check(options_of(arguments)); },
      "Runs a campaign as `ovlspec check` does: an ExitStatus. Progress goes to standard error, the report to\n"
      "standard output.\n\n"
      "subjects: names, ['engine'] by default. gates: those that decide the status, all by default. seed (1), cases,\n"
      "seconds: each subject's cases, until one of the two is met. layers: real directories as lowers, topmost\n"
      "first. traces: a trace or a directory of traces instead of generated cases. operations (60): of a case,\n"
      "about. out: the directory where violations are saved. TypeError for another argument, ValueError without an\n"
      "end.");
}

}  // namespace ovlspec::python
