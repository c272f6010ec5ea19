// A value or an error number. Nothing in the model or the engine throws.
#pragma once

#include <optional>
#include <utility>

#include "model/vocabulary/errno.h"

namespace ovlspec {

template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : value_(std::move(value)) {}  // NOLINT(google-explicit-constructor)
  // REQUIRES: error != kOk.
  Result(Errno error) : error_(error) {}  // NOLINT(google-explicit-constructor)

  bool ok() const { return value_.has_value(); }
  explicit operator bool() const { return ok(); }
  // kOk exactly when there is a value.
  Errno error() const { return error_; }

  // REQUIRES: ok().
  T& operator*() & { return *value_; }
  const T& operator*() const& { return *value_; }
  T&& operator*() && { return std::move(*value_); }
  T* operator->() { return &*value_; }
  const T* operator->() const { return &*value_; }

 private:
  std::optional<T> value_;
  Errno error_ = Errno::kOk;
};

// Success, or why not.
template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Errno error) : error_(error) {}  // NOLINT(google-explicit-constructor)

  bool ok() const { return error_ == Errno::kOk; }
  explicit operator bool() const { return ok(); }
  Errno error() const { return error_; }

 private:
  Errno error_ = Errno::kOk;
};

using Status = Result<void>;

// Leaves the surrounding function with the error of `expression`, a Result or a Status.
#define OVLSPEC_TRY(expression)                                                                  \
  do {                                                                                           \
    if (auto ovlspec_status = (expression); !ovlspec_status.ok()) return ovlspec_status.error(); \
  } while (false)

}  // namespace ovlspec
