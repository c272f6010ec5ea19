// A reproducer as a shell script, with the commands that everybody has.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "oracle/report_calls.h"
#include "oracle/report_run.h"
#include "oracle/report_shell_words.h"
#include "oracle/trace_words.h"

namespace ovlspec::oracle {
namespace {

constexpr unsigned kFirstDescriptor = 3;
constexpr unsigned kLastDescriptor = 9;

// The printed lines; or, once something cannot be said in a shell, why.
class Shell {
 public:
  Shell(const Script& script, Dialect dialect) : script_(script), dialect_(dialect), values_(values_of(script)) {}

  TextOrWhy run() {
    for (step_ = 0; step_ < script_.steps.size() && why_not_.empty(); ++step_) {
      const ScriptStep& step = script_.steps[step_];
      if (!step.comment.empty()) line(shell_comment(step.comment));
      for (const std::string& directory : step.within)
        line(fmt::format("if is_directory {}; then", shell_word(directory)));
      std::visit([this](const auto& action) { told(action); }, step.action);
      for (std::size_t i = 0; i < step.within.size(); ++i) line("fi");
    }
    if (!why_not_.empty()) return {.text = {}, .why_not = why_not_};
    if (dialect_ == Dialect::kPlain) end();
    return {.text = lines_, .why_not = {}};
  }

 private:
  void line(const std::string& text) { lines_ += text + "\n"; }
  void give_up(const std::string& why) { why_not_ = why; }

  // Keeps what values compare of this step, that commands with `try` show.
  template <typename CommandOf>
  void keep(const CommandOf& command_of) {
    const std::size_t answer = script_.steps[step_].answer;
    bool is_done = false;
    std::string said;
    for (std::size_t i = 0; i < values_.size(); ++i) {
      if (answer == 0 || values_[i].moment != answer) continue;
      const std::string command = is_done && values_[i].shown == Shown::kError ? said : command_of(values_[i]);
      // What was read once is not there a second time.
      if (command != said) line(command);
      said = command;
      const bool is_error = values_[i].shown == Shown::kError;
      line(fmt::format("seen{}=${}", i + 1, is_error ? "error" : "output"));
      is_done = true;
    }
    if (!is_done) line(command_of(Value{}));
    if (dialect_ == Dialect::kXfstests && answer != 0) complain(answer);
  }
  // In xfstests what is as it should be says nothing.
  void complain(std::size_t answer) {
    for (const Claim& claim : script_.claims) {
      if (claim.left.moment != answer) continue;
      const std::string words = shell_word(words_of(script_, claim.left));
      const std::string expected = shell_word(std::get<std::string>(claim.right));
      line(fmt::format("{0} {1} {2} && echo {3}: {1}, expected {2}", word_of(claim.relation), seen(claim.left),
                       expected, words));
    }
  }
  // Its variable.
  std::string seen(const Value& value) const {
    const auto at = std::find(values_.begin(), values_.end(), value) - values_.begin();
    return fmt::format("\"$seen{}\"", at + 1);
  }
  void keep(const std::string& command) {
    keep([&](const Value&) { return command; });
  }

  void end() {
    for (const Value& value : values_)
      line(fmt::format("echo seen: {} {}", shell_word(words_of(script_, value) + ":"), seen(value)));
    std::vector<std::string> claims;
    for (const Claim& claim : script_.claims) {
      const auto* value = std::get_if<Value>(&claim.right);
      const std::string right = value != nullptr ? seen(*value) : shell_word(std::get<std::string>(claim.right));
      claims.push_back(fmt::format("{} {} {}", word_of(claim.relation), seen(claim.left), right));
    }
    line("# It is there where this holds.");
    line(fmt::format("if {}; then", fmt::join(claims, script_.holding == Holding::kAll ? " && " : " || ")));
    line(fmt::format("  verdict 0 '{}'\nfi\nverdict 1 '{}'", kBugIsThere, kBugIsNotThere));
  }

  void told(const LayObject& lay);
  void told(const LayLink& lay) { line("ln -P -- " + shell_word(lay.from) + " " + shell_word(lay.to)); }
  void told(const LayTimes& lay) {
    for (const auto& [option, time] : {std::pair("-a", lay.access), std::pair("-m", lay.modify)})
      line(fmt::format("touch -h {} -d @{} -- {}", option, time_text(time), shell_word(lay.path)));
  }
  void told(const OnDisk& disk);
  void told(const DiskMode& disk) {
    line(fmt::format("change_mode_of {} {}", shell_mode(disk.mode), shell_word(disk.path)));
  }
  void told(const DiskContent& disk) {
    line(fmt::format("if [ -f {0} ] && ! [ -L {0} ]; then {1} >{0}; fi", shell_word(disk.path),
                     shell_printf(disk.content)));
  }
  void told(const MountOverlay& mount) {
    if (dialect_ == Dialect::kXfstests)
      return keep(fmt::format("try $MOUNT_PROG -t overlay -o {} overlay $SCRATCH_MNT", shell_word(mount.options)));
    keep(fmt::format("try mount -t overlay -o nodev,nosuid,{} overlay {}", shell_word(mount.options),
                     shell_word(mount.at)));
  }
  void told(const MountProgramAt& mount) {
    std::string command = "start";
    for (const std::string& word : mount.words) command += " " + shell_word(word);
    keep(command);
  }
  void told(const UnmountAt& unmount) {
    close_all();
    if (dialect_ == Dialect::kXfstests) return keep(std::string("try $UMOUNT_PROG $SCRATCH_MNT"));
    keep("unmount " + unmount.at);
  }
  void told(const KillServer& kill) {
    close_all();
    if (dialect_ == Dialect::kXfstests) return give_up("the suite has no crash of a file system");
    keep("kill_server " + kill.at);
  }
  void told(const Pause&) { line("sleep 1.1"); }
  void told(const DropCachesNow&) { line("echo 2 >/proc/sys/vm/drop_caches"); }
  void told(const Operate& operate);
  void told(const TakeHandle&) { give_up("no command takes a file handle"); }
  void told(const OpenHandle&) { give_up("no command opens a file handle"); }
  void told(const Orphans& orphans) {
    keep("try sh -c " + shell_word("find " + shell_word(orphans.path) + " ! -type d ! -type c -links 1 | wc -l"));
  }

  void stay_inside(const Operate& operate);
  bool has_ways_out() const;

  // Open files.
  bool is_used_later(Slot slot) const;
  std::optional<unsigned> descriptor(Slot slot);
  void close_all();
  void line_umask(Mode mask, Mode before);
  void open_file(const Operate& operate, const Open& open);
  bool is_exact(const Open& open) const;
  bool modes_matter() const;
  void close_file(const Close& close);
  void read_file(const Operate& operate, const Read& read);
  void write_file(const Operate& operate, const Write& write);
  std::optional<std::string> why_not_on_slot(const Operate& operate) const;

  const Script& script_;
  Dialect dialect_;
  std::vector<Value> values_;
  std::size_t step_ = 0;
  std::string lines_;
  std::string why_not_;
  struct OpenFile {
    unsigned descriptor = 0;
    FileSize position = 0;
    Access access = Access::kRead;
  };
  std::map<Slot, OpenFile> open_;
};

void Shell::told(const LayObject& lay) {
  const model::Inode& inode = lay.inode;
  const std::string path = shell_word(lay.path);
  switch (inode.type) {
    case FileType::kRegular:
      line(shell_printf(inode.content.data()) + " >" + path);
      if (inode.content.size() != inode.content.data().size())
        line(fmt::format("truncate -s {} {}", inode.content.size(), path));
      break;
    case FileType::kDirectory: line("mkdir -p " + path); break;
    case FileType::kSymlink: line("ln -s -T -- " + shell_word(inode.content.all()) + " " + path); break;
    case FileType::kCharDevice:
    case FileType::kBlockDevice:
      line(fmt::format("mknod {} {} {} {}", path, inode.type == FileType::kCharDevice ? "c" : "b", inode.device.major,
                       inode.device.minor));
      break;
    case FileType::kFifo: line(fmt::format("mknod {} p", path)); break;
    case FileType::kSocket: return give_up("no command makes a socket");
  }
  // Set-id bits do not outlive a change of the owner.
  if (inode.uid != 0 || inode.gid != 0) line(fmt::format("chown -h {}:{} {}", inode.uid, inode.gid, path));
  if (!inode.is(FileType::kSymlink)) line(fmt::format("chmod {} {}", shell_mode(inode.mode), path));
  for (const model::Xattr& xattr : inode.xattrs)
    line(fmt::format("setfattr -h -n {}{} {}", shell_word(xattr.name), shell_attribute(xattr.value), path));
}

void Shell::told(const OnDisk& disk) {
  const std::string path = shell_word(disk.path);
  const std::string other = shell_word(disk.other);
  switch (disk.action) {
    case DiskAction::kMakeDirectory:
      if (dialect_ == Dialect::kXfstests && disk.path == "mount") return;
      return line("mkdir -m 755 " + path);
    case DiskAction::kMountTmpfs:
      if (dialect_ == Dialect::kXfstests) return give_up("the suite has one file system for all layers");
      return line(fmt::format("mkdir {0}\nmount -t tmpfs -o mode=755 overlay-test {0}", path));
    case DiskAction::kRemoveTree: return line("rm -rf -- " + path);
    case DiskAction::kEmptyDirectory: return line(fmt::format("find {} -mindepth 1 -delete", path));
    case DiskAction::kMoveTree: return line("move_tree " + path + " " + other);
    case DiskAction::kLinkTree: return line("link_tree " + path + " " + other);
    case DiskAction::kCopyTree: return line("copy_tree " + path + " " + other);
    case DiskAction::kCopyTreeWithoutAttributes:
      return line(fmt::format("cp -a --no-preserve=xattr -T -- {} {}", path, other));
    case DiskAction::kModeAs: return line(fmt::format("chmod --reference={} {}", other, path));
  }
}

// Whether a path can lead to the host's root directory: by `..`, or by a symlink.
bool Shell::has_ways_out() const {
  const auto leads_out = [](const std::string& target) {
    return target.substr(0, 1) == "/" || target.find("..") != std::string::npos;
  };
  return std::any_of(script_.steps.begin(), script_.steps.end(), [&](const ScriptStep& step) {
    if (const auto* lay = std::get_if<LayObject>(&step.action))
      return lay->inode.is(FileType::kSymlink) && leads_out(lay->inode.content.all());
    const auto* operate = std::get_if<Operate>(&step.action);
    if (operate == nullptr) return false;
    const auto* symlink = std::get_if<Symlink>(&operate->operation);
    if (symlink != nullptr && leads_out(symlink->target)) return true;
    const std::vector<WalkedPath> paths = walked_paths(operate->operation);
    return std::any_of(paths.begin(), paths.end(),
                       [](const WalkedPath& walked) { return walked.path.find("..") != std::string::npos; });
  });
}

void Shell::stay_inside(const Operate& operate) {
  if (operate.inside == Inside::kLayers || !has_ways_out()) return;
  for (const WalkedPath& walked : walked_paths(operate.operation)) {
    std::string path = walked.path;
    while (!path.empty() && path.back() == '/') path.pop_back();
    const std::string last = path.substr(path.rfind('/') + 1);
    // What is not followed may lead wherever it likes.
    const bool is_followed = walked.last == Follow::kFollow || path != walked.path || last == "..";
    if (!is_followed) path = path.substr(0, path.size() - last.size());
    if (!path.empty())
      line(fmt::format("stay_inside {} {}", shell_path("/", Inside::kMount, dialect_),
                       shell_path(path, Inside::kMount, dialect_)));
  }
}

void Shell::told(const Operate& operate) {
  for (const Value& value : values_) {
    const bool is_shown = value.moment != script_.steps[step_].answer || shows(operate.operation, value.shown);
    if (!is_shown) return give_up("no command shows that of it");
  }
  stay_inside(operate);
  if (const auto* open = std::get_if<Open>(&operate.operation)) return open_file(operate, *open);
  if (const auto* close = std::get_if<Close>(&operate.operation)) return close_file(*close);
  if (const auto* read = std::get_if<Read>(&operate.operation)) return read_file(operate, *read);
  if (const auto* write = std::get_if<Write>(&operate.operation)) return write_file(operate, *write);
  if (const auto why = why_not_on_slot(operate)) return give_up(*why);
  const auto path_of_slot = [this](Slot slot) -> std::optional<std::string> {
    const auto file = open_.find(slot);
    if (file == open_.end()) return std::nullopt;
    return "/dev/fd/" + std::to_string(file->second.descriptor);
  };
  const Mode umask = shell_umask(operate);
  line_umask(umask, 0);
  keep([&](const Value& value) {
    const CommandOrWhy command = shell_command(operate, value, {dialect_, path_of_slot});
    if (!command.why_not.empty()) give_up(command.why_not);
    return command.text;
  });
  line_umask(0, umask);
}

// Up to where the slot is closed, or filled again.
bool Shell::is_used_later(Slot slot) const {
  for (std::size_t i = step_ + 1; i < script_.steps.size(); ++i) {
    if (std::holds_alternative<UnmountAt>(script_.steps[i].action)) return false;
    const auto* operate = std::get_if<Operate>(&script_.steps[i].action);
    if (operate == nullptr) continue;
    const auto used = slot_of(operate->operation);
    if (used != slot) continue;
    return !std::holds_alternative<Close>(operate->operation) && !std::holds_alternative<Open>(operate->operation);
  }
  return false;
}

std::optional<unsigned> Shell::descriptor(Slot slot) {
  if (const auto file = open_.find(slot); file != open_.end()) return file->second.descriptor;
  for (unsigned number = kFirstDescriptor; number <= kLastDescriptor; ++number) {
    const auto is_it = [number](const auto& file) { return file.second.descriptor == number; };
    if (std::none_of(open_.begin(), open_.end(), is_it)) return number;
  }
  return std::nullopt;
}

void Shell::close_all() {
  for (const auto& [slot, file] : open_) line(fmt::format("exec {}>&-", file.descriptor));
  open_.clear();
}

// A mask for what follows, where it is another than before.
void Shell::line_umask(Mode mask, Mode before) {
  if (mask != before) line("umask " + shell_mode(mask));
}

void Shell::open_file(const Operate& operate, const Open& open) {
  const OpenFlags& flags = open.flags;
  const std::string path = shell_path(open.path, operate.inside, dialect_);
  if (!is_exact(open)) return give_up("no redirection opens a file so");
  // A redirection of this shell's is the superuser's, and may make what it does not find.
  const bool may_make = flags.access != Access::kRead && !flags.create;
  const bool is_used = is_used_later(open.slot);
  const bool can_hold = operate.caller == superuser() && operate.error == Errno::kOk && (is_used || !may_make);
  const Mode umask = shell_umask(operate);
  const CommandOrWhy opened = shell_open(open, path, operate.caller);
  if (!can_hold) {
    if (is_used) return give_up("no shell holds a file open for another user");
    if (!opened.why_not.empty()) return give_up(opened.why_not);
    line_umask(umask, 0);
    keep(opened.text);
    return line_umask(0, umask);
  }
  const auto number = descriptor(open.slot);
  if (!number) return give_up("a shell has no names for so many descriptors");
  const char* how = flags.access == Access::kRead ? "<" : flags.append ? ">>" : flags.truncate ? ">" : "<>";
  std::string command = fmt::format("try_open {} '{}' {}", *number, how, path);
  // A redirection knows no such flags: one who does opens it first.
  if (flags.exclusive || flags.directory || flags.no_follow) {
    if (!opened.why_not.empty()) return give_up(opened.why_not);
    command = unless_failed(opened.text, command);
  }
  line_umask(umask, 0);
  keep(command);
  line_umask(0, umask);
  open_[open.slot] = {.descriptor = *number, .position = 0, .access = flags.access};
}

// Whether a redirection says all that the call does.
bool Shell::is_exact(const Open& open) const {
  const OpenFlags& flags = open.flags;
  const bool has_mode = !flags.create || (open.mode & ~0666U) == 0 || !modes_matter();
  const bool reads_too = flags.access == Access::kReadWrite && (flags.append || flags.truncate);
  return has_mode && !(reads_too && is_used_later(open.slot));
}

// To other users, or to what is compared.
bool Shell::modes_matter() const {
  const auto is_of_another = [](const ScriptStep& step) {
    const auto* operate = std::get_if<Operate>(&step.action);
    return operate != nullptr && !shell_prefix(operate->caller).empty();
  };
  return dialect_ == Dialect::kXfstests ||
         std::any_of(values_.begin(), values_.end(), [](const Value& value) { return value.shown == Shown::kMode; }) ||
         std::any_of(script_.steps.begin(), script_.steps.end(), is_of_another);
}

void Shell::close_file(const Close& close) {
  const std::size_t answer = script_.steps[step_].answer;
  const auto is_asked = [answer](const Value& value) { return value.moment == answer; };
  if (answer != 0 && std::any_of(values_.begin(), values_.end(), is_asked))
    return give_up("no shell tells what closing a file answers");
  const auto file = open_.find(close.slot);
  if (file == open_.end()) return;
  line(fmt::format("exec {}>&-", file->second.descriptor));
  open_.erase(file);
}

// Commands that open the file anew by its descriptor's path: another user may not, nor by what was opened for reading.
std::optional<std::string> Shell::why_not_on_slot(const Operate& operate) const {
  const auto slot = slot_of(operate.operation);
  const auto file = slot ? open_.find(*slot) : open_.end();
  const bool truncates = std::holds_alternative<Truncate>(operate.operation);
  if (file == open_.end() || !(truncates || std::holds_alternative<Sync>(operate.operation))) return std::nullopt;
  if (!shell_prefix(operate.caller).empty()) return "no command does so with another user's open file";
  if (truncates && file->second.access == Access::kRead) return "truncate opens a file for writing";
  return std::nullopt;
}

void Shell::read_file(const Operate& operate, const Read& read) {
  const auto file = open_.find(read.slot);
  if (file == open_.end()) return give_up("no shell holds that file open");
  OpenFile& open = file->second;
  if (read.offset < open.position) return give_up("no command reads backwards from an open file");
  keep(fmt::format("try_bytes {}dd iflag=skip_bytes,count_bytes skip={} count={} status=none <&{}",
                   shell_prefix(operate.caller), read.offset - open.position, read.length, open.descriptor));
  open.position = read.offset + read.length;
}

void Shell::write_file(const Operate& operate, const Write& write) {
  const auto file = open_.find(write.slot);
  if (file == open_.end()) return give_up("no shell holds that file open");
  OpenFile& open = file->second;
  if (write.offset < open.position) return give_up("no command writes backwards to an open file");
  if (write.data.empty()) return give_up("no command writes nothing");
  line(fmt::format("{} >written", shell_printf(write.data)));
  keep(fmt::format("try {}sh -c 'dd if=written oflag=seek_bytes seek={} bs={} conv=notrunc status=none >&{}'",
                   shell_prefix(operate.caller), write.offset - open.position, write.data.size(), open.descriptor));
  open.position = write.offset + write.data.size();
}

}  // namespace

TextOrWhy shell_text(const Script& script) {
  TextOrWhy body = Shell(script, Dialect::kPlain).run();
  if (!body.why_not.empty()) return body;
  std::string text = "#!/bin/sh\n";
  for (const std::string& line : script.header) text += shell_comment(line) + "\n";
  return {.text = text + "#\n" + needed_blocks(reproducer_file("stack.sh"), "#:: ", body.text) + body.text,
          .why_not = {}};
}

TextOrWhy xfstests_steps(const Script& script) {
  TextOrWhy body = Shell(script, Dialect::kXfstests).run();
  if (!body.why_not.empty()) return body;
  // What comes before the first function makes a namespace, which xfstests do not.
  const std::string functions = needed_blocks(reproducer_file("stack.sh"), "#:: ", body.text);
  const std::string first = "# $error: the name";
  return {.text = "say() { echo \"$@\" >>$seqres.full; }\ncannot() { _notrun \"$*\"; }\n\n" +
                  functions.substr(functions.find(first)) + body.text,
          .why_not = {}};
}

}  // namespace ovlspec::oracle
