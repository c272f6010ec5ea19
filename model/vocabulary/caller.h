// On whose behalf an operation is made.
#pragma once

#include <cstdint>
#include <vector>

#include "model/vocabulary/attributes.h"

namespace ovlspec {

// The Linux capabilities that a file system's answers depend on. The value is the bit number of capability.h.
enum class Capability : std::uint8_t {
  kChown = 0,
  kDacOverride = 1,
  kDacReadSearch = 2,
  kFowner = 3,
  kFsetid = 4,
  kSysAdmin = 21,  // trusted.* attributes
  kMknod = 27,
  kSetfcap = 31,
};

// A set of capabilities, one bit each at its Linux number.
class Capabilities {
 public:
  constexpr Capabilities() = default;
  constexpr explicit Capabilities(std::uint64_t bits) : bits_(bits & kKnown) {}
  static constexpr Capabilities all() { return Capabilities(kKnown); }
  static constexpr Capabilities none() { return Capabilities(); }
  constexpr bool has(Capability capability) const { return ((bits_ >> static_cast<unsigned>(capability)) & 1U) != 0; }
  constexpr Capabilities with(Capability capability) const {
    return Capabilities(bits_ | (std::uint64_t{1} << static_cast<unsigned>(capability)));
  }
  constexpr Capabilities without(Capability capability) const {
    return Capabilities(bits_ & ~(std::uint64_t{1} << static_cast<unsigned>(capability)));
  }
  constexpr std::uint64_t bits() const { return bits_; }
  bool operator==(const Capabilities&) const = default;

 private:
  static constexpr std::uint64_t kKnown =
      (1ULL << 0) | (1ULL << 1) | (1ULL << 2) | (1ULL << 3) | (1ULL << 4) | (1ULL << 21) | (1ULL << 27) | (1ULL << 31);
  std::uint64_t bits_ = 0;
};

struct Caller {
  Uid uid = 0;              // the file system uid
  Gid gid = 0;              // the file system gid
  std::vector<Gid> groups;  // supplementary, without gid
  Mode umask = 0;
  Capabilities capabilities;  // effective
  bool operator==(const Caller&) const = default;
};

// Root with every capability and no umask.
inline Caller superuser() {
  return Caller{.uid = 0, .gid = 0, .groups = {}, .umask = 0, .capabilities = Capabilities::all()};
}

}  // namespace ovlspec
