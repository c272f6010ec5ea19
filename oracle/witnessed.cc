#include "oracle/witnessed.h"

#include "model/vocabulary/names.h"

namespace ovlspec::oracle {
namespace {

using model::Rule;

constexpr Mode kGroupExecute = 0010;

// An open slot answers without a look at any name.
template <typename Asked>
bool is_by_path(const Asked& asked) {
  if constexpr (requires { asked.target.slot; }) return !asked.target.slot;
  return requires { asked.path; }
  || requires { asked.from; };
}

class Witness {
 public:
  Witness(const model::World& world, const Caller& caller, const model::Plan& plan, const Outcome& outcome)
      : world_(world), caller_(caller), plan_(plan), outcome_(outcome) {}

  model::RuleSet rules() const { return rules_; }

  // A path led to the object. The root has no name.
  void visible() {
    if (plan_.first.exists() && plan_.first.object != model::kRoot) add(Rule::kVisibleNames);
  }

  void operator()(const Open& open) {
    if (open.flags.create && !plan_.first.exists()) return made();
    if (open.flags.truncate && is_regular()) add(Rule::kOpenTruncate);
    if (open.flags.truncate) written();
  }
  void operator()(const Write&) { written(); }
  void operator()(const Truncate&) { written(); }
  void operator()(const Mkdir&) { made(); }
  void operator()(const Mknod&) { made(); }
  void operator()(const Symlink&) { made(); }
  void operator()(const Rename& rename) {
    if (rename.mode == RenameMode::kReplace && plan_.second.exists() && plan_.first.object == plan_.second.object)
      add(Rule::kRenameSame);
  }
  void operator()(const Stat&) {
    if (!plan_.first.exists()) return;
    const model::Inode& inode = world_[plan_.first.object];
    add(Rule::kStatChangeTime);
    if (inode.modify_time.known) add(Rule::kStatModifyTime);
    if (inode.set_gid_free) add(Rule::kWriteSetGid);
    if (inode.is(FileType::kDirectory)) {
      add(Rule::kStatDirectoryLinks);
    } else {
      add(inode.hidden_links == 0 ? Rule::kStatLinks : Rule::kStatHiddenLinks);
    }
  }
  void operator()(const ListDirectory&) {
    if (const auto* entries = std::get_if<std::vector<DirectoryEntry>>(&outcome_.payload)) types(*entries);
  }
  void operator()(const ReadDirectory& read) {
    if (!world_.slots[read.slot].stream.touched.empty()) add(Rule::kListChanged);
    if (const auto* entries = std::get_if<std::vector<DirectoryEntry>>(&outcome_.payload)) types(*entries);
  }
  // Kept apart, it is not the overlay's.
  void operator()(const SetXattr& set) {
    if (set.name.starts_with(names::kTrustedPrefix)) add(Rule::kXattrPrivate);
  }
  template <typename Other>
  void operator()(const Other&) {}

 private:
  void add(Rule rule) { model::add(rules_, rule); }
  bool is_regular() const { return plan_.first.exists() && world_[plan_.first.object].is(FileType::kRegular); }
  void types(const std::vector<DirectoryEntry>& entries) {
    for (const DirectoryEntry& entry : entries)
      if (entry.type_known) return add(Rule::kListType);
  }
  void made() {
    add(Rule::kCreateOwner);
    if (plan_.first.parent != model::kNoObject && (world_[plan_.first.parent].mode & kSetGid) != 0)
      add(Rule::kCreateSetGid);
  }
  void written() {
    if (!is_regular() || caller_.capabilities.has(Capability::kFsetid)) return;
    const Mode mode = world_[plan_.first.object].mode;
    if ((mode & kSetUid) != 0 || ((mode & kSetGid) != 0 && (mode & kGroupExecute) != 0)) add(Rule::kWriteSetId);
  }

  const model::World& world_;
  const Caller& caller_;
  const model::Plan& plan_;
  const Outcome& outcome_;
  model::RuleSet rules_;
};

}  // namespace

model::RuleSet witnessed(const model::World& world, const Caller& caller, const Operation& operation,
                         const model::Plan& plan, const Outcome& outcome) {
  Witness witness(world, caller, plan, outcome);
  std::visit(
      [&witness](const auto& asked) {
        if (is_by_path(asked)) witness.visible();
        witness(asked);
      },
      operation);
  return witness.rules();
}

}  // namespace ovlspec::oracle
