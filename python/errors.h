// Errors as Python exceptions.
#pragma once

#include <pybind11/pybind11.h>

#include "oracle/subject.h"
#include "oracle/trace_error.h"

namespace ovlspec::python {

// ovlspec.TraceError, a ValueError with line, column and byte.
[[noreturn]] void raise(const oracle::TraceError& error);
// ovlspec.Failure, an OSError with errno where there is one: the environment, or a refusal to mount.
[[noreturn]] void raise(const oracle::Failure& failure);
// ValueError for a name that is unknown, ovlspec.Failure for what cannot run here.
[[noreturn]] void raise(const oracle::SubjectError& error);

// The value, or the failure raised.
template <typename T>
T value_or_raise(oracle::Attempt<T> attempt) {
  if (!attempt.ok()) raise(attempt.failure);
  return std::move(*attempt.value);
}

}  // namespace ovlspec::python
