#include "impl/fuse/options.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "impl/fuse/compatible_options.h"
#include "model/vocabulary/names.h"

namespace ovlspec::fuse {
namespace {

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

Check add_layer(std::vector<std::string>& layers, const GivenOption& option, std::string_view escaped) {
  Attempt<std::string> path = unescape(escaped);
  if (!path) return usage_failure(fmt::format("{} {}: {}", option.name, in_quotes(escaped), path.failure().message));
  if (Check length = check_path_length(option.name, *path); !length) return length;
  layers.push_back(*std::move(path));
  return Done{};
}

// `A:B::D::E`: what follows `::` is a data-only layer, below all others.
Check set_lowers(MountOptions& options, const GivenOption& option) {
  const std::vector<std::string> parts = split_escaped(*option.value, ':');
  if (!options.lowers.empty()) return usage_failure("option lowerdir is given twice");
  bool after_double = false;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const bool is_gap = parts[i].empty() && parts.size() > 1;
    const bool begins_data_layer = is_gap && i > 0 && i + 1 < parts.size() && !after_double;
    if (is_gap && !begins_data_layer) {
      return usage_failure(fmt::format("lowerdir {}: an empty layer name", in_quotes(*option.value)));
    }
    if (!is_gap && !after_double && !options.data_layers.empty()) {
      return usage_failure(
          fmt::format("lowerdir {}: an ordinary layer below a data-only one", in_quotes(*option.value)));
    }
    if (!is_gap) {
      std::vector<std::string>& layers = after_double ? options.data_layers : options.lowers;
      if (Check added = add_layer(layers, option, parts[i]); !added) return added;
    }
    after_double = is_gap;
  }
  const std::size_t count = options.lowers.size() + options.data_layers.size();
  if (count > names::kLayersMax) {
    return usage_failure(fmt::format("lowerdir has {} layers, more than {}", count, names::kLayersMax));
  }
  return Done{};
}

Check check_one_more_layer(const MountOptions& options) {
  if (options.lowers.size() + options.data_layers.size() < names::kLayersMax) return Done{};
  return usage_failure(fmt::format("more than {} lower layers", names::kLayersMax));
}

// One more layer below those named so far. A colon in its name is an ordinary character.
Check append_lower(MountOptions& options, const GivenOption& option) {
  if (!options.data_layers.empty()) return usage_failure("option lowerdir+: an ordinary layer below a data-only one");
  if (Check more = check_one_more_layer(options); !more) return more;
  return add_layer(options.lowers, option, *option.value);
}

Check append_data_layer(MountOptions& options, const GivenOption& option) {
  if (options.lowers.empty()) return usage_failure("option datadir+: a data-only layer above all others");
  if (Check more = check_one_more_layer(options); !more) return more;
  return add_layer(options.data_layers, option, *option.value);
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
  using impl::SealCheck;
  constexpr std::array<std::pair<std::string_view, SealCheck>, 3> kSeals = {
      {{"verify", SealCheck::kVerify}, {"digest", SealCheck::kDigest}, {"trust", SealCheck::kTrust}}};
  for (const auto& [name, seal] : kSeals) {
    if (*option.value != name) continue;
    options.seal = seal;
    return Done{};
  }
  return bad_value(option, "verify, digest or trust");
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

Check set_io_uring(MountOptions& options, const GivenOption& option) {
  struct Word {
    std::string_view text;
    IoUring value;
  };
  constexpr std::array<Word, 3> kWords = {
      {{"auto", IoUring::kAutomatic}, {"on", IoUring::kRequired}, {"off", IoUring::kOff}}};
  for (const Word& word : kWords) {
    if (*option.value != word.text) continue;
    options.io_uring = word.value;
    return Done{};
  }
  return bad_value(option, "auto, on or off");
}

std::optional<unsigned> number(std::string_view text) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

Check set_descriptors(MountOptions& options, const GivenOption& option) {
  const std::optional<unsigned> descriptors = number(*option.value);
  if (!descriptors || *descriptors < kDescriptorsMin) {
    return usage_failure(fmt::format("option descriptors: expected a number from {}, not {}", kDescriptorsMin,
                                     in_quotes(*option.value)));
  }
  options.descriptors = *descriptors;
  return Done{};
}

Check set_whiteouts(MountOptions& options, const GivenOption& option) {
  const std::string& value = *option.value;
  const bool devices = value == "devices" || value == "kernel";
  if (!devices && value != "files" && value != "oci" && value != "auto") return bad_value(option, "devices or files");
  options.whiteouts = devices ? Whiteouts::kDevices : Whiteouts::kFiles;
  return Done{};
}

// off and follow make none, but follow those that are there.
Check set_redirects(MountOptions& options, const GivenOption& option) {
  using Redirects = impl::Redirects;
  if (*option.value == "nofollow") {
    return usage_failure("option redirect_dir=nofollow is refused: redirects are always followed");
  }
  if (*option.value != "on" && *option.value != "off" && *option.value != "follow") {
    return bad_value(option, "on, off or follow");
  }
  options.redirects = *option.value == "on" ? Redirects::kMade : Redirects::kFollowed;
  return Done{};
}

Check set_mapping(IdMapping& mapping, const GivenOption& option) {
  if (mapping != IdMapping()) return usage_failure(fmt::format("option {} is given twice", option.name));
  Attempt<IdMapping> parsed = IdMapping::parse(*option.value);
  if (!parsed) {
    return usage_failure(
        fmt::format("option {} {}: {}", option.name, in_quotes(*option.value), parsed.failure().message));
  }
  mapping = *std::move(parsed);
  return Done{};
}

Check set_user_mapping(MountOptions& options, const GivenOption& option) {
  return set_mapping(options.presentation.users, option);
}

Check set_group_mapping(MountOptions& options, const GivenOption& option) {
  return set_mapping(options.presentation.groups, option);
}

Check set_squashed(std::optional<unsigned>& squashed, const GivenOption& option) {
  squashed = number(*option.value);
  // The largest number is no id.
  if (!squashed || *squashed == ~0U) return bad_value(option, "an id");
  return Done{};
}

Check set_squashed_user(MountOptions& options, const GivenOption& option) {
  return set_squashed(options.presentation.squashed_user, option);
}

Check set_squashed_group(MountOptions& options, const GivenOption& option) {
  return set_squashed(options.presentation.squashed_group, option);
}

// For the kernel's security module, quotes and all.
Check add_security(MountOptions& options, const GivenOption& option) {
  if (option.value->empty()) return usage_failure(fmt::format("{} is empty", option.name));
  if (!options.security.empty()) options.security += ',';
  options.security += fmt::format("{}={}", option.name, *option.value);
  return Done{};
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

// Of things that we do otherwise (the threads are made once and stay, a request is as large as the kernel likes), so
// that the number means nothing; it is only checked.
Check check_number(MountOptions&, const GivenOption& option) {
  if (!number(*option.value)) return bad_value(option, "a number");
  return Done{};
}

// The kernel's caches hold as long as the mount, whatever the seconds: nobody changes the layers beside us.
Check check_timeout(MountOptions&, const GivenOption& option) {
  double seconds = 0;
  const char* end = option.value->data() + option.value->size();
  const auto [read, error] = std::from_chars(option.value->data(), end, seconds, std::chars_format::fixed);
  if (option.value->empty() || error != std::errc() || read != end || !(seconds >= 0)) {
    return bad_value(option, "seconds");
  }
  return Done{};
}

using ValueSetter = Check (*)(MountOptions&, const GivenOption&);
struct ValueOption {
  std::string_view name;
  ValueSetter set;
};
constexpr std::array<ValueOption, 30> kValueOptions = {{
    {"lowerdir", set_lowers},
    {"lowerdir+", append_lower},
    {"datadir+", append_data_layer},
    {"upperdir", set_upper},
    {"workdir", set_work},
    {"identity", set_identity},
    {"statedir", set_state},
    {"seal", set_seal},
    {"fsync", set_fsync},
    {"whiteouts", set_whiteouts},
    {"fsname", set_source},
    {"passthrough", set_passthrough},
    {"io_uring", set_io_uring},
    {"descriptors", set_descriptors},
    {"threads", set_threads},
    {"max_threads", set_threads},
    {"threaded", set_threaded},
    {"max_idle_threads", check_number},
    {"max_write", check_number},
    {"timeout", check_timeout},
    {"redirect_dir", set_redirects},
    {"uidmapping", set_user_mapping},
    {"gidmapping", set_group_mapping},
    {"squash_to_uid", set_squashed_user},
    {"squash_to_gid", set_squashed_group},
    {"context", add_security},
    {"fscontext", add_security},
    {"defcontext", add_security},
    {"rootcontext", add_security},
}};

// squash_to_uid and squash_to_gid win, wherever they stand.
void squash_to_root(MountOptions& options) {
  options.presentation.squashed_user = options.presentation.squashed_user.value_or(0);
  options.presentation.squashed_group = options.presentation.squashed_group.value_or(0);
}

struct WordOption {
  std::string_view name;
  void (*apply)(MountOptions&);
};
constexpr std::array<WordOption, 11> kWordOptions = {{
    {"volatile", [](MountOptions& options) { options.durability = impl::Durability::kVolatile; }},
    {"userxattr", [](MountOptions& options) { options.xattrs = impl::XattrNamespace::kUser; }},
    {"squash_to_root", squash_to_root},
    {"static_nlink", [](MountOptions& options) { options.presentation.directory_links = DirectoryLinks::kOne; }},
    {"noacl", [](MountOptions& options) { options.access_lists = impl::AccessLists::kIgnored; }},
    {"allow_other", [](MountOptions& options) { options.visibility = Visibility::kEverybody; }},
    {"private", [](MountOptions& options) { options.propagation = Propagation::kPrivate; }},
    {"rprivate", [](MountOptions& options) { options.propagation = Propagation::kPrivate; }},
    {"threaded", [](MountOptions& options) { options.threads = 0; }},
    {"io_uring", [](MountOptions& options) { options.io_uring = IoUring::kRequired; }},
    {"debug", [](MountOptions& options) { options.verbosity = Verbosity::kDebug; }},
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

// What mount(8) and fstab use among themselves.
constexpr std::array<std::string_view, 12> kWithoutEffect = {
    "auto", "noauto", "user", "nouser", "users", "nousers", "owner", "noowner", "group", "nogroup", "_netdev", "nofail",
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
  for (const WordOption& known : kWordOptions) {
    if (known.name != option.name) continue;
    known.apply(options);
    return Done{};
  }
  if (option.name.starts_with("x-")) return Done{};
  return usage_failure(fmt::format("unknown option {}", in_quotes(option.name)));
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
  if (std::optional<Check> compatible = check_compatible(option.name, option.value)) return *std::move(compatible);
  if (option.value) return usage_failure(fmt::format("unknown option {}", in_quotes(text)));
  return apply_word(options, option);
}

// A security context has commas of its own inside its quotes.
bool ends_inside_quotes(std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos || !text.substr(0, equals).ends_with("context")) return false;
  const std::string_view value = text.substr(equals + 1);
  return value.starts_with('"') && (value.size() == 1 || !value.ends_with('"'));
}

std::vector<std::string> split_options(std::string_view text) {
  std::vector<std::string> parts;
  for (std::string& part : split_escaped(text, ',')) {
    if (!parts.empty() && ends_inside_quotes(parts.back())) {
      parts.back() += "," + part;
    } else {
      parts.push_back(std::move(part));
    }
  }
  return parts;
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

Attempt<MountOptions> parse_options(const std::vector<std::string>& texts) {
  MountOptions options;
  std::size_t length = 0;
  for (const std::string& text : texts) {
    length += text.size();
    if (length > kOptionTextMax) {
      return usage_failure(fmt::format("the options are too long: more than {} bytes", kOptionTextMax));
    }
    for (const std::string& part : split_options(text)) {
      if (part.empty()) continue;
      if (Check check = apply_option(options, part); !check) return check.failure();
    }
  }
  if (Check check = check_complete(options); !check) return check.failure();
  return options;
}

}  // namespace ovlspec::fuse
