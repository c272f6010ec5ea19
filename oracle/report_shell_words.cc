#include "oracle/report_shell_words.h"

#include <fmt/format.h>

#include <type_traits>

#include "model/describe.h"
#include "oracle/trace_words.h"

namespace ovlspec::oracle {
namespace {

bool is_plain(char c) {
  constexpr std::string_view kOthers = "_./,:=+@%-";
  const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  return letter || kOthers.find(c) != std::string_view::npos;
}

// As `ls --quoting-style=c` shows a name.
std::string c_quoted(const std::string& name) {
  std::string text = "\"";
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    constexpr std::string_view kLetters = "abtnvfr";  // from 7 on
    if (c == '"' || c == '\\') {
      text += std::string("\\") + c;
    } else if (byte >= 7 && byte <= 13) {
      text += std::string("\\") + kLetters[byte - 7];
    } else if (byte >= 0x20 && byte < 0x7f) {
      text += c;
    } else {
      text += fmt::format("\\{:03o}", byte);
    }
  }
  return text + '"';
}

constexpr Mode kSticky = 01000;

std::string stat_format(Shown shown) {
  switch (shown) {
    case Shown::kError: return "%n";
    case Shown::kType: return "%F";
    case Shown::kMode: return "%a";
    case Shown::kLinks: return "%h";
    case Shown::kUid: return "%u";
    case Shown::kGid: return "%g";
    case Shown::kDevice: return "%Hr:%Lr";
    case Shown::kSize: return "%s";
    case Shown::kModifyTime: return "%.9Y";
    case Shown::kChangeTime: return "%.9Z";
    case Shown::kNumber: return "%i";
    case Shown::kFileSystem: return "%d";
    case Shown::kBytes:
    case Shown::kCount:
    case Shown::kAttribute:
    case Shown::kListed:
    case Shown::kListedNumber:
    case Shown::kListedType:
    case Shown::kEntries: return {};
  }
  return {};
}

CommandOrWhy says(std::string text) { return {.text = std::move(text), .why_not = {}}; }
CommandOrWhy cannot(std::string why) { return {.text = {}, .why_not = std::move(why)}; }

class Commands {
 public:
  Commands(const Operate& operate, const Value& value, const ShellPlace& place)
      : operate_(operate),
        value_(value),
        place_(place),
        prefix_of_caller_(shell_prefix(operate.caller)),
        prefix_("try " + prefix_of_caller_) {}

  CommandOrWhy operator()(const Mkdir& o) const {
    // An explicit mode would take the set-group-id bit away that the directory hands on.
    if ((o.mode & kSticky) == 0) return command("mkdir -- {}", path(o.path));
    // mkdir sets what mkdir(2) leaves out.
    const Mode mode = o.mode & (kSticky | 0777) & ~operate_.caller.umask;
    return command("mkdir -m {} -- {}", model::octal(mode), path(o.path));
  }
  CommandOrWhy operator()(const Rmdir& o) const { return command("rmdir -- {}", path(o.path)); }
  CommandOrWhy operator()(const Unlink& o) const { return command("unlink {}", path(o.path)); }
  CommandOrWhy operator()(const Link& o) const {
    // Both call link where ln by itself refuses directories.
    if (o.follow == Follow::kFollow) return command("ln -L -d -T -- {} {}", path(o.from), path(o.to));
    return command("link -- {} {}", path(o.from), path(o.to));
  }
  CommandOrWhy operator()(const Symlink& o) const {
    return command("ln -s -T -- {} {}", shell_word(o.target), path(o.path));
  }
  CommandOrWhy operator()(const Readlink& o) const {
    return says(fmt::format("try_bytes {}readlink -n -v -- {}", shell_prefix(operate_.caller), path(o.path)));
  }
  CommandOrWhy operator()(const Rename& o) const {
    switch (o.mode) {
      case RenameMode::kReplace: break;
      case RenameMode::kNoReplace: return cannot("no command renames with RENAME_NOREPLACE and tells its error");
      case RenameMode::kExchange: return cannot("no common command renames with RENAME_EXCHANGE");
      case RenameMode::kWhiteout: return cannot("no command renames with RENAME_WHITEOUT");
    }
    if (path(o.from) == path(o.to)) return cannot("mv does not rename a name to itself");
    return says(fmt::format("try_rename {}mv -v -f -T -- {} {}", prefix_of_caller_, path(o.from), path(o.to)));
  }
  CommandOrWhy operator()(const Truncate& o) const {
    return on(o.target, [&](const std::string& at) {
      const CommandOrWhy looked = command("stat -L -c %F -- {}", at);
      const CommandOrWhy truncated = command("truncate -c -s {} -- {}", o.size, at);
      return says(unless_failed(unless_failed(looked.text, "only_file"), truncated.text));
    });
  }
  CommandOrWhy operator()(const Chmod& o) const {
    if (is_link_itself(o.target)) return cannot("no common command changes the mode of a symlink");
    return on(o.target, [&](const std::string& at) { return command("chmod {} -- {}", shell_mode(o.mode), at); });
  }
  CommandOrWhy operator()(const Chown& o) const {
    if (!o.uid && !o.gid) return cannot("no command changes neither owner nor group");
    // A colon with no group behind it would stand for one of the owner's.
    const std::string uid = o.uid ? std::to_string(*o.uid) : "";
    const std::string gid = o.gid ? ":" + std::to_string(*o.gid) : "";
    return on(o.target, [&](const std::string& at) {
      return command("chown {}{}{} -- {}", is_link_itself(o.target) ? "-h " : "", uid, gid, at);
    });
  }
  CommandOrWhy operator()(const Utimens& o) const {
    const bool both = o.access.kind != TimeChange::Kind::kOmit && o.modify.kind != TimeChange::Kind::kOmit;
    const bool none = o.access.kind == TimeChange::Kind::kOmit && o.modify.kind == TimeChange::Kind::kOmit;
    if (none || (both && !(o.access == o.modify))) return cannot("touch does not set two times at once");
    const TimeChange& change = o.access.kind == TimeChange::Kind::kOmit ? o.modify : o.access;
    const std::string which = both ? "" : o.access.kind == TimeChange::Kind::kOmit ? "-m " : "-a ";
    const std::string when = change.kind == TimeChange::Kind::kSet ? "-d @" + time_text(change.value) + " " : "";
    return on(o.target, [&](const std::string& at) {
      // It says nothing of what is not there.
      const CommandOrWhy looked = command("stat {}-c %n -- {}", is_link_itself(o.target) ? "" : "-L ", at);
      const CommandOrWhy touched =
          command("touch -c {}{}{}-- {}", is_link_itself(o.target) ? "-h " : "", which, when, at);
      return o.target.slot ? touched : says(unless_failed(looked.text, touched.text));
    });
  }
  CommandOrWhy operator()(const SetXattr& o) const {
    if (o.mode != XattrMode::kAny) return cannot("setfattr neither creates nor replaces alone");
    return on(o.target, [&](const std::string& at) {
      return command("setfattr {}-n {}{} -- {}", is_link_itself(o.target) ? "-h " : "", shell_word(o.name),
                     shell_attribute(o.value), at);
    });
  }
  CommandOrWhy operator()(const GetXattr& o) const {
    return on(o.target, [&](const std::string& at) {
      return says(fmt::format("try_bytes {}getfattr {}--absolute-names --only-values -n {} -- {}",
                              shell_prefix(operate_.caller), is_link_itself(o.target) ? "-h " : "", shell_word(o.name),
                              at));
    });
  }
  CommandOrWhy operator()(const ListXattr& o) const {
    return on(o.target, [&](const std::string& at) {
      CommandOrWhy listed =
          command("getfattr {}--absolute-names -m - -- {}", is_link_itself(o.target) ? "-h " : "", at);
      if (value_.shown == Shown::kAttribute) listed.text += "\ncount_line " + shell_word(value_.name);
      return listed;
    });
  }
  CommandOrWhy operator()(const RemoveXattr& o) const {
    return on(o.target, [&](const std::string& at) {
      return command("setfattr {}-x {} -- {}", is_link_itself(o.target) ? "-h " : "", shell_word(o.name), at);
    });
  }
  CommandOrWhy operator()(const Mknod& o) const {
    if ((o.mode & ~0777U) != 0) return cannot("mknod makes nothing with set-id bits");
    const std::string mode = model::octal(o.mode & ~operate_.caller.umask);
    switch (o.type) {
      case FileType::kFifo: return command("mknod -m {} -- {} p", mode, path(o.path));
      case FileType::kCharDevice:
      case FileType::kBlockDevice:
        return command("mknod -m {} -- {} {} {} {}", mode, path(o.path), o.type == FileType::kCharDevice ? "c" : "b",
                       o.device.major, o.device.minor);
      case FileType::kRegular:
      case FileType::kDirectory:
      case FileType::kSymlink:
      case FileType::kSocket: break;
    }
    return cannot("no command calls mknod for such a type");
  }
  CommandOrWhy operator()(const ListDirectory& o) const {
    const std::string name = shell_word(c_quoted(value_.name));
    if (value_.shown == Shown::kListedNumber || value_.shown == Shown::kListedType) {
      if (!prefix_of_caller_.empty()) return cannot("no command tells another user's d_ino");
      return says(fmt::format("entry {} {} {}", path(o.path), name, word_of(value_.shown)));
    }
    // ls lists what is no directory, too.
    const CommandOrWhy opened =
        command("dd if={} of=/dev/null count=0 status=none iflag=nonblock,directory", path(o.path));
    CommandOrWhy listed = command("ls -1 -a -U --quoting-style=c -- {}", path(o.path));
    listed.text = unless_failed(opened.text, listed.text);
    if (value_.shown == Shown::kListed) listed.text += "\ncount_line " + name;
    if (value_.shown == Shown::kEntries) listed.text += "\ncount_entries";
    return listed;
  }
  CommandOrWhy operator()(const Stat& o) const {
    return on(o.target, [&](const std::string& at) {
      const char* follow = is_link_itself(o.target) ? "" : "-L ";
      const std::string format = stat_format(value_.shown);
      CommandOrWhy shown = prefix_of_caller_.empty() ? says(fmt::format("look {} {}-- {}", format, follow, at))
                                                     : command("stat {}-c {} -- {}", follow, format, at);
      if (value_.shown == Shown::kType) shown.text += "\ntype_name";
      return shown;
    });
  }
  CommandOrWhy operator()(const StatFileSystem& o) const { return command("stat -f -c %l -- {}", path(o.path)); }
  CommandOrWhy operator()(const Sync& o) const {
    return on(Target::of(o.slot),
              [&](const std::string& at) { return command("sync {}-- {}", o.data_only ? "-d " : "", at); });
  }
  CommandOrWhy operator()(const Lock& o) const {
    constexpr std::array<std::string_view, 3> kKinds = {"-s", "-x", "-u"};
    return on(Target::of(o.slot), [&](const std::string& at) {
      // By the descriptor: its path would be another open file.
      return says(fmt::format("try_lock {}flock -n {} {}", prefix_of_caller_, kKinds[static_cast<std::size_t>(o.kind)],
                              at.substr(at.rfind('/') + 1)));
    });
  }
  CommandOrWhy operator()(const ReadDirectory&) const { return cannot("no command reads a directory in pieces"); }
  CommandOrWhy operator()(const RewindDirectory&) const { return cannot("no command rewinds a directory"); }
  CommandOrWhy operator()(const Open&) const { return cannot("opened elsewhere"); }
  CommandOrWhy operator()(const Close&) const { return cannot("closed elsewhere"); }
  CommandOrWhy operator()(const Read&) const { return cannot("read elsewhere"); }
  CommandOrWhy operator()(const Write&) const { return cannot("written elsewhere"); }

 private:
  std::string path(const std::string& of) const { return shell_path(of, operate_.inside, place_.dialect); }
  static bool is_link_itself(const Target& target) { return !target.slot && target.follow == Follow::kNoFollow; }

  template <typename... Arguments>
  CommandOrWhy command(fmt::format_string<Arguments...> format, Arguments&&... arguments) const {
    return says(prefix_ + fmt::format(format, std::forward<Arguments>(arguments)...));
  }

  template <typename Saying>
  CommandOrWhy on(const Target& target, const Saying& saying) const {
    if (!target.slot) return saying(path(target.path));
    const auto at = place_.path_of_slot(*target.slot);
    return at ? saying(*at) : cannot("no shell holds that file open");
  }

  const Operate& operate_;
  const Value& value_;
  const ShellPlace& place_;
  std::string prefix_of_caller_;
  std::string prefix_;
};

}  // namespace

std::string shell_word(const std::string& text) {
  bool plain = !text.empty();
  for (const char c : text) plain = plain && is_plain(c);
  if (plain) return text;
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? "'\\''" : std::string(1, c);
  return quoted + "'";
}

std::string shell_comment(const std::string& text) {
  std::string line = "# ";
  for (const char c : text) line += c >= ' ' && c <= '~' ? c : '?';
  return line;
}

std::string shell_printf(const std::string& bytes) {
  if (bytes.empty()) return ":";
  std::string format = "printf '";
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '%') {
      format += "%%";
    } else if (c == '\\' || c == '\'' || byte < 0x20 || byte >= 0x7f) {
      format += fmt::format("\\{:03o}", byte);
    } else {
      format += c;
    }
  }
  // What begins with a dash would be an option.
  const bool is_option = bytes.front() == '-';
  return (is_option ? "printf -- " + format.substr(7) : format) + "'";
}

std::string shell_mode(Mode mode) { return fmt::format("{:05o}", mode); }

std::string shell_attribute(const std::string& value) { return value.empty() ? "" : " -v 0x" + hex_text(value); }

std::string shell_path(const std::string& path, Inside inside, Dialect dialect) {
  if (inside == Inside::kLayers || path.empty()) return shell_word(path);
  std::string_view rest = path;
  while (!rest.empty()) {
    const bool is_up = rest == ".." || rest.substr(0, 3) == "../";
    if (rest.front() != '/' && !is_up) break;
    rest.remove_prefix(rest.front() == '/' ? 1 : std::min<std::size_t>(rest.size(), 3));
  }
  switch (dialect) {
    case Dialect::kPlain: return shell_word(rest.empty() ? "mount" : "mount/" + std::string(rest));
    case Dialect::kXfstests: return rest.empty() ? "$SCRATCH_MNT" : "$SCRATCH_MNT/" + shell_word(std::string(rest));
  }
  return {};
}

std::string shell_prefix(const Caller& caller) {
  const bool is_superuser =
      caller.uid == 0 && caller.gid == 0 && caller.groups.empty() && caller.capabilities == Capabilities::all();
  if (is_superuser) return {};
  const std::string groups =
      caller.groups.empty() ? "--clear-groups" : fmt::format("--groups={}", fmt::join(caller.groups, ","));
  std::string text = fmt::format("setpriv --reuid={} --regid={} {} ", caller.uid, caller.gid, groups);
  const std::string capabilities = capabilities_text(caller.capabilities);
  std::string added = "-all";
  if (capabilities != "none" && capabilities != "all") {
    std::string words = capabilities;
    for (auto comma = words.find(','); comma != std::string::npos; comma = words.find(',', comma + 2))
      words.insert(comma + 1, "+");
    added += ",+" + words;
  }
  if (capabilities == "all") return text;
  text += fmt::format("--inh-caps={0} --ambient-caps={0} ", added);
  if (caller.uid == 0) text += fmt::format("--bounding-set={} ", added);
  return text;
}

Mode shell_umask(const Operate& operate) {
  const Mode own = operate.caller.umask;
  constexpr Mode kPlain = 0777;
  constexpr Mode kOfFiles = 0666;
  if (const auto* mkdir = std::get_if<Mkdir>(&operate.operation))
    return (mkdir->mode & kSticky) != 0 ? own : own | (kPlain & ~mkdir->mode);
  const auto* open = std::get_if<Open>(&operate.operation);
  return open != nullptr && open->flags.create ? own | (kOfFiles & ~open->mode) : own;
}

std::string unless_failed(const std::string& first, const std::string& second) {
  return first + "\n[ \"$error\" != success ] || " + second;
}

CommandOrWhy shell_open(const Open& open, const std::string& path, const Caller& caller) {
  const OpenFlags& flags = open.flags;
  const std::string prefix = shell_prefix(caller);
  const std::string command = "try " + prefix + "dd ";
  const std::string more = std::string(flags.append ? ",append" : "") + (flags.directory ? ",directory" : "") +
                           (flags.no_follow ? ",nofollow" : "");
  const std::string for_reading =
      fmt::format("{}if={} of=/dev/null count=0 status=none iflag=nonblock{}", command, path, more);
  if (flags.access == Access::kRead && !flags.create && !flags.truncate) return says(for_reading);
  const std::string how = std::string(flags.create ? "" : ",nocreat") + (flags.truncate ? "" : ",notrunc") +
                          (flags.create && flags.exclusive ? ",excl" : "");
  const std::string conversion = how.empty() ? "" : " conv=" + how.substr(1);
  const std::string for_writing =
      fmt::format("{}if=/dev/null of={}{} status=none oflag=nonblock{}", command, path, conversion, more);
  // Who makes a file may do anything with it.
  if (flags.access == Access::kWrite || (flags.create && flags.exclusive)) return says(for_writing);
  if (!flags.create) return says(unless_failed(for_reading, for_writing));
  if (flags.access == Access::kReadWrite && prefix.empty()) return says(for_writing);
  return cannot("no command opens a file for reading that it makes where there is none");
}

std::optional<Slot> slot_of(const Operation& operation) {
  return std::visit(
      [](const auto& of) -> std::optional<Slot> {
        if constexpr (requires { of.target.slot; }) {
          return of.target.slot;
        } else if constexpr (requires { of.slot; }) {
          return of.slot;
        } else {
          return std::nullopt;
        }
      },
      operation);
}

std::vector<WalkedPath> walked_paths(const Operation& operation) {
  return std::visit(
      [](const auto& of) -> std::vector<WalkedPath> {
        using Of = std::decay_t<decltype(of)>;
        constexpr bool kFollows = std::is_same_v<Of, ListDirectory> || std::is_same_v<Of, StatFileSystem>;
        if constexpr (std::is_same_v<Of, Open>) {
          return {{of.path, of.flags.no_follow ? Follow::kNoFollow : Follow::kFollow}};
        } else if constexpr (std::is_same_v<Of, Link>) {
          return {{of.from, of.follow}, {of.to, Follow::kNoFollow}};
        } else if constexpr (requires { of.from; }) {
          return {{of.from, Follow::kNoFollow}, {of.to, Follow::kNoFollow}};
        } else if constexpr (requires { of.target.slot; }) {
          if (of.target.slot) return {};
          return {{of.target.path, of.target.follow}};
        } else if constexpr (requires { of.path; }) {
          return {{of.path, kFollows ? Follow::kFollow : Follow::kNoFollow}};
        } else {
          return {};
        }
      },
      operation);
}

bool shows(const Operation& operation, Shown shown) {
  if (shown == Shown::kError) return true;
  if (std::holds_alternative<Stat>(operation)) return !stat_format(shown).empty();
  if (std::holds_alternative<ListXattr>(operation)) return shown == Shown::kAttribute;
  if (std::holds_alternative<StatFileSystem>(operation)) return shown == Shown::kCount;
  if (std::holds_alternative<ListDirectory>(operation))
    return shown == Shown::kListed || shown == Shown::kListedNumber || shown == Shown::kListedType ||
           shown == Shown::kEntries;
  const bool has_bytes = std::holds_alternative<Readlink>(operation) || std::holds_alternative<GetXattr>(operation) ||
                         std::holds_alternative<Read>(operation);
  return has_bytes && shown == Shown::kBytes;
}

CommandOrWhy shell_command(const Operate& operate, const Value& value, const ShellPlace& place) {
  return std::visit(Commands(operate, value, place), operate.operation);
}

}  // namespace ovlspec::oracle
