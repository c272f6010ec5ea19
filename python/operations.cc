#include "python/operations.h"

#include <pybind11/pybind11.h>

#include <utility>
#include <variant>

#include "oracle/trace_text.h"
#include "python/errors.h"

namespace ovlspec::python {
namespace {

oracle::Event event_of(const std::string& text) {
  oracle::EventsOrError parsed = oracle::parse_events(text, {oracle::NamedCaller{"root", superuser()}});
  if (!parsed.ok()) raise(parsed.error);
  if (parsed.events->size() != 1) throw pybind11::value_error("one event is expected, not `" + text + "`");
  return std::move(parsed.events->front());
}

}  // namespace

Operation operation_of(const std::string& line) {
  oracle::Event event = event_of(line);
  if (auto* step = std::get_if<oracle::Step>(&event)) return std::move(step->operation);
  throw pybind11::value_error("`" + line + "` is no operation");
}

model::Mutation mutation_of(const std::string& lines) {
  oracle::Event event = event_of("mutate " + lines);
  return std::move(std::get<oracle::Mutate>(event).mutation);
}

}  // namespace ovlspec::python
