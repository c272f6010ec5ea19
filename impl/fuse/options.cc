#include "impl/fuse/options.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "model/vocabulary/names.h"

namespace ovlspec::fuse {
namespace {

constexpr std::size_t kQuotedMax = 100;  // bytes of a name that a message shows

// An option as it was written. `name` is unescaped by nature: no known name has a special character.
struct GivenOption {
  std::string name;
  std::optional<std::string> value;  // still escaped
};

GivenOption split_option(std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos) return GivenOption{.name = std::string(text), .value = std::nullopt};
  return GivenOption{.name = std::string(text.substr(0, equals)), .value = std::string(text.substr(equals + 1))};
}

Failure bad_value(const GivenOption& option, std::string_view expected) {
  return usage_failure(fmt::format("option {}: expected {}, not {}", option.name, expected, in_quotes(*option.value)));
}

Check set_lowers(MountOptions& options, const GivenOption& option) {
  const std::vector<std::string> parts = split_escaped(*option.value, ':');
  if (parts.size() > names::kLayersMax) {
    return usage_failure(fmt::format("lowerdir has {} layers, more than {}", parts.size(), names::kLayersMax));
  }
  if (!options.lowers.empty()) return usage_failure("option lowerdir is given twice");
  for (const std::string& part : parts) {
    if (part.empty() && parts.size() > 1) {
      return usage_failure(fmt::format("lowerdir {}: an empty layer name", in_quotes(*option.value)));
    }
    Attempt<std::string> path = unescape(part);
    if (!path) return usage_failure(fmt::format("lowerdir {}: {}", in_quotes(part), path.failure().message));
    if (Check length = check_path_length("lowerdir", *path); !length) return length;
    options.lowers.push_back(*std::move(path));
  }
  return Done{};
}

Check set_directory(std::string& directory, const GivenOption& option) {
  if (!directory.empty()) return usage_failure(fmt::format("option {} is given twice", option.name));
  Attempt<std::string> path = unescape(*option.value);
  if (!path)
    return usage_failure(fmt::format("{} {}: {}", option.name, in_quotes(*option.value), path.failure().message));
  if (Check length = check_path_length(option.name, *path); !length) return length;
  directory = *std::move(path);
  return Done{};
}

Check set_upper(MountOptions& options, const GivenOption& option) { return set_directory(options.upper, option); }

Check set_work(MountOptions& options, const GivenOption& option) { return set_directory(options.work, option); }

Check set_source(MountOptions& options, const GivenOption& option) {
  options.source.clear();
  return set_directory(options.source, option);
}

Check set_identity(MountOptions& options, const GivenOption& option) {
  using Strategy = impl::IdentityStrategy;
  constexpr std::array<std::pair<std::string_view, Strategy>, 4> kStrategies = {{{"derived", Strategy::kDerived},
                                                                                 {"upfront", Strategy::kUpfront},
                                                                                 {"on-lookup", Strategy::kOnLookup},
                                                                                 {"volatile", Strategy::kVolatile}}};
  for (const auto& [name, strategy] : kStrategies) {
    if (*option.value != name) continue;
    options.identity = strategy;
    return Done{};
  }
  return bad_value(option, "derived, upfront, on-lookup or volatile");
}

Check set_state(MountOptions& options, const GivenOption& option) { return set_directory(options.state, option); }

Check set_seal(MountOptions& options, const GivenOption& option) {
  if (*option.value != "verify" && *option.value != "trust") return bad_value(option, "verify or trust");
  options.seal = *option.value == "trust" ? impl::SealCheck::kTrust : impl::SealCheck::kVerify;
  return Done{};
}

Check set_fsync(MountOptions& options, const GivenOption& option) {
  if (*option.value != "0" && *option.value != "1") return bad_value(option, "0 or 1");
  options.durability = *option.value == "0" ? impl::Durability::kVolatile : impl::Durability::kSynced;
  return Done{};
}

Check set_passthrough(MountOptions& options, const GivenOption& option) {
  if (*option.value != "auto" && *option.value != "off") return bad_value(option, "auto or off");
  options.passthrough = *option.value == "off" ? Passthrough::kOff : Passthrough::kAutomatic;
  return Done{};
}

std::optional<unsigned> number(std::string_view text) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

Check set_threads(MountOptions& options, const GivenOption& option) {
  const std::optional<unsigned> threads = number(*option.value);
  if (!threads || *threads == 0 || *threads > kThreadsMax) {
    return bad_value(option, fmt::format("a number from 1 to {}", kThreadsMax));
  }
  options.threads = *threads;
  return Done{};
}

Check set_threaded(MountOptions& options, const GivenOption& option) {
  if (*option.value != "0" && *option.value != "1") return bad_value(option, "0 or 1");
  options.threads = *option.value == "0" ? 1 : options.threads;
  return Done{};
}

// The threads are made once and stay, so the largest number of idle ones means nothing; it is only checked.
Check check_idle_threads(MountOptions&, const GivenOption& option) {
  if (!number(*option.value)) return bad_value(option, "a number");
  return Done{};
}

// The kernel's caches hold as long as the mount, whatever the seconds: nobody changes the layers beside us.
Check check_timeout(MountOptions&, const GivenOption& option) {
  if (option.value->empty() || option.value->find_first_not_of("0123456789.") != std::string::npos) {
    return bad_value(option, "seconds");
  }
  return Done{};
}

using ValueSetter = Check (*)(MountOptions&, const GivenOption&);
struct ValueOption {
  std::string_view name;
  ValueSetter set;
};
constexpr std::array<ValueOption, 15> kValueOptions = {{
    {"lowerdir", set_lowers},
    {"upperdir", set_upper},
    {"workdir", set_work},
    {"identity", set_identity},
    {"statedir", set_state},
    {"seal", set_seal},
    {"fsync", set_fsync},
    {"fsname", set_source},
    {"passthrough", set_passthrough},
    {"threads", set_threads},
    {"max_threads", set_threads},
    {"threaded", set_threaded},
    {"max_idle_threads", check_idle_threads},
    {"timeout", check_timeout},
    {"subtype", [](MountOptions&, const GivenOption&) -> Check { return Done{}; }},
}};

struct FlagOption {
  std::string_view name;
  MountFlag flag;
  enum class Action : std::uint8_t { kSet, kClear } action;
};
using Action = FlagOption::Action;
constexpr std::array<FlagOption, 22> kFlagOptions = {{
    {"ro", MountFlag::kReadOnly, Action::kSet},
    {"rw", MountFlag::kReadOnly, Action::kClear},
    {"nosuid", MountFlag::kNoSetId, Action::kSet},
    {"suid", MountFlag::kNoSetId, Action::kClear},
    {"nodev", MountFlag::kNoDevices, Action::kSet},
    {"dev", MountFlag::kNoDevices, Action::kClear},
    {"noexec", MountFlag::kNoExecute, Action::kSet},
    {"exec", MountFlag::kNoExecute, Action::kClear},
    {"noatime", MountFlag::kNoAccessTimes, Action::kSet},
    {"atime", MountFlag::kNoAccessTimes, Action::kClear},
    {"nodiratime", MountFlag::kNoDirectoryAccessTimes, Action::kSet},
    {"diratime", MountFlag::kNoDirectoryAccessTimes, Action::kClear},
    {"relatime", MountFlag::kRelativeAccessTimes, Action::kSet},
    {"norelatime", MountFlag::kRelativeAccessTimes, Action::kClear},
    {"strictatime", MountFlag::kStrictAccessTimes, Action::kSet},
    {"nostrictatime", MountFlag::kStrictAccessTimes, Action::kClear},
    {"sync", MountFlag::kSynchronous, Action::kSet},
    {"async", MountFlag::kSynchronous, Action::kClear},
    {"dirsync", MountFlag::kSynchronousDirectories, Action::kSet},
    {"lazytime", MountFlag::kLazyTimes, Action::kSet},
    {"nolazytime", MountFlag::kLazyTimes, Action::kClear},
    {"defaults", MountFlag::kReadOnly, Action::kClear},
}};

// What mount(8) and fstab use among themselves, and what holds anyway.
constexpr std::array<std::string_view, 16> kWithoutEffect = {
    "default_permissions",
    "clone_fd",
    "auto",
    "noauto",
    "user",
    "nouser",
    "users",
    "nousers",
    "owner",
    "noowner",
    "group",
    "nogroup",
    "_netdev",
    "nofail",
    "silent",
    "loud",
};

Check apply_word(MountOptions& options, const GivenOption& option) {
  for (const FlagOption& known : kFlagOptions) {
    if (known.name != option.name) continue;
    known.action == Action::kSet ? options.flags.set(known.flag) : options.flags.clear(known.flag);
    return Done{};
  }
  for (std::string_view known : kWithoutEffect) {
    if (known == option.name) return Done{};
  }
  if (option.name == "volatile") {
    options.durability = impl::Durability::kVolatile;
  } else if (option.name == "noacl") {
    options.access_lists = impl::AccessLists::kIgnored;
  } else if (option.name == "userxattr") {
    options.xattrs = impl::XattrNamespace::kUser;
  } else if (option.name == "allow_other") {
    options.visibility = Visibility::kEverybody;
  } else if (option.name == "debug") {
    options.verbosity = Verbosity::kDebug;
  } else if (option.name == "threaded") {
    options.threads = 0;
  } else if (!option.name.starts_with("x-")) {
    return usage_failure(fmt::format("unknown option {}", in_quotes(option.name)));
  }
  return Done{};
}

Check apply_option(MountOptions& options, std::string_view text) {
  const GivenOption option = split_option(text);
  if (option.value && (option.name == "comment" || option.name.starts_with("x-"))) return Done{};
  for (const ValueOption& known : kValueOptions) {
    if (known.name != option.name) continue;
    if (option.value) return known.set(options, option);
    // `threaded` is also a word of its own.
    if (option.name != "threaded") return usage_failure(fmt::format("option {} needs a value", option.name));
  }
  if (option.value) return usage_failure(fmt::format("unknown option {}", in_quotes(text)));
  return apply_word(options, option);
}

Check check_complete(const MountOptions& options) {
  if (options.lowers.empty()) return usage_failure("option lowerdir is missing");
  if (!options.upper.empty() && options.work.empty()) return usage_failure("upperdir is given without workdir");
  if (options.upper.empty() && !options.work.empty()) return usage_failure("workdir is given without upperdir");
  if (keeps_map(options.identity) && options.work.empty() && options.state.empty())
    return usage_failure("this identity keeps a map: a stack without workdir needs statedir");
  return Done{};
}

}  // namespace

bool keeps_map(impl::IdentityStrategy identity) {
  return identity == impl::IdentityStrategy::kUpfront || identity == impl::IdentityStrategy::kOnLookup;
}

std::vector<std::string> split_escaped(std::string_view text, char separator) {
  std::vector<std::string> parts(1);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == separator) {
      parts.emplace_back();
      continue;
    }
    parts.back() += text[i];
    if (text[i] == '\\' && i + 1 < text.size()) parts.back() += text[++i];
  }
  return parts;
}

Attempt<std::string> unescape(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && ++i == text.size()) return usage_failure("a backslash at the end");
    plain += text[i];
  }
  return plain;
}

std::string in_quotes(std::string_view name) {
  std::string shown = "\"";
  for (const char c : name.substr(0, kQuotedMax)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < ' ' || byte == 0x7f) {
      shown += fmt::format("\\x{:02x}", byte);
    } else {
      shown += c;
    }
  }
  shown += name.size() > kQuotedMax ? "...\"" : "\"";
  return shown;
}

Check check_path_length(std::string_view what, std::string_view path) {
  if (path.empty()) return usage_failure(fmt::format("{} is empty", what));
  if (path.size() > names::kPathMax) {
    return usage_failure(
        fmt::format("{} {} is too long: {} bytes, at most {}", what, in_quotes(path), path.size(), names::kPathMax));
  }
  std::size_t begin = 0;
  while (begin < path.size()) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    if (end - begin > names::kNameMax) {
      return usage_failure(fmt::format("{} {} has a name that is too long: {} bytes, at most {}", what, in_quotes(path),
                                       end - begin, names::kNameMax));
    }
    begin = end + 1;
  }
  return Done{};
}

Attempt<MountOptions> parse_options(const std::vector<std::string>& texts) {
  MountOptions options;
  std::size_t length = 0;
  for (const std::string& text : texts) {
    length += text.size();
    if (length > kOptionTextMax) {
      return usage_failure(fmt::format("the options are too long: more than {} bytes", kOptionTextMax));
    }
    for (const std::string& part : split_escaped(text, ',')) {
      if (part.empty()) continue;
      if (Check check = apply_option(options, part); !check) return check.failure();
    }
  }
  if (Check check = check_complete(options); !check) return check.failure();
  return options;
}

}  // namespace ovlspec::fuse
