// A file descriptor that closes itself, and the translation of errno into the closed set.
#pragma once

#include <utility>

#include "model/vocabulary/errno.h"

namespace ovlspec::oracle {

class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    if (this != &other) reset(std::exchange(other.number_, -1));
    return *this;
  }
  ~Descriptor() { reset(); }

  // -1: none.
  int get() const { return number_; }
  bool open() const { return number_ >= 0; }
  void reset(int number = -1);
  int release() { return std::exchange(number_, -1); }

 private:
  int number_ = -1;
};

// The calling thread's errno. A number outside the set is EIO, and is named once a process on standard error.
Errno last_error();
// As last_error, of a number.
Errno error_from_number(int number);

}  // namespace ovlspec::oracle
