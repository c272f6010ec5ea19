// A subject with a planted bug, by which the fuzzer itself is tested: a fuzzer that does not find it reaches nothing.
#pragma once

#include <memory>

#include "oracle/subject.h"

namespace ovlspec::fuzz {

// The engine, but that unlink of a name with a hard link beside it says it succeeded and does nothing.
std::unique_ptr<oracle::Subject> make_canary();

}  // namespace ovlspec::fuzz
