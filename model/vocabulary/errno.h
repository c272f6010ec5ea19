// The error numbers that the specification and every implementation speak of. A closed set: a new error is a new
// enumerator. Values are Linux's (asm-generic/errno*.h), so that the syscall file can convert with a checked cast.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace ovlspec {

// X(name, value) for every error number of the set.
// clang-format off
#define OVLSPEC_ERRNO_LIST(X)                                                                      \
  X(EPERM, 1) X(ENOENT, 2) X(EINTR, 4) X(EIO, 5) X(ENXIO, 6) X(E2BIG, 7) X(EBADF, 9) X(EAGAIN, 11) \
  X(ENOMEM, 12) X(EACCES, 13) X(EFAULT, 14) X(EBUSY, 16) X(EEXIST, 17) X(EXDEV, 18) X(ENODEV, 19)  \
  X(ENOTDIR, 20) X(EISDIR, 21) X(EINVAL, 22) X(ENFILE, 23) X(EMFILE, 24) X(ENOTTY, 25)             \
  X(ETXTBSY, 26) X(EFBIG, 27) X(ENOSPC, 28) X(ESPIPE, 29) X(EROFS, 30) X(EMLINK, 31)               \
  X(ERANGE, 34) X(EDEADLK, 35) X(ENAMETOOLONG, 36) X(ENOSYS, 38) X(ENOTEMPTY, 39) X(ELOOP, 40)     \
  X(ENODATA, 61) X(EREMOTE, 66) X(EOVERFLOW, 75) X(EOPNOTSUPP, 95) X(ETIMEDOUT, 110)               \
  X(ECONNABORTED, 103) X(ENOTCONN, 107) X(ESTALE, 116) X(EDQUOT, 122)
// clang-format on

enum class Errno : std::uint16_t {
  kOk = 0,
#define OVLSPEC_ENUMERATOR(name, value) k##name = value,
  OVLSPEC_ERRNO_LIST(OVLSPEC_ENUMERATOR)
#undef OVLSPEC_ENUMERATOR
};

// "ENOENT"; "OK" for kOk.
constexpr std::string_view errno_name(Errno error) {
  switch (error) {
    case Errno::kOk: return "OK";
#define OVLSPEC_NAME(name, value) \
  case Errno::k##name: return #name;
      OVLSPEC_ERRNO_LIST(OVLSPEC_NAME)
#undef OVLSPEC_NAME
  }
  return "OK";
}

// The inverse of errno_name; nothing for a word that is not of the set.
constexpr std::optional<Errno> errno_from_name(std::string_view name) {
  if (name == "OK") return Errno::kOk;
#define OVLSPEC_PARSE(word, value) \
  if (name == #word) return Errno::k##word;
  OVLSPEC_ERRNO_LIST(OVLSPEC_PARSE)
#undef OVLSPEC_PARSE
  return std::nullopt;
}

// The enumerator with this Linux number; nothing for a number that is not of the set.
constexpr std::optional<Errno> errno_from_number(int number) {
  if (number == 0) return Errno::kOk;
#define OVLSPEC_NUMBER(word, value) \
  if (number == value) return Errno::k##word;
  OVLSPEC_ERRNO_LIST(OVLSPEC_NUMBER)
#undef OVLSPEC_NUMBER
  return std::nullopt;
}

}  // namespace ovlspec
