// Operations and mutations as lines of the text encoding.
#pragma once

#include <string>

#include "model/mutation.h"
#include "model/vocabulary/operation.h"

namespace ovlspec::python {

// "rename a b noreplace". Raises ovlspec.TraceError, and ValueError for an event of another kind.
Operation operation_of(const std::string& line);
// "lower 0 remove a/b", as it follows `mutate`; an added lower has several lines.
model::Mutation mutation_of(const std::string& lines);

}  // namespace ovlspec::python
