#include "python/errors.h"

#include <string>

#include "python/bindings.h"

namespace ovlspec::python {
namespace {

namespace py = pybind11;

// Owned by the module, which outlives every call.
PyObject* trace_error = nullptr;
PyObject* failure_error = nullptr;

PyObject* add_exception(py::module_& module, const char* name, PyObject* base, const char* doc) {
  const std::string qualified = std::string("ovlspec.") + name;
  PyObject* type = PyErr_NewExceptionWithDoc(qualified.c_str(), doc, base, nullptr);
  if (type == nullptr) throw py::error_already_set();
  module.add_object(name, py::handle(type));
  return type;
}

[[noreturn]] void raise(PyObject* type, const py::object& exception) {
  PyErr_SetObject(type, exception.ptr());
  throw py::error_already_set();
}

}  // namespace

void raise(const oracle::TraceError& error) {
  py::object exception = py::handle(trace_error)(error.describe());
  exception.attr("line") = error.line;
  exception.attr("column") = error.column;
  exception.attr("byte") = error.byte ? py::object(py::int_(*error.byte)) : py::none();
  exception.attr("what") = error.what;
  raise(trace_error, exception);
}

void raise(const oracle::Failure& failure) {
  const int number = static_cast<int>(failure.error);
  raise(failure_error, py::handle(failure_error)(number, failure.what));
}

void raise(const oracle::SubjectError& error) {
  if (error.usage) throw py::value_error(error.what);
  raise(oracle::Failure{.error = Errno::kOk, .what = error.what});
}

void bind_errors(py::module_& module) {
  trace_error =
      add_exception(module, "TraceError", PyExc_ValueError,
                    "A trace, event or operation could not be read.\n\n"
                    "line and column count from 1 (0: not known, or the binary encoding); byte is the offset\n"
                    "in the binary encoding, else None; what says what was expected.");
  failure_error =
      add_exception(module, "Failure", PyExc_OSError,
                    "What no specification judges: the environment lacks something, or a mount was refused.\n\n"
                    "errno is the Linux number, 0 where there is none; strerror is one line for people.");
}

}  // namespace ovlspec::python
