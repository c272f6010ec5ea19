#include "oracle/trace_error.h"

namespace ovlspec::oracle {

std::string TraceError::describe() const {
  if (line == 0) return byte ? "byte " + std::to_string(*byte) + ": " + what : what;
  std::string text = "line " + std::to_string(line);
  if (column != 0) text += ", column " + std::to_string(column);
  return text + ": " + what;
}

}  // namespace ovlspec::oracle
