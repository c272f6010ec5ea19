#include "oracle/trace_words.h"

#include <type_traits>
#include <utility>
#include <variant>

#include "model/describe.h"

namespace ovlspec::oracle {
namespace {

static_assert(kWords<FileType>.size() == static_cast<std::size_t>(FileType::kSocket) + 1);
static_assert(kWords<RenameMode>.size() == static_cast<std::size_t>(RenameMode::kWhiteout) + 1);
static_assert(kWords<LockKind>.size() == static_cast<std::size_t>(LockKind::kUnlock) + 1);
static_assert(kWords<XattrMode>.size() == static_cast<std::size_t>(XattrMode::kReplace) + 1);

// In the order of the variants' alternatives.
constexpr std::array<std::string_view, std::variant_size_v<Operation>> kOperationWords{
    "open",        "close",    "read",    "write",     "truncate", "mkdir",   "rmdir",    "unlink",   "link",
    "symlink",     "readlink", "rename",  "chmod",     "chown",    "utimens", "setxattr", "getxattr", "listxattr",
    "removexattr", "mknod",    "readdir", "rewinddir", "list",     "stat",    "statfs",   "fsync",    "flock"};
constexpr std::array<std::string_view, std::variant_size_v<model::Mutation>> kMutationWords{
    "put",       "remove",       "move",        "hard-link",           "chmod",    "content", "copy", "copy-layer",
    "add-lower", "remove-lower", "swap-lowers", "upper-becomes-lower", "wipe-work"};

template <typename Variant, std::size_t... kIndex>
Variant alternative(std::size_t index, std::index_sequence<kIndex...>) {
  using Make = Variant (*)();
  static constexpr std::array<Make, sizeof...(kIndex)> kMakers{[] { return Variant(std::in_place_index<kIndex>); }...};
  return kMakers[index]();
}

template <typename Variant>
Variant alternative(std::size_t index) {
  return alternative<Variant>(index, std::make_index_sequence<std::variant_size_v<Variant>>{});
}

template <typename Table>
std::optional<std::size_t> index_of(const Table& table, std::string_view word) {
  for (std::size_t i = 0; i < table.size(); ++i)
    if (table[i] == word) return i;
  return std::nullopt;
}

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Takes the part before the next `separator` off `text`.
std::string_view take_part(std::string_view& text, char separator) {
  const auto end = text.find(separator);
  const auto part = text.substr(0, end);
  text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
  return part;
}

struct NamedFlag {
  std::string_view word;
  bool OpenFlags::*member;
};
constexpr std::array<NamedFlag, 6> kFlags{{{"create", &OpenFlags::create},
                                           {"exclusive", &OpenFlags::exclusive},
                                           {"truncate", &OpenFlags::truncate},
                                           {"append", &OpenFlags::append},
                                           {"directory", &OpenFlags::directory},
                                           {"nofollow", &OpenFlags::no_follow}}};

struct NamedCapability {
  std::string_view word;
  Capability capability;
};
constexpr std::array<NamedCapability, 8> kCapabilities{{{"chown", Capability::kChown},
                                                        {"dac_override", Capability::kDacOverride},
                                                        {"dac_read_search", Capability::kDacReadSearch},
                                                        {"fowner", Capability::kFowner},
                                                        {"fsetid", Capability::kFsetid},
                                                        {"sys_admin", Capability::kSysAdmin},
                                                        {"mknod", Capability::kMknod},
                                                        {"setfcap", Capability::kSetfcap}}};

}  // namespace

std::string_view operation_word(const Operation& operation) { return kOperationWords[operation.index()]; }
std::string_view mutation_word(const model::Mutation& mutation) { return kMutationWords[mutation.index()]; }
Operation operation_from_index(std::size_t index) { return alternative<Operation>(index); }
model::Mutation mutation_from_index(std::size_t index) { return alternative<model::Mutation>(index); }

std::optional<Operation> operation_from_word(std::string_view word) {
  const auto index = index_of(kOperationWords, word);
  if (!index) return std::nullopt;
  return operation_from_index(*index);
}

std::optional<model::Mutation> mutation_from_word(std::string_view word) {
  const auto index = index_of(kMutationWords, word);
  if (!index) return std::nullopt;
  return mutation_from_index(*index);
}

bool is_caller_name(std::string_view name) {
  constexpr std::size_t kLongest = 64;
  constexpr std::array<std::string_view, 7> kTaken{event_words::kMount,
                                                   event_words::kUnmount,
                                                   event_words::kDropCaches,
                                                   event_words::kCrash,
                                                   event_words::kMutate,
                                                   "events",
                                                   "end"};
  if (name.empty() || name.size() > kLongest || !is_letter(name[0])) return false;
  for (const char c : name)
    if (!is_letter(c) && !is_digit(c) && c != '_' && c != '-') return false;
  return !index_of(kTaken, name) && !index_of(kOperationWords, name);
}

std::string flags_text(const OpenFlags& flags) {
  std::string text(word_of(flags.access));
  for (const NamedFlag& flag : kFlags)
    if (flags.*flag.member) text.append(",").append(flag.word);
  return text;
}

std::optional<OpenFlags> parse_flags(std::string_view text) {
  OpenFlags flags;
  const auto access = from_word<Access>(take_part(text, ','));
  if (!access) return std::nullopt;
  flags.access = *access;
  while (!text.empty()) {
    const auto word = take_part(text, ',');
    const NamedFlag* found = nullptr;
    for (const NamedFlag& flag : kFlags)
      if (flag.word == word) found = &flag;
    if (found == nullptr) return std::nullopt;
    flags.*found->member = true;
  }
  return flags;
}

std::string time_text(Time time) {
  std::string text = std::to_string(time.seconds);
  if (time.nanoseconds == 0) return text;
  std::string fraction = std::to_string(time.nanoseconds);
  fraction.insert(0, 9 - fraction.size(), '0');
  fraction.resize(fraction.find_last_not_of('0') + 1);
  return text + "." + fraction;
}

std::optional<Time> parse_time(std::string_view text) {
  constexpr std::size_t kDigits = 9;
  const auto point = text.find('.');
  const auto seconds = parse_number<std::int64_t>(text.substr(0, point));
  if (!seconds) return std::nullopt;
  if (point == std::string_view::npos) return Time{*seconds, 0};
  const auto fraction = text.substr(point + 1);
  auto nanoseconds = parse_number<std::uint32_t>(fraction);
  if (!nanoseconds || fraction.size() > kDigits) return std::nullopt;
  for (std::size_t i = fraction.size(); i < kDigits; ++i) *nanoseconds *= 10;
  return Time{*seconds, *nanoseconds};
}

std::string free_time_text(const model::FreeTime& time) { return time.known ? time_text(time.value) : "?"; }

std::optional<model::FreeTime> parse_free_time(std::string_view text) {
  if (text == "?") return model::FreeTime::unknown();
  const auto time = parse_time(text);
  if (!time) return std::nullopt;
  return model::FreeTime::at(*time);
}

std::string time_change_text(const TimeChange& change) {
  switch (change.kind) {
    case TimeChange::Kind::kOmit: return "omit";
    case TimeChange::Kind::kNow: return "now";
    case TimeChange::Kind::kSet: return time_text(change.value);
  }
  return "omit";
}

std::optional<TimeChange> parse_time_change(std::string_view text) {
  if (text == "omit") return TimeChange{};
  if (text == "now") return TimeChange{.kind = TimeChange::Kind::kNow, .value = {}};
  const auto time = parse_time(text);
  if (!time) return std::nullopt;
  return TimeChange{.kind = TimeChange::Kind::kSet, .value = *time};
}

std::string device_text(Device device) { return model::describe(device); }

std::optional<Device> parse_device(std::string_view text) {
  const auto colon = text.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto major = parse_number<std::uint32_t>(text.substr(0, colon));
  const auto minor = parse_number<std::uint32_t>(text.substr(colon + 1));
  if (!major || !minor) return std::nullopt;
  return Device{*major, *minor};
}

std::string mode_text(Mode mode) { return model::octal(mode); }

std::optional<Mode> parse_mode(std::string_view text) {
  Mode mode = 0;
  if (text.empty()) return std::nullopt;
  for (const char c : text) {
    if (c < '0' || c > '7') return std::nullopt;
    mode = mode * 8 + static_cast<Mode>(c - '0');
    if (mode > kModeMask) return std::nullopt;
  }
  return mode;
}

std::string capabilities_text(Capabilities capabilities) {
  if (capabilities == Capabilities::all()) return "all";
  std::string text;
  for (const NamedCapability& named : kCapabilities) {
    if (!capabilities.has(named.capability)) continue;
    if (!text.empty()) text += ',';
    text += named.word;
  }
  return text.empty() ? "none" : text;
}

std::optional<Capabilities> parse_capabilities(std::string_view text) {
  if (text == "all") return Capabilities::all();
  if (text == "none") return Capabilities::none();
  Capabilities capabilities;
  do {
    const auto word = take_part(text, ',');
    const NamedCapability* found = nullptr;
    for (const NamedCapability& named : kCapabilities)
      if (named.word == word) found = &named;
    if (found == nullptr) return std::nullopt;
    capabilities = capabilities.with(found->capability);
  } while (!text.empty());
  return capabilities;
}

std::string backing_text(const model::Backing& backing) {
  return std::to_string(backing.file_system) + ":" + std::to_string(backing.number) + ":" +
         std::to_string(backing.generation);
}

std::optional<model::Backing> parse_backing(std::string_view text) {
  const auto file_system = parse_number<std::uint64_t>(take_part(text, ':'));
  const auto number = parse_number<InodeNumber>(take_part(text, ':'));
  const auto generation = parse_number<std::uint32_t>(text);
  if (!file_system || !number || !generation) return std::nullopt;
  return model::Backing{*file_system, *number, *generation};
}

std::string origin_text(const model::Origin& origin) {
  return backing_text(origin.backing) + (origin.linked ? ":linked" : "");
}

std::optional<model::Origin> parse_origin(std::string_view text) {
  constexpr std::string_view kLinked = ":linked";
  const bool linked = text.ends_with(kLinked);
  if (linked) text.remove_suffix(kLinked.size());
  const auto backing = parse_backing(text);
  if (!backing) return std::nullopt;
  return model::Origin{.backing = *backing, .linked = linked};
}

void append_quoted(std::string& text, std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  text += '"';
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      text += '\\';
      text += c;
    } else if (byte >= 0x20 && byte < 0x7f) {
      text += c;
    } else if (c == '\n') {
      text += "\\n";
    } else if (c == '\t') {
      text += "\\t";
    } else {
      text += "\\x";
      text += kDigits[byte >> 4];
      text += kDigits[byte & 15];
    }
  }
  text += '"';
}

std::optional<unsigned> hex_digit(char digit) {
  if (is_digit(digit)) return static_cast<unsigned>(digit - '0');
  if (digit >= 'a' && digit <= 'f') return static_cast<unsigned>(digit - 'a' + 10);
  if (digit >= 'A' && digit <= 'F') return static_cast<unsigned>(digit - 'A' + 10);
  return std::nullopt;
}

std::string hex_text(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(2 * bytes.size());
  for (const char c : bytes) {
    text += kDigits[static_cast<unsigned char>(c) >> 4];
    text += kDigits[static_cast<unsigned char>(c) & 15];
  }
  return text;
}

std::optional<std::string> parse_hex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  bytes.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const auto high = hex_digit(text[i]);
    const auto low = hex_digit(text[i + 1]);
    if (!high || !low) return std::nullopt;
    bytes += static_cast<char>(*high << 4 | *low);
  }
  return bytes;
}

}  // namespace ovlspec::oracle
