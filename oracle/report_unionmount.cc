// A case as a module of unionmount-testsuite: its context makes the calls, and checks what they answer.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "model/merge.h"
#include "oracle/report_export.h"
#include "oracle/trace_text.h"

namespace ovlspec::oracle {
namespace {

using model::Tree;

constexpr const char* kFilled = "ctx.non_empty_dir()";

std::string python_name(std::size_t number) { return "name" + std::to_string(number); }

// The names of the tree's root as those that the suite made; and names that it did not make.
class Names {
 public:
  explicit Names(const Tree& tree) {
    for (const model::Entry& entry : tree[model::kRoot].entries) add(tree, entry);
  }

  const std::string& why_not() const { return why_not_; }
  // The suite fills directories with more than a trace does.
  bool has_filled() const { return std::count(made_.begin(), made_.end(), kFilled) > 0; }
  // A Python expression, from a path of plain components.
  std::string of(const std::string& path) {
    std::string rest = path;
    while (!rest.empty() && rest.front() == '/') rest.erase(0, 1);
    const bool is_plain = !rest.empty() && rest.back() != '/' && rest.find("..") == std::string::npos &&
                          rest.find("./") == std::string::npos && rest != "." && rest.find("//") == std::string::npos;
    if (!is_plain) give_up("a path that is more than names");
    for (const char c : rest)
      if (c <= ' ' || c > '~' || c == '"' || c == '\\') give_up("a name with other letters");
    const auto slash = std::min(rest.find('/'), rest.size());
    const std::string first = rest.substr(0, slash);
    const auto [it, is_new] = names_.try_emplace(first, names_.size());
    if (is_new) made_.push_back("ctx.no_file()");
    std::string below = rest.substr(slash);
    if (const auto known = below_.find(rest); known != below_.end()) below = known->second;
    return python_name(it->second) + (below.empty() ? "" : " + \"" + below + "\"");
  }
  std::string text() const {
    std::string lines;
    for (std::size_t i = 0; i < made_.size(); ++i) {
      // Each kind has one name a number.
      if (i > 0) lines += "    ctx.incr_filenr()\n";
      lines += fmt::format("    {} = {}\n", python_name(i), made_[i]);
    }
    return lines;
  }

 private:
  void give_up(const std::string& why) {
    if (why_not_.empty()) why_not_ = why;
  }

  void add(const Tree& tree, const model::Entry& entry) {
    const model::Inode& inode = tree[entry.object];
    const bool is_file = inode.is(FileType::kRegular);
    if (!is_file && !inode.is(FileType::kDirectory))
      return give_up("a lower object that is neither file nor directory");
    if (inode.links > 1 && is_file) return give_up("a lower hard link");
    names_.emplace(entry.name, names_.size());
    if (is_file) return made_.emplace_back("ctx.reg_file()"), void();
    if (inode.entries.empty()) return made_.emplace_back("ctx.empty_dir()"), void();
    // The suite's directories have a file `a` and a directory `pop`.
    made_.emplace_back(kFilled);
    const model::Entry& child = inode.entries.front();
    if (inode.entries.size() > 1 || !tree[child.object].is(FileType::kRegular))
      return give_up("a lower directory with more than a file");
    below_[entry.name + "/" + child.name] = "/a";
  }

  std::map<std::string, std::size_t> names_;
  std::map<std::string, std::string> below_;  // what the suite calls a path, below its first name
  std::vector<std::string> made_;
  std::string why_not_;
};

// One call of the context; or why it has none.
class Calls {
 public:
  Calls(Names& names, const Asked& asked) : names_(names) {
    if (!asked.outcome.ok()) error_ = fmt::format(", err={}", errno_name(asked.outcome.error));
    if (!(asked.caller == superuser())) why_not_ = "another caller";
    // The suite asks for one.
    if (asked.permitted.find(' ') != std::string::npos) why_not_ = "several answers are permitted";
  }

  const std::string& why_not() const { return why_not_; }

  std::string operator()(const Open& o) {
    std::string flags = o.flags.access == Access::kRead ? "ro=1" : o.flags.access == Access::kWrite ? "wo=1" : "rw=1";
    const auto add = [&flags](bool is_set, const char* word) {
      if (is_set) flags.append(", ").append(word);
    };
    add(o.flags.append, "app=1");
    add(o.flags.directory, "dir=1");
    add(o.flags.create, "crt=1");
    add(o.flags.create && o.flags.exclusive, "ex=1");
    add(o.flags.truncate, "tr=1");
    if (o.flags.create) flags += fmt::format(", mode=0o{:o}", o.mode);
    return fmt::format("ctx.open_file({}, {}{})", names_.of(o.path), flags, error_);
  }
  std::string operator()(const Close&) { return {}; }
  std::string operator()(const Truncate& o) { return call("truncate", o.target, std::to_string(o.size)); }
  std::string operator()(const Mkdir& o) { return call("mkdir", Target::at(o.path), fmt::format("0o{:o}", o.mode)); }
  std::string operator()(const Rmdir& o) { return call("rmdir", Target::at(o.path), ""); }
  std::string operator()(const Unlink& o) { return call("unlink", Target::at(o.path), ""); }
  std::string operator()(const Link& o) { return call("link", Target::at(o.from), names_.of(o.to)); }
  std::string operator()(const Rename& o) {
    if (o.mode != RenameMode::kReplace) why_not_ = "a rename with flags";
    return call("rename", Target::at(o.from), names_.of(o.to));
  }
  std::string operator()(const Chmod& o) { return call("chmod", o.target, fmt::format("0o{:o}", o.mode)); }
  template <typename Other>
  std::string operator()(const Other&) {
    why_not_ = "a call that the suite has not";
    return {};
  }

 private:
  std::string call(const char* function, const Target& target, const std::string& more) {
    if (target.slot) why_not_ = "a call on an open file";
    return fmt::format("ctx.{}({}{}{})", function, names_.of(target.path), more.empty() ? "" : ", " + more, error_);
  }

  Names& names_;
  std::string error_;
  std::string why_not_;
};

bool is_look(const Operation& operation) {
  return std::holds_alternative<Stat>(operation) || std::holds_alternative<ListDirectory>(operation) ||
         std::holds_alternative<ListXattr>(operation) || std::holds_alternative<StatFileSystem>(operation);
}

bool takes_directories_away(const Operation& operation) {
  return std::holds_alternative<Rmdir>(operation) || std::holds_alternative<Rename>(operation);
}

}  // namespace

ExportedOrWhy export_unionmount(const Trace& trace, const std::string& name) {
  const auto refused = [](std::string why) { return ExportedOrWhy{.files = {}, .why_not = std::move(why)}; };
  if (!trace.upper || trace.upper->layer.tree.inodes.size() > 1) return refused("the suite begins with an empty upper");
  RecordOrWhy record = record_on_engine(trace);
  if (!record.why_not.empty()) return refused(record.why_not);
  model::Layers layers;
  for (const LayerImage& lower : trace.lowers) layers.lowers.push_back(lower.layer);
  Names names(merge(layers).tree);
  std::string calls;
  std::size_t mounts = 0;
  bool has_call = false;
  for (const Moment& moment : record.moments) {
    if (const auto* event = std::get_if<Event>(&moment.what)) {
      if (std::holds_alternative<Mount>(*event) && mounts++ > 0) calls += "    remount_union(ctx)\n";
      const bool is_other = std::holds_alternative<Mutate>(*event) || std::holds_alternative<DropCaches>(*event);
      if (std::holds_alternative<Crash>(*event)) return refused("a crash of the file system");
      if (is_other) return refused("a change of the layers while nothing is mounted, or of caches");
      continue;
    }
    const auto* asked = std::get_if<Asked>(&moment.what);
    if (asked == nullptr || asked->asker == Asker::kWalk) continue;
    if (is_look(asked->operation) && asked->outcome.ok()) {
      calls += "    # The suite looks by itself: " + operation_text(asked->operation) + "\n";
      continue;
    }
    has_call = true;
    if (names.has_filled() && asked->outcome.ok() && takes_directories_away(asked->operation))
      return refused("a directory that the suite fills would have to be empty");
    Calls made(names, *asked);
    const std::string line = std::visit(made, asked->operation);
    if (!made.why_not().empty()) return refused(made.why_not() + ": " + operation_text(asked->operation));
    if (!line.empty()) calls += "    " + line + "\n";
  }
  if (!names.why_not().empty()) return refused(names.why_not());
  if (!has_call) return refused("nothing is changed");
  const std::string text = fmt::format(
      "# A case of ovlspec, which the suite's context plays and checks.\nfrom errno import *\n"
      "from remount_union import remount_union\n\n\ndef subtest_1(ctx):\n    \"\"\"{}\"\"\"\n{}\n{}",
      name, names.text(), calls);
  return {.files = {{name + ".py", text}}, .why_not = {}};
}

}  // namespace ovlspec::oracle
