// What a start-up step answers: a value, or the one line that the user reads.
#pragma once

#include <string>
#include <utility>
#include <variant>

namespace ovlspec::fuse {

// Exit statuses of the program.
inline constexpr int kExitFailure = 1;
inline constexpr int kExitUsage = 2;

// Why nothing was mounted. Invariant: `message` is one line without a newline, and no name in it is longer than
// in_quotes() allows.
struct Failure {
  std::string message;
  int exit_status = kExitFailure;
};

inline Failure usage_failure(std::string message) {
  return Failure{.message = std::move(message), .exit_status = kExitUsage};
}

template <typename T>
class [[nodiscard]] Attempt {
 public:
  Attempt(T value) : state_(std::move(value)) {}            // NOLINT(google-explicit-constructor)
  Attempt(Failure failure) : state_(std::move(failure)) {}  // NOLINT(google-explicit-constructor)

  bool ok() const { return std::holds_alternative<T>(state_); }
  explicit operator bool() const { return ok(); }

  // REQUIRES: ok().
  T& operator*() & { return std::get<T>(state_); }
  const T& operator*() const& { return std::get<T>(state_); }
  T&& operator*() && { return std::get<T>(std::move(state_)); }
  T* operator->() { return &std::get<T>(state_); }
  const T* operator->() const { return &std::get<T>(state_); }

  // REQUIRES: not ok().
  const Failure& failure() const { return std::get<Failure>(state_); }

 private:
  std::variant<T, Failure> state_;
};

struct Done {};
using Check = Attempt<Done>;

}  // namespace ovlspec::fuse
