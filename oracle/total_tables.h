// What the reader and the writer of the total encoding must agree on: its tables, and the state that both keep.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "oracle/trace.h"

namespace ovlspec::oracle::total {

// The first byte.
inline constexpr unsigned kLowersMask = 3;       // lowers, less one
inline constexpr unsigned kUpperMask = 3U << 2;  // an upper, unless zero
inline constexpr unsigned kUpperBit = 1U << 2;
inline constexpr unsigned kFirstEventBit = 1U << 4;  // the first event is said; otherwise it is a mount
inline constexpr unsigned kCallersShift = 5;         // callers, less one
inline constexpr unsigned kCallersMask = 3;

// An event's byte: while mounted, its low five bits are an operation's index in the variant or one of these, its high
// three the caller; while not, its low five bits are below kMounts a mount, else a mutation's index from there.
inline constexpr unsigned kEventBits = 5;
inline constexpr unsigned kUnmountCode = 27;
inline constexpr unsigned kDropCachesCode = 28;
inline constexpr unsigned kCrashCode = 29;
inline constexpr unsigned kStatCode = 30;  // again, since it sees most
inline constexpr unsigned kListCode = 31;
inline constexpr unsigned kMounts = 19;
inline constexpr unsigned kUnmountedCodes = 1U << kEventBits;
static_assert(std::variant_size_v<Operation> == kUnmountCode);
static_assert(std::variant_size_v<model::Mutation> == kUnmountedCodes - kMounts);

// Names, and with the last code literal bytes. Each table is as long as its codes.
inline constexpr std::size_t kLiteral = 31;
const std::array<std::string, kLiteral>& components();
inline constexpr std::size_t kXattrLiteral = 15;
inline constexpr std::array<std::string_view, kXattrLiteral> kXattrNames{"user.a",
                                                                         "user.b",
                                                                         "user.c",
                                                                         "trusted.a",
                                                                         "trusted.b",
                                                                         "trusted.overlay.opaque",
                                                                         "trusted.overlay.redirect",
                                                                         "trusted.overlay.origin",
                                                                         "trusted.overlay.overlay.opaque",
                                                                         "user.overlay.opaque",
                                                                         "trusted.overlayx",
                                                                         "security.a",
                                                                         "system.a",
                                                                         "user.",
                                                                         "nothing"};
inline constexpr std::size_t kLiteralMax = 63;  // bytes

inline constexpr std::size_t kModeLiteral = 15;
inline constexpr std::array<Mode, kModeLiteral> kModes{0644, 0755,  0777,  0600,  0700, 0,    0444, 0555,
                                                       0666, 01777, 02755, 04755, 0070, 0007, 0111};
inline constexpr std::size_t kIdLiteral = 7;
inline constexpr std::array<std::uint32_t, kIdLiteral> kIds{0, 1000, 1001, 1002, 50, 65534, 1};
// Only devices that do no harm when a trace is replayed on a real mount and opens them: a whiteout's, /dev/null, and
// the numbers that Linux keeps for local use.
inline constexpr std::array<Device, 4> kDevices{{{0, 0}, {1, 3}, {60, 1}, {60, 300}}};

// Data: bytes, fewer than kFewBytes; from kMoreBytes on, as many as the next byte says; from kRun on, one byte
// repeated.
inline constexpr std::uint8_t kFewBytes = 8;
inline constexpr std::uint8_t kMoreBytes = 192;
inline constexpr std::uint8_t kRun = 224;
inline constexpr std::array<std::size_t, 8> kRuns{64, 100, 511, 512, 4095, 4096, 4097, 70000};

// Numbers: one byte, two from kTwoBytes on, four from kFourBytes on.
inline constexpr std::uint8_t kTwoBytes = 128;
inline constexpr std::uint8_t kFourBytes = 252;

// Slots: below kFewSlots most often.
inline constexpr std::uint8_t kAnySlot = 192;
inline constexpr std::uint8_t kFewSlots = 4;

// Targets, by a byte's low two bits.
inline constexpr unsigned kFollowTarget = 0;  // and 1
inline constexpr unsigned kNoFollowTarget = 2;
inline constexpr unsigned kSlotTarget = 3;

// Paths: a known one, a known one with one component more, or count, `/` before and `/` after of a spelled one, where a
// count of kCountMask stands for the next byte modulo kMostComponents.
inline constexpr std::uint8_t kChild = 160;
inline constexpr std::uint8_t kSpelled = 224;
inline constexpr unsigned kCountMask = 7;
inline constexpr unsigned kMostComponents = 32;
inline constexpr unsigned kAbsoluteBit = 8;
inline constexpr unsigned kTrailingBit = 16;

// Objects of layers.
enum class Kind : std::uint8_t { kFile, kDirectory, kSymlink, kLink, kWhiteout, kChar, kBlock, kFifo, kSocket };
inline constexpr std::array<Kind, 16> kKinds{Kind::kFile,      Kind::kDirectory, Kind::kSymlink, Kind::kLink,
                                             Kind::kWhiteout,  Kind::kChar,      Kind::kBlock,   Kind::kFifo,
                                             Kind::kSocket,    Kind::kFile,      Kind::kFile,    Kind::kDirectory,
                                             Kind::kDirectory, Kind::kWhiteout,  Kind::kLink,    Kind::kDirectory};
// Details follow a kind: for directories the opaque and the redirect bits (all of one mask), for all the attributes.
inline constexpr unsigned kOpaqueMask = 3;
inline constexpr unsigned kRedirectMask = 12;
inline constexpr unsigned kAttributesMask = 0xc0;
// Entries of a layer: modulo kFewEntries; from kMoreEntriesCode on modulo kMoreEntries; from kManyEntriesCode on
// kMoreEntries and the next byte.
inline constexpr std::uint8_t kFewEntries = 4;
inline constexpr std::uint8_t kMoreEntries = 16;
inline constexpr std::uint8_t kMoreEntriesCode = 224;
inline constexpr std::uint8_t kManyEntriesCode = 252;
// A layer's first byte: its place, and from kRootMask on details of its root.
inline constexpr unsigned kPlaceMask = kPlaces - 1;
inline constexpr unsigned kRootMask = 0xe0;

// Paths that occurred, by number.
class KnownPaths {
 public:
  KnownPaths() { add("a"); }
  void add(const std::string& path);
  const std::string& operator[](std::size_t number) const { return paths_[number % paths_.size()]; }
  std::optional<std::size_t> find(const std::string& path) const;

 private:
  static constexpr std::size_t kMost = 160;
  std::vector<std::string> paths_;
  std::unordered_map<std::string, std::size_t> numbers_;
};

// What events have done to the stack: enough to know which events and layer names mean something.
struct State {
  bool mounted = false;
  bool upper = false;
  std::size_t lowers = 1;
  void apply(const Event& event);
};

// Without what a path in a layer may not have: empty, `.` and `..` components, and those that are too long.
std::string as_layer_path(std::string_view path);

}  // namespace ovlspec::oracle::total
