#include <pybind11/stl.h>

#include <string>
#include <vector>

#include "model/rules.h"
#include "python/bindings.h"

namespace ovlspec::python {
namespace {

namespace py = pybind11;
using model::RuleText;

std::vector<RuleText> all_rules() { return {model::kRules.begin(), model::kRules.end()}; }

RuleText rule_called(const std::string& id) {
  if (const auto rule = model::rule_from_id(id)) return text_of(*rule);
  throw py::key_error(id);
}

}  // namespace

void bind_rules(py::module_& module) {
  py::class_<RuleText>(module, "Rule", "A rule of the specification.")
      .def_property_readonly(
          "id", [](const RuleText& rule) { return rule.id; }, "str, as reports cite it: OVL-RENAME-1")
      .def_property_readonly(
          "sentence", [](const RuleText& rule) { return rule.sentence; }, "str: what holds")
      .def_property_readonly(
          "source", [](const RuleText& rule) { return rule.source; }, "str: where that is said")
      .def_property_readonly(
          "judged", [](const RuleText& rule) { return rule.judged == model::Judged::kJudged; },
          "bool: False where the judge does not look at it yet")
      .def("__eq__", [](const RuleText& one, const RuleText& other) { return one.id == other.id; })
      .def("__hash__", [](const RuleText& rule) { return py::hash(py::str(rule.id.data(), rule.id.size())); })
      .def("__str__", [](const RuleText& rule) { return std::string(rule.id) + ": " + std::string(rule.sentence); })
      .def("__repr__", [](const RuleText& rule) { return "<Rule " + std::string(rule.id) + ">"; });
  module.def("rules", &all_rules, "list[Rule]: every rule, in the order of the catalogue.");
  module.def("rule", &rule_called, py::arg("id"), "The Rule with this id; KeyError where there is none.");
}

}  // namespace ovlspec::python
