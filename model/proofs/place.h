// Where in the source an operation of a kernel stands: what a mutant is named by.
#pragma once

#include <compare>
#include <string_view>
#if !defined(__clang__)
#include <source_location>
#endif

namespace ovlspec::proofs {

struct Place {
  std::string_view file;  // of a string literal's life time
  unsigned line = 0;      // from 1
  unsigned column = 0;    // from 1

  // As the default argument of a function: where that function is called. clang 14 has no std::source_location.
#if defined(__clang__)
  static constexpr Place current(const char* file = __builtin_FILE(), unsigned line = __builtin_LINE(),
                                 unsigned column = __builtin_COLUMN()) {
    return Place{.file = file, .line = line, .column = column};
  }
#else
  static constexpr Place current(std::source_location location = std::source_location::current()) {
    return Place{.file = location.file_name(), .line = location.line(), .column = location.column()};
  }
#endif
  auto operator<=>(const Place&) const = default;
};

}  // namespace ovlspec::proofs
