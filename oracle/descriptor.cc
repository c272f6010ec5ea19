#include "oracle/descriptor.h"

#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>

namespace ovlspec::oracle {
namespace {

constexpr int kNumbers = 256;
std::atomic<bool> named[kNumbers];

}  // namespace

void Descriptor::reset(int number) {
  if (number_ >= 0) ::close(number_);
  number_ = number;
}

Errno error_from_number(int number) {
  if (const auto error = errno_from_number(number)) return *error;
  if (number >= 0 && number < kNumbers && !named[number].exchange(true))
    std::fprintf(stderr, "ovlspec: error number %d (%s) is outside the specification's set; taken as EIO\n", number,
                 std::strerror(number));
  return Errno::kEIO;
}

Errno last_error() { return error_from_number(errno); }

}  // namespace ovlspec::oracle
