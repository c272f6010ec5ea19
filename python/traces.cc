// Traces in their three encodings, and made at random.
#include <pybind11/stl.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "oracle/generator.h"
#include "oracle/trace.h"
#include "oracle/trace_compare.h"
#include "oracle/trace_file.h"
#include "oracle/trace_limits.h"
#include "oracle/trace_text.h"
#include "oracle/trace_words.h"
#include "python/bindings.h"
#include "python/convert.h"
#include "python/errors.h"

namespace ovlspec::python {
namespace {

using oracle::Trace;
using oracle::TraceEncoding;

Trace trace_or_raise(oracle::TraceOrError read) {
  if (!read.ok()) raise(read.error);
  return std::move(*read.trace);
}

Trace parse(const py::object& text) { return trace_or_raise(oracle::parse_trace(data_of(text), TraceEncoding::kText)); }

Trace parse_json(const py::object& lines) {
  return trace_or_raise(oracle::parse_trace(data_of(lines), TraceEncoding::kJsonLines));
}

Trace decode(const py::object& bytes) {
  return trace_or_raise(oracle::parse_trace(data_of(bytes), TraceEncoding::kBinary));
}

Trace load(const py::object& path) { return trace_or_raise(oracle::load_trace(name_of(path))); }

void save(const Trace& trace, const py::object& path) {
  if (const auto problem = oracle::save_trace(trace, name_of(path)))
    raise(oracle::Failure{.error = Errno::kEIO, .what = *problem});
}

Trace with_events(const Trace& trace, const std::string& text) {
  oracle::EventsOrError parsed = oracle::parse_events(text, trace.callers);
  if (!parsed.ok()) raise(parsed.error);
  Trace longer = trace;
  longer.events.insert(longer.events.end(), parsed.events->begin(), parsed.events->end());
  return longer;
}

// What is seen of an operation must be of its type, as the text encoding would say.
Trace with_seen(const Trace& trace, std::string subject, std::vector<std::optional<Outcome>> seen) {
  if (seen.size() > trace.events.size()) throw py::value_error("more outcomes than events");
  seen.resize(trace.events.size());
  for (std::size_t i = 0; i < seen.size(); ++i)
    if (seen[i] && !std::holds_alternative<oracle::Step>(trace.events[i]))
      throw py::value_error("event " + std::to_string(i) + " is no operation, and answers nothing");
  Trace recorded = trace;
  recorded.subject = std::move(subject);
  recorded.seen = std::move(seen);
  return recorded;
}

std::vector<std::string> event_lines(const Trace& trace) {
  std::vector<std::string> lines;
  for (const oracle::Event& event : trace.events) lines.push_back(oracle::event_text(event, trace.callers));
  return lines;
}

std::vector<std::optional<Outcome>> seen_by_event(const Trace& trace) {
  std::vector<std::optional<Outcome>> seen = trace.seen;
  seen.resize(trace.events.size());
  return seen;
}

py::dict callers_of(const Trace& trace) {
  py::dict callers;
  for (const oracle::NamedCaller& named : trace.callers) callers[py::str(named.name)] = py::cast(named.caller);
  return callers;
}

Trace generated(std::uint64_t seed, std::uint32_t operations, const py::object& features) {
  oracle::GeneratorOptions options;
  options.operations = operations;
  if (features.is_none()) return oracle::generate(seed, options);
  options.mutations = options.crashes = options.callers = options.odd_names = false;
  for (const py::handle item : features) {
    const auto feature = item.cast<std::string>();
    if (feature == "mutations")
      options.mutations = true;
    else if (feature == "crashes")
      options.crashes = true;
    else if (feature == "callers")
      options.callers = true;
    else if (feature == "odd_names")
      options.odd_names = true;
    else
      throw py::value_error("no feature is called `" + feature + "`: there are mutations, crashes, callers, odd_names");
  }
  return oracle::generate(seed, options);
}

std::string quote(const py::object& value) {
  std::string text;
  oracle::append_quoted(text, py::isinstance<py::str>(value) ? name_of(value) : data_of(value));
  return text;
}

void bind_reading(py::class_<Trace>& trace) {
  trace
      .def_static("parse", &parse, py::arg("text"), "From the text encoding, str or bytes. TraceError names the place.")
      .def_static("parse_json", &parse_json, py::arg("lines"),
                  "From JSON lines, str or bytes. TraceError names the line.")
      .def_static("decode", &decode, py::arg("bytes"), "From the binary encoding. TraceError names the byte.")
      .def_static("load", &load, py::arg("path"),
                  "From a file: .trace, .jsonl, .bin, or by its first bytes. TraceError.")
      .def("save", &save, py::arg("path"), "To a file, encoded by its extension, as text without one. Failure.")
      .def(
          "text", [](const Trace& t) { return oracle::print_trace(t, TraceEncoding::kText); },
          "str: the text encoding, which parse() reads back to an equal trace.")
      .def(
          "json", [](const Trace& t) { return py::str(oracle::print_trace(t, TraceEncoding::kJsonLines)); },
          "str: JSON lines.")
      .def(
          "encode", [](const Trace& t) { return py::bytes(oracle::print_trace(t, TraceEncoding::kBinary)); },
          "bytes: the binary encoding.")
      .def("__str__", [](const Trace& t) { return oracle::print_trace(t, TraceEncoding::kText); })
      .def("__eq__", [](const Trace& one, const Trace& other) { return same_trace(one, other); });
}

}  // namespace

void bind_traces(py::module_& module) {
  py::class_<Trace> trace(
      module, "Trace",
      "Layer images, mount options, callers, and what happens, in order. A value: methods give new ones.\n\n"
      "A trace starts unmounted. An event that does not fit (an operation while unmounted, say) does\n"
      "nothing.");
  bind_reading(trace);
  trace.def_property_readonly("events", &event_lines, "list[str]: each event's line in the text encoding")
      .def_property_readonly(
          "lowers", [](const Trace& t) { return t.lowers.size(); }, "int: how many lowers, 1 or more")
      .def_property_readonly(
          "read_only", [](const Trace& t) { return !t.upper; }, "bool: whether there is no upper")
      .def_readonly("options", &Trace::options, "list[str]: mount options beside the subject's own")
      .def_property_readonly("callers", &callers_of, "dict[str, Caller]: by name; `root` is always there")
      .def_readonly("subject", &Trace::subject, "str: whose answers `seen` has; '' where nothing was recorded")
      .def_property_readonly("seen", &seen_by_event, "list[Outcome | None]: what was answered, by event")
      .def("with_events", &with_events, py::arg("lines"), "A trace with further events, one a line. TraceError.")
      .def("with_seen", &with_seen, py::arg("subject"), py::arg("seen"),
           "A trace with other answers recorded: list[Outcome | None] by event, fewer than events at the end.\n"
           "ValueError for an answer to what is no operation.");
  module.def("generate", &generated, py::arg("seed"), py::arg("operations") = 60, py::arg("features") = py::none(),
             "A Trace made at random, the same for the same arguments on every machine. operations: about how many.\n"
             "features: None for all, or some of mutations, crashes, callers, odd_names. ValueError.");
  module.def("quote", &quote, py::arg("value"),
             "str: a name (str, as os.fsdecode makes it) or data (bytes) as a word of the text encoding, in quotes.");
}

}  // namespace ovlspec::python
