// The words that the text and the JSON encoding share: names of operations, mutations and enumerators, and how numbers,
// times, devices and bytes are written. Each word is the inverse of its parse function.
#pragma once

#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "model/mutation.h"
#include "model/vocabulary/caller.h"
#include "model/vocabulary/operation.h"

namespace ovlspec::oracle {

// Words by enumerator. The tables are in the order of the enumerators.
template <typename Enum>
inline constexpr std::array<std::string_view, 0> kWords{};
template <>
inline constexpr std::array<std::string_view, 7> kWords<FileType>{"file",  "dir",  "symlink", "char",
                                                                  "block", "fifo", "socket"};
template <>
inline constexpr std::array<std::string_view, 2> kWords<Follow>{"follow", "nofollow"};
template <>
inline constexpr std::array<std::string_view, 3> kWords<Access>{"read", "write", "readwrite"};
template <>
inline constexpr std::array<std::string_view, 4> kWords<RenameMode>{"replace", "noreplace", "exchange", "whiteout"};
template <>
inline constexpr std::array<std::string_view, 3> kWords<LockKind>{"shared", "exclusive", "unlock"};
template <>
inline constexpr std::array<std::string_view, 3> kWords<XattrMode>{"any", "create", "replace"};
template <>
inline constexpr std::array<std::string_view, 2> kWords<model::CopyXattrs>{"all-xattrs", "no-xattrs"};

template <typename Enum>
constexpr std::string_view word_of(Enum value) {
  return kWords<Enum>[static_cast<std::size_t>(value)];
}
template <typename Enum>
constexpr std::optional<Enum> from_word(std::string_view word) {
  for (std::size_t i = 0; i < kWords<Enum>.size(); ++i)
    if (kWords<Enum>[i] == word) return static_cast<Enum>(i);
  return std::nullopt;
}

// "open", "rename", ...; an operation with all members at their defaults for a word; nothing for another word.
std::string_view operation_word(const Operation& operation);
std::optional<Operation> operation_from_word(std::string_view word);
std::string_view mutation_word(const model::Mutation& mutation);
std::optional<model::Mutation> mutation_from_word(std::string_view word);
// The default of an alternative by its index. REQUIRES: index < std::variant_size of the variant.
Operation operation_from_index(std::size_t index);
model::Mutation mutation_from_index(std::size_t index);

// The words of events that are no operations.
namespace event_words {
inline constexpr std::string_view kMount = "mount";
inline constexpr std::string_view kUnmount = "unmount";
inline constexpr std::string_view kDropCaches = "drop-caches";
inline constexpr std::string_view kCrash = "crash";
inline constexpr std::string_view kMutate = "mutate";
}  // namespace event_words
// Whether a caller may have this name: letters, digits, `_` and `-`, beginning with a letter, 64 at most, and not a
// word that begins an event.
bool is_caller_name(std::string_view name);

// "write,append,create".
std::string flags_text(const OpenFlags& flags);
std::optional<OpenFlags> parse_flags(std::string_view text);

// "1500000000.5": seconds, then what is added to them; "-1.25" is a second before the epoch and a quarter after that.
std::string time_text(Time time);
std::optional<Time> parse_time(std::string_view text);
// As time_text; "?" for a time that is left free.
std::string free_time_text(const model::FreeTime& time);
std::optional<model::FreeTime> parse_free_time(std::string_view text);
// "now", "omit" or a time.
std::string time_change_text(const TimeChange& change);
std::optional<TimeChange> parse_time_change(std::string_view text);

// "1:3".
std::string device_text(Device device);
std::optional<Device> parse_device(std::string_view text);
// "644"; parse takes leading zeros.
std::string mode_text(Mode mode);
std::optional<Mode> parse_mode(std::string_view text);
// "all", "none" or "chown,dac_override".
std::string capabilities_text(Capabilities capabilities);
std::optional<Capabilities> parse_capabilities(std::string_view text);
// "FILE_SYSTEM:NUMBER:GENERATION"; an origin may end in ":linked".
std::string backing_text(const model::Backing& backing);
std::optional<model::Backing> parse_backing(std::string_view text);
std::string origin_text(const model::Origin& origin);
std::optional<model::Origin> parse_origin(std::string_view text);

// A decimal number that is all of `text`.
template <typename Integer>
std::optional<Integer> parse_number(std::string_view text) {
  Integer value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// Appends `bytes` in double quotes: `\"`, `\\`, `\n`, `\t`, and `\xNN` for what is not printable ASCII.
void append_quoted(std::string& text, std::string_view bytes);
// Hexadecimal digits, two a byte.
std::string hex_text(std::string_view bytes);
std::optional<std::string> parse_hex(std::string_view text);
std::optional<unsigned> hex_digit(char digit);

}  // namespace ovlspec::oracle
