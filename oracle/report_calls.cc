#include "oracle/report_calls.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "model/describe.h"

namespace ovlspec::oracle {
namespace {

using Kind = Argument::Kind;

Argument text(std::string value) { return {.kind = Kind::kText, .text = std::move(value), .words = {}}; }
Argument bytes(std::string value) { return {.kind = Kind::kBytes, .text = std::move(value), .words = {}}; }
Argument bare(std::string value) { return {.kind = Kind::kBare, .text = std::move(value), .words = {}}; }
template <typename Integer>
Argument number(Integer value) {
  return bare(std::to_string(value));
}
// Both languages read it as such.
Argument hexadecimal(std::uint64_t value) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string digits;
  for (; value != 0 || digits.empty(); value /= 16) digits.insert(digits.begin(), kDigits[value % 16]);
  return bare("0x" + digits);
}

Argument follow_of(Follow follow) { return bare(follow == Follow::kFollow ? "FOLLOW" : "NOFOLLOW"); }

std::string type_bits(FileType type) {
  switch (type) {
    case FileType::kRegular: return "S_IFREG";
    case FileType::kDirectory: return "S_IFDIR";
    case FileType::kSymlink: return "S_IFLNK";
    case FileType::kCharDevice: return "S_IFCHR";
    case FileType::kBlockDevice: return "S_IFBLK";
    case FileType::kFifo: return "S_IFIFO";
    case FileType::kSocket: return "S_IFSOCK";
  }
  return {};
}

Argument device_of(Device device) {
  return bare("makedev(" + std::to_string(device.major) + ", " + std::to_string(device.minor) + ")");
}

std::string open_flags(const OpenFlags& flags) {
  std::string words = flags.access == Access::kRead    ? "O_RDONLY"
                      : flags.access == Access::kWrite ? "O_WRONLY"
                                                       : "O_RDWR";
  if (flags.create) words += " | O_CREAT";
  if (flags.create && flags.exclusive) words += " | O_EXCL";
  if (flags.truncate) words += " | O_TRUNC";
  if (flags.append) words += " | O_APPEND";
  if (flags.directory) words += " | O_DIRECTORY";
  if (flags.no_follow) words += " | O_NOFOLLOW";
  return words;
}

std::string rename_flags(RenameMode mode) {
  switch (mode) {
    case RenameMode::kReplace: return "0";
    case RenameMode::kNoReplace: return "RENAME_NOREPLACE";
    case RenameMode::kExchange: return "RENAME_EXCHANGE";
    case RenameMode::kWhiteout: return "RENAME_WHITEOUT";
  }
  return {};
}

std::string attribute_flags(XattrMode mode) {
  switch (mode) {
    case XattrMode::kAny: return "0";
    case XattrMode::kCreate: return "XATTR_CREATE";
    case XattrMode::kReplace: return "XATTR_REPLACE";
  }
  return {};
}

void add_time(std::vector<Argument>& arguments, const TimeChange& change) {
  const bool is_set = change.kind == TimeChange::Kind::kSet;
  arguments.push_back(number(is_set ? change.value.seconds : 0));
  if (is_set) {
    arguments.push_back(number(change.value.nanoseconds));
  } else {
    arguments.push_back(bare(change.kind == TimeChange::Kind::kNow ? "UTIME_NOW" : "UTIME_OMIT"));
  }
}

// The function and its arguments. Of a target: a slot or -1, and a path.
struct OperationCall {
  using Made = std::pair<const char*, std::vector<Argument>>;

  static Made on(const char* function, const Target& target, std::vector<Argument> more) {
    std::vector<Argument> arguments = {number(target.slot ? int{*target.slot} : -1), text(target.path)};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return {function, std::move(arguments)};
  }

  Made operator()(const Open& o) const {
    return {"open_slot", {number(o.slot), text(o.path), bare(open_flags(o.flags)), mode(o.mode)}};
  }
  Made operator()(const Close& o) const { return {"close_slot", {number(o.slot)}}; }
  Made operator()(const Read& o) const { return {"read_slot", {number(o.slot), number(o.offset), number(o.length)}}; }
  Made operator()(const Write& o) const { return {"write_slot", {number(o.slot), number(o.offset), bytes(o.data)}}; }
  Made operator()(const Truncate& o) const { return on("set_size", o.target, {number(o.size)}); }
  Made operator()(const Mkdir& o) const { return {"make_dir", {text(o.path), mode(o.mode)}}; }
  Made operator()(const Rmdir& o) const { return {"remove_dir", {text(o.path)}}; }
  Made operator()(const Unlink& o) const { return {"unlink_name", {text(o.path)}}; }
  Made operator()(const Link& o) const {
    return {"link_name", {text(o.from), text(o.to), bare(o.follow == Follow::kFollow ? "AT_SYMLINK_FOLLOW" : "0")}};
  }
  Made operator()(const Symlink& o) const { return {"symlink_name", {text(o.target), text(o.path)}}; }
  Made operator()(const Readlink& o) const { return {"read_link", {text(o.path)}}; }
  Made operator()(const Rename& o) const {
    return {"rename_name", {text(o.from), text(o.to), bare(rename_flags(o.mode))}};
  }
  Made operator()(const Chmod& o) const {
    return on("change_mode", o.target, {mode(o.mode), follow_of(o.target.follow)});
  }
  Made operator()(const Chown& o) const {
    const auto id = [](const auto& value) { return value ? number(*value) : bare("0xffffffff"); };
    return on("change_owner", o.target, {id(o.uid), id(o.gid), follow_of(o.target.follow)});
  }
  Made operator()(const Utimens& o) const {
    std::vector<Argument> more;
    add_time(more, o.access);
    add_time(more, o.modify);
    more.push_back(follow_of(o.target.follow));
    return on("set_times", o.target, std::move(more));
  }
  Made operator()(const SetXattr& o) const {
    return on("set_attribute", o.target,
              {text(o.name), bytes(o.value), bare(attribute_flags(o.mode)), follow_of(o.target.follow)});
  }
  Made operator()(const GetXattr& o) const {
    return on("get_attribute", o.target, {text(o.name), follow_of(o.target.follow)});
  }
  Made operator()(const ListXattr& o) const { return on("list_attributes", o.target, {follow_of(o.target.follow)}); }
  Made operator()(const RemoveXattr& o) const {
    return on("remove_attribute", o.target, {text(o.name), follow_of(o.target.follow)});
  }
  Made operator()(const Mknod& o) const {
    return {"make_node", {text(o.path), bare(type_bits(o.type)), mode(o.mode), device_of(o.device)}};
  }
  Made operator()(const ReadDirectory& o) const { return {"read_directory", {number(o.slot), number(o.count)}}; }
  Made operator()(const RewindDirectory& o) const { return {"rewind_directory", {number(o.slot)}}; }
  Made operator()(const ListDirectory& o) const { return {"list_directory", {text(o.path)}}; }
  Made operator()(const Stat& o) const { return on("look", o.target, {follow_of(o.target.follow)}); }
  Made operator()(const StatFileSystem& o) const { return {"look_at_file_system", {text(o.path)}}; }
  Made operator()(const Lock& o) const {
    return {"lock", {number(o.slot), number(static_cast<std::uint64_t>(o.kind))}};
  }
  Made operator()(const Sync& o) const { return {"synchronise", {number(o.slot), number(o.data_only ? 1 : 0)}}; }

  static Argument mode(Mode mode) { return {.kind = Kind::kOctal, .text = model::octal(mode), .words = {}}; }
};

const char* function_of(DiskAction action) {
  switch (action) {
    case DiskAction::kMakeDirectory: return "make_directory";
    case DiskAction::kMountTmpfs: return "mount_tmpfs";
    case DiskAction::kRemoveTree: return "remove_tree";
    case DiskAction::kEmptyDirectory: return "empty_directory";
    case DiskAction::kMoveTree: return "move_tree";
    case DiskAction::kLinkTree: return "link_tree";
    case DiskAction::kCopyTree: return "copy_tree";
    case DiskAction::kCopyTreeWithoutAttributes: return "copy_tree_without_attributes";
    case DiskAction::kModeAs: return "mode_as";
  }
  return "";
}

class Calls {
 public:
  explicit Calls(const Script& script) : script_(script) {}

  std::vector<Call> run() {
    for (const ScriptStep& step : script_.steps) {
      step_ = &step;
      std::visit([this](const auto& action) { told(action); }, step.action);
    }
    return std::move(calls_);
  }

 private:
  static Argument mode(Mode value) { return OperationCall::mode(value); }

  void add(const char* function, std::vector<Argument> arguments) {
    calls_.push_back(
        {.function = function, .arguments = std::move(arguments), .answer = 0, .within = step_->within, .comment = {}});
  }
  // Whatever the step is about.
  void add_between(const char* function, std::vector<Argument> arguments) {
    add(function, std::move(arguments));
    calls_.back().within.clear();
  }
  // What the step is about.
  void add_main(const char* function, std::vector<Argument> arguments) {
    add(function, std::move(arguments));
    calls_.back().answer = step_->answer;
    calls_.back().comment = step_->comment;
  }

  void become(const Caller& caller) {
    if (caller == caller_) return;
    caller_ = caller;
    Argument groups{.kind = Kind::kNumbers, .text = {}, .words = {}};
    for (const Gid gid : caller.groups) groups.words.push_back(std::to_string(gid));
    add_between("become", {number(caller.uid), number(caller.gid), mode(caller.umask),
                           hexadecimal(caller.capabilities.bits()), groups});
  }
  void go(Inside inside) {
    if (inside == inside_) return;
    inside_ = inside;
    add_between(inside == Inside::kMount ? "inside" : "outside", {});
  }
  void by_nobody() {
    become(superuser());
    go(Inside::kLayers);
  }

  void told(const LayObject& lay) {
    by_nobody();
    const model::Inode& inode = lay.inode;
    const Argument path = text(lay.path);
    const Argument uid = number(inode.uid);
    const Argument gid = number(inode.gid);
    switch (inode.type) {
      case FileType::kRegular:
        add_main("lay_file",
                 {path, mode(inode.mode), uid, gid, bytes(inode.content.data()), number(inode.content.size())});
        break;
      case FileType::kDirectory: add_main("lay_directory", {path, mode(inode.mode), uid, gid}); break;
      case FileType::kSymlink: add_main("lay_symlink", {path, text(inode.content.all()), uid, gid}); break;
      case FileType::kCharDevice:
      case FileType::kBlockDevice:
      case FileType::kFifo:
      case FileType::kSocket:
        add_main("lay_node", {path, bare(type_bits(inode.type)), mode(inode.mode), uid, gid, device_of(inode.device)});
    }
    for (const model::Xattr& xattr : inode.xattrs) add("lay_attribute", {path, text(xattr.name), bytes(xattr.value)});
  }
  void told(const LayLink& lay) {
    by_nobody();
    add_main("lay_link", {text(lay.from), text(lay.to)});
  }
  void told(const LayTimes& lay) {
    by_nobody();
    add_main("lay_times", {text(lay.path), number(lay.access.seconds), number(lay.access.nanoseconds),
                           number(lay.modify.seconds), number(lay.modify.nanoseconds)});
  }
  void told(const OnDisk& disk) {
    by_nobody();
    std::vector<Argument> arguments = {text(disk.path)};
    if (!disk.other.empty()) arguments.push_back(text(disk.other));
    add_main(function_of(disk.action), std::move(arguments));
  }
  void told(const DiskMode& disk) {
    by_nobody();
    add_main("change_mode_of", {text(disk.path), mode(disk.mode)});
  }
  void told(const DiskContent& disk) {
    by_nobody();
    add_main("change_content_of", {text(disk.path), bytes(disk.content)});
  }
  void told(const MountOverlay& mount) {
    by_nobody();
    add_main("mount_overlay", {text(mount.at), text(mount.options)});
  }
  void told(const MountProgramAt& mount) {
    by_nobody();
    add_main("mount_program", {text(mount.at), {.kind = Kind::kWords, .text = {}, .words = mount.words}});
  }
  void told(const UnmountAt& unmount) {
    by_nobody();
    add_main("unmount", {text(unmount.at)});
  }
  void told(const KillServer& kill) {
    by_nobody();
    add_main("kill_server", {text(kill.at)});
  }
  void told(const DropCachesNow&) {
    by_nobody();
    add_main("drop_caches", {});
  }
  void told(const Pause&) { add_main("pause_a_second", {}); }
  void told(const Operate& operate) {
    become(operate.caller);
    go(operate.inside);
    auto [function, arguments] = std::visit(OperationCall{}, operate.operation);
    add_main(function, std::move(arguments));
  }
  void told(const TakeHandle& take) {
    become(superuser());
    go(Inside::kMount);
    add_main("take_handle", {text(take.path)});
  }
  void told(const OpenHandle& open) {
    by_nobody();
    add_main("open_handle", {{.kind = Kind::kAnswer, .text = std::to_string(open.taken), .words = {}}});
  }
  void told(const Orphans& orphans) {
    by_nobody();
    add_main("count_orphans", {text(orphans.path)});
  }

  const Script& script_;
  const ScriptStep* step_ = nullptr;
  std::vector<Call> calls_;
  Caller caller_ = superuser();
  Inside inside_ = Inside::kLayers;
};

bool is_name(char c) { return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

bool has_word(const std::string& text, std::string_view word) {
  for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) {
    const bool begins = at == 0 || !is_name(text[at - 1]);
    const bool ends = at + word.size() >= text.size() || !is_name(text[at + word.size()]);
    if (begins && ends) return true;
  }
  return false;
}

}  // namespace

std::vector<Call> calls_of(const Script& script) { return Calls(script).run(); }

namespace {

std::string value_text(const Value& value, const Writing& writing) {
  return fmt::format("value(seen{}, {}, {})", value.moment, writing.literal(word_of(value.shown)),
                     writing.literal(value.name));
}

std::string claim_text(const Claim& claim, const Writing& writing) {
  const auto* value = std::get_if<Value>(&claim.right);
  const std::string right =
      value != nullptr ? value_text(*value, writing) : writing.literal(std::get<std::string>(claim.right));
  return fmt::format("{}({}, {})", word_of(claim.relation), value_text(claim.left, writing), right);
}

std::string guard_text(const Call& call, const Writing& writing) {
  if (call.within.empty()) return {};
  std::vector<std::string> conditions;
  for (const std::string& directory : call.within)
    conditions.push_back("is_directory(" + writing.literal(directory) + ")");
  return fmt::format(fmt::runtime(writing.guard), fmt::join(conditions, writing.all));
}

}  // namespace

std::string body_of(const Script& script, const Writing& writing) {
  const std::set<std::size_t> used = answers_used(script);
  std::string text;
  const auto line = [&](const std::string& words) { text.append(writing.indent).append(words).append("\n"); };
  for (const Call& call : calls_of(script)) {
    if (!call.comment.empty()) line(writing.comment(call.comment));
    std::vector<std::string> arguments;
    for (const Argument& argument : call.arguments) arguments.push_back(writing.argument(argument));
    const std::string kept =
        used.count(call.answer) != 0 ? fmt::format("{}seen{} = ", writing.answer, call.answer) : std::string();
    line(fmt::format("{}{}{}({}){}", guard_text(call, writing), kept, call.function, fmt::join(arguments, ", "),
                     writing.end));
  }
  for (const Value& value : values_of(script))
    line(fmt::format("tell({}, {}){}", writing.literal(words_of(script, value)), value_text(value, writing),
                     writing.end));
  std::vector<std::string> claims;
  for (const Claim& claim : script.claims) claims.push_back(claim_text(claim, writing));
  line(writing.comment("It is there where this holds."));
  const std::string_view between = script.holding == Holding::kAll ? writing.all : writing.any;
  line(fmt::format("return finish({}){}", fmt::join(claims, between), writing.end));
  return text;
}

std::string needed_blocks(std::string_view file, std::string_view mark, const std::string& text) {
  struct Block {
    std::vector<std::string> names;
    std::string text;
    bool is_needed = false;
  };
  std::vector<Block> blocks(1);
  blocks.front().is_needed = true;
  for (std::size_t begin = 0; begin < file.size();) {
    const auto end = std::min(file.find('\n', begin), file.size());
    const std::string_view line = file.substr(begin, end - begin);
    if (line.substr(0, mark.size()) == mark) {
      blocks.emplace_back();
      for (const std::string& name : split_words(line.substr(mark.size())).value_or(std::vector<std::string>{}))
        blocks.back().names.push_back(name);
    } else {
      blocks.back().text.append(line).append("\n");
    }
    begin = end + 1;
  }
  std::string needing = text + blocks.front().text;
  for (bool grows = true; grows;) {
    grows = false;
    for (Block& block : blocks) {
      const auto is_used = [&](const std::string& name) { return has_word(needing, name); };
      if (block.is_needed || std::none_of(block.names.begin(), block.names.end(), is_used)) continue;
      block.is_needed = grows = true;
      needing += block.text;
    }
  }
  std::string all;
  for (const Block& block : blocks)
    if (block.is_needed) all += block.text;
  return all;
}

std::string reproducer_file(std::string_view name) {
  for (const ReproducerFile& file : kReproducerFiles)
    if (file.name == name) return std::string(file.text);
  return {};
}

}  // namespace ovlspec::oracle
