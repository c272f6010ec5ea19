// The parts of the module `ovlspec`, each with the file that has it, in the order in which they need each other.
#pragma once

#include <pybind11/pybind11.h>

namespace ovlspec::python {

void bind_errors(pybind11::module_& module);    // errors.cc
void bind_rules(pybind11::module_& module);     // rules.cc
void bind_values(pybind11::module_& module);    // values.cc
void bind_trees(pybind11::module_& module);     // trees.cc
void bind_traces(pybind11::module_& module);    // traces.cc
void bind_worlds(pybind11::module_& module);    // worlds.cc
void bind_subjects(pybind11::module_& module);  // subjects.cc
void bind_judging(pybind11::module_& module);   // judging.cc
void bind_check(pybind11::module_& module);     // check.cc

}  // namespace ovlspec::python
