// Why a trace could not be read: where, and what was expected there.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "oracle/trace.h"

namespace ovlspec::oracle {

struct TraceError {
  std::size_t line = 0;             // from 1; 0 in the binary encoding, which has no lines
  std::size_t column = 0;           // from 1, in bytes; 0 where only the line is known
  std::optional<std::size_t> byte;  // offset; nothing where a file could not be read at all
  std::string what;                 // "expected an operation, found `renam`"

  // "line 7, column 12: expected ...", "line 7: expected ...", "byte 31: expected ...", or `what` alone.
  std::string describe() const;
};

// A whole trace or an error; never a part of one.
struct TraceOrError {
  std::optional<Trace> trace;
  TraceError error;  // where there is no trace
  bool ok() const { return trace.has_value(); }
};

}  // namespace ovlspec::oracle
