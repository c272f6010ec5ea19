// Numbers and strings of the binary encoding.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "oracle/trace_error.h"
#include "oracle/trace_limits.h"

namespace ovlspec::oracle {

class BinaryWriter {
 public:
  void byte(std::uint8_t value) { bytes_ += static_cast<char>(value); }
  void raw(std::string_view bytes) { bytes_ += bytes; }
  void number(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) byte(static_cast<std::uint8_t>(value | 0x80));
    byte(static_cast<std::uint8_t>(value));
  }
  void signed_number(std::int64_t value) {
    const auto bits = static_cast<std::uint64_t>(value);
    number(value < 0 ? ~(bits << 1) : bits << 1);
  }
  void string(std::string_view value) {
    number(value.size());
    raw(value);
  }
  std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

// After a first error every read answers zero or nothing, and the error stays.
class BinaryReader {
 public:
  explicit BinaryReader(std::string_view bytes) : bytes_(bytes) {}

  std::uint8_t byte() {
    begin_ = position_;
    if (failed_ || position_ == bytes_.size()) return cut();
    return static_cast<std::uint8_t>(bytes_[position_++]);
  }
  // A number of at most `limit`.
  std::uint64_t number(std::uint64_t limit) {
    const std::size_t begin = position_;
    std::uint64_t value = 0;
    for (unsigned shift = 0;; shift += 7) {
      const std::uint8_t next = byte();
      if (failed_) return 0;
      if (shift == 63 && next > 1) return fail_at(begin, "expected a number of 64 bits at most");
      value |= std::uint64_t{next & 0x7fU} << shift;
      if ((next & 0x80) != 0) continue;
      if (next == 0 && shift != 0) return fail_at(begin, "expected a number in its shortest form");
      break;
    }
    begin_ = begin;
    if (value > limit) return fail_at(begin, "expected a number of " + std::to_string(limit) + " at most");
    return value;
  }
  std::int64_t signed_number() {
    const std::uint64_t bits = number(~std::uint64_t{0});
    return static_cast<std::int64_t>((bits >> 1) ^ (~(bits & 1) + 1));
  }
  std::string string(std::size_t limit) {
    const std::size_t size = number(limit);
    if (size > bytes_.size() - position_) cut();
    if (failed_) return {};
    position_ += size;
    return std::string(bytes_.substr(position_ - size, size));
  }
  bool at_end() const { return position_ == bytes_.size(); }

  bool failed() const { return failed_; }
  // An error at what was read last.
  void check(const Problem& problem) {
    if (problem) fail_at(begin_, *problem);
  }
  const TraceError& error() const { return error_; }

 private:
  std::uint8_t cut() { return static_cast<std::uint8_t>(fail_at(bytes_.size(), "expected more, found the end")); }
  std::uint64_t fail_at(std::size_t position, std::string what) {
    if (!failed_) error_ = TraceError{.line = 0, .column = 0, .byte = position, .what = std::move(what)};
    failed_ = true;
    return 0;
  }

  std::string_view bytes_;
  std::size_t position_ = 0;
  std::size_t begin_ = 0;
  bool failed_ = false;
  TraceError error_;
};

}  // namespace ovlspec::oracle
