#include "oracle/judge.h"

#include <algorithm>
#include <array>
#include <set>
#include <type_traits>

#include "model/describe.h"
#include "oracle/trace_words.h"
#include "oracle/witnessed.h"

namespace ovlspec::oracle {
namespace {

using model::kNoObject;
using model::ObjectId;
using model::Rule;

std::string permitted_text(const model::Plan& plan) {
  std::string text = plan.success() ? "success (" + std::string(text_of(plan.rule()).id) + ")" : "";
  for (std::size_t i = 0; i < plan.errors(); ++i) {
    if (!text.empty()) text += ", ";
    text += std::string(errno_name(plan.error(i).error)) + " (" + std::string(text_of(plan.error(i).rule).id) + ")";
  }
  return text;
}

// Which rule an outcome breaks that none permits: that of the first error that should have been, or of the success.
Rule broken_rule(const model::Plan& plan, const Outcome& outcome) {
  const bool hidden = outcome.error == Errno::kEIO || outcome.error == Errno::kESTALE;
  if (hidden && plan.first.exists()) return Rule::kVisibleNames;
  return plan.success() ? plan.rule() : plan.error(0).rule;
}

template <typename Kind, typename... Kinds>
constexpr bool is_one_of = (std::is_same_v<Kind, Kinds> || ...);

// Whether a successful operation may copy its object up.
bool may_copy_up(const Operation& operation) {
  return std::visit(
      [](const auto& asked) {
        using Kind = std::decay_t<decltype(asked)>;
        if constexpr (std::is_same_v<Kind, Open>) return asked.flags.access != Access::kRead || asked.flags.truncate;
        return !is_one_of<Kind, Close, Read, Readlink, GetXattr, ListXattr, ReadDirectory, RewindDirectory,
                          ListDirectory, Stat, StatFileSystem, Sync, Lock>;
      },
      operation);
}

bool lies_on_several_file_systems(const model::Layers& layers) {
  std::set<std::uint64_t> file_systems;
  for (std::uint16_t i = 0; i < layer_count(layers); ++i)
    file_systems.insert(layer_at(layers, i).mark(model::kRoot).backing.file_system);
  return file_systems.size() > 1;
}

std::size_t names_in(const model::Layer& layer) {
  std::size_t names = 0;
  for (const model::Inode& inode : layer.tree.inodes) names += inode.entries.size();
  return names;
}

}  // namespace

bool leaves_tree_known(const Finding& finding) {
  constexpr std::array kKnown = {
      Rule::kUnique,     Rule::kOneDevice,      Rule::kConstant,         Rule::kReaddirAgrees,
      Rule::kPersistent, Rule::kOfflineChange,  Rule::kStackChange,      Rule::kHandles,
      Rule::kCost,       Rule::kStatChangeTime, Rule::kStatModifyTime,   Rule::kStatDirectoryLinks,
      Rule::kListType,   Rule::kLeftovers,      Rule::kNeedlessWhiteout, Rule::kKernelView};
  if (std::find(kKnown.begin(), kKnown.end(), finding.rule) != kKnown.end()) return true;
  if (!finding.operation || may_copy_up(*finding.operation)) return false;
  constexpr std::array kWhenLooking = {Rule::kStatLinks, Rule::kStatHiddenLinks, Rule::kStatFileSystem,
                                       Rule::kXattrList, Rule::kXattrName,       Rule::kListRewind};
  if (std::find(kWhenLooking.begin(), kWhenLooking.end(), finding.rule) != kWhenLooking.end()) return true;
  // Every directory has those names.
  return finding.rule == Rule::kList && finding.what.find("name \".") != std::string::npos;
}

Judge::Judge(const Profile& profile, AfterViolation after) : profile_(profile), after_(after) {
  for (const Deviation& deviation : profile.deviations)
    if (deviation.action != Action::kEnd) add(with_deviations_, deviation.rule);
}

void Judge::note_ideals(const Asked& asked, ObjectId second, const model::RuleSet& rules) {
  if ((rules & with_deviations_).any())
    for (const Deviation& deviation : profile_.deviations) {
      if (deviation.action == Action::kEnd || !rules.test(static_cast<std::size_t>(deviation.rule))) continue;
      if (std::find(shown_.begin(), shown_.end(), &deviation) != shown_.end()) continue;
      Asked other = asked;
      other.object = second;
      if (applies(deviation, asked) || (second != kNoObject && applies(deviation, other))) ++ideals_[&deviation];
    }
  shown_.clear();
}

void Judge::changed(const model::Mutation& mutation, const model::Layers& before, const model::Layers& after) {
  history_.changed(mutation, before, after);
}

Verdict Judge::layers_changed(const model::Layers& layers) {
  mutated_ = mutated_ || !first_mount_;
  layers_ = layers;
  spread_ = lies_on_several_file_systems(layers_);
  model::Merged merged = merge(layers_);
  history_.begin(merged, identity_);
  world_ = model::World{};
  world_.tree = std::move(merged.tree);
  world_.writable = layers_.upper ? model::Writable::kYes : model::Writable::kNo;
  sources_ = std::move(merged.sources);
  return merged.shown_twice ? Verdict::kUnjudged : Verdict::kFine;
}

Verdict Judge::mounted(const std::optional<Failure>& failure, std::optional<std::uint64_t> walked) {
  const std::uint64_t may_look_at = history_.may_walk_upper() && layers_.upper ? names_in(*layers_.upper) : 0;
  first_mount_ = false;
  shown_.clear();
  if (failure) return violation(Asked{}, Rule::kMount, "the mount was refused: " + failure->what);
  add(met_, Rule::kMount);
  note_ideals(Asked{}, kNoObject, model::RuleSet().set(static_cast<std::size_t>(Rule::kMount)));
  identity_.remounted();
  for (ObjectId id = 0; id < sources_.size(); ++id)
    if (!sources_[id].from_upper && !sources_[id].instances.empty())
      identity_.begins_in_lower(id, world_[id].modify_time.value);
  history_.mounted(world_.writable == model::Writable::kYes);
  if (!walked) return Verdict::kFine;
  add(met_, Rule::kCost);
  if (*walked > may_look_at)
    return violation(Asked{}, Rule::kCost, "the mount looked at " + std::to_string(*walked) + " objects");
  return Verdict::kFine;
}

Verdict Judge::lost(const Failure& failure, const Operation* operation, bool observed) {
  return violation(Asked{.operation = operation, .observed = observed}, Rule::kAnswers, failure.what);
}

Verdict Judge::not_unmounted(const Failure& failure) { return violation(Asked{}, Rule::kUnmounts, failure.what); }

Verdict Judge::unreadable(const Failure& failure) {
  return violation(Asked{}, Rule::kUpperIsDiff, "the layers cannot be read any more: " + failure.what);
}

bool Judge::applies(const Deviation& deviation, const Asked& asked) const {
  if (!deviation.operations.empty()) {
    if (asked.operation == nullptr) return false;
    const auto name = operation_word(*asked.operation);
    if (std::find(deviation.operations.begin(), deviation.operations.end(), name) == deviation.operations.end())
      return false;
  }
  const bool has_source = asked.object < sources_.size();
  switch (deviation.where) {
    case Where::kAny: return true;
    case Where::kAfterMutation: return mutated_;
    case Where::kSeveralFileSystems: return spread_;
    case Where::kRoot: return asked.object == model::kRoot;
    case Where::kDirectory: return asked.object != kNoObject && world_[asked.object].is(FileType::kDirectory);
    case Where::kLower: return has_source && !sources_[asked.object].from_upper && !layers_.lowers.empty();
    case Where::kLowerDirectory: {
      if (!has_source || !world_[asked.object].is(FileType::kDirectory)) return false;
      const model::Source& source = sources_[asked.object];
      return !source.from_upper || source.instances.size() > 1;
    }
    case Where::kLinkedLower: {
      if (!has_source || sources_[asked.object].from_upper) return false;
      const model::Instance instance = sources_[asked.object].instances.front();
      const model::Inode& inode = layer_at(layers_, instance.layer).tree[instance.object];
      return !inode.is(FileType::kDirectory) && inode.links > 1;
    }
  }
  return false;
}

Verdict Judge::violation(const Asked& asked, Rule rule, std::string what) {
  Finding finding{
      .rule = rule, .event = event_, .operation = std::nullopt, .observed = asked.observed, .what = std::move(what)};
  if (asked.operation != nullptr) finding.operation = *asked.operation;
  for (const Deviation& deviation : profile_.deviations) {
    if (deviation.rule != rule || deviation.action == Action::kPermit || !applies(deviation, asked)) continue;
    if (finding.what.rfind(deviation.seen, 0) != 0) continue;
    ++deviations_[&deviation];
    shown_.push_back(&deviation);
    return leaves_tree_known(finding) && deviation.action == Action::kRelax ? Verdict::kFine : Verdict::kUnjudged;
  }
  const bool goes_on = after_ == AfterViolation::kGoOn && leaves_tree_known(finding);
  const auto same = [&finding](const Finding& other) {
    const bool same_operation = finding.operation.has_value() == other.operation.has_value() &&
                                (!finding.operation || finding.operation->index() == other.operation->index());
    return finding.rule == other.rule && same_operation;
  };
  if (std::none_of(findings_.begin(), findings_.end(), same)) findings_.push_back(std::move(finding));
  return goes_on ? Verdict::kFine : Verdict::kViolation;
}

Verdict Judge::violations(const Asked& asked, const std::vector<model::Mismatch>& mismatches) {
  for (const model::Mismatch& mismatch : mismatches)
    if (const Verdict verdict = violation(asked, mismatch.rule, mismatch.what); verdict != Verdict::kFine)
      return verdict;
  return Verdict::kFine;
}

Verdict Judge::step(const Caller& caller, const Operation& operation, const Outcome& outcome, bool observed) {
  const model::Plan plan = check(world_, caller, operation);
  const Asked asked{.operation = &operation, .observed = observed, .object = plan.first.object};
  const auto rule = plan.permits(outcome.error);
  shown_.clear();
  if (!rule) return errored(asked, plan, outcome);
  add(met_, *rule);
  // One that fails may have copied its object up all the same.
  if (!outcome.ok()) {
    refuse(world_, operation, outcome.error);
    return ends(asked, plan) ? Verdict::kUnjudged : Verdict::kFine;
  }
  return succeeded(asked, caller, plan, outcome);
}

Verdict Judge::errored(const Asked& asked, const model::Plan& plan, const Outcome& outcome) {
  for (const Deviation& deviation : profile_.deviations) {
    if (deviation.action != Action::kPermit || deviation.error != outcome.error) continue;
    // Both names of a rename or link can be what the deviation is about.
    Asked second = asked;
    second.object = plan.second.object;
    if (!applies(deviation, asked) && !applies(deviation, second)) continue;
    ++deviations_[&deviation];
    return outcome.ok() ? Verdict::kUnjudged : Verdict::kFine;
  }
  const std::string seen = outcome.ok() ? "success" : std::string(errno_name(outcome.error));
  return violation(asked, broken_rule(plan, outcome), seen + ", permitted: " + permitted_text(plan));
}

Verdict Judge::succeeded(const Asked& asked, const Caller& caller, const model::Plan& plan, const Outcome& outcome) {
  if (const auto mismatch = check_answer(world_, caller, *asked.operation, plan, outcome)) {
    const Verdict verdict = violation(asked, mismatch->rule, mismatch->what);
    if (verdict != Verdict::kFine) return verdict;
  } else {
    met_ |= witnessed(world_, caller, *asked.operation, plan, outcome);
    if (asked.observed) add(met_, Rule::kMerge);
  }
  bind_free(asked, outcome);
  Verdict verdict = identity(asked, outcome);
  if (verdict != Verdict::kFine) return verdict;
  note_ideals(asked, plan.second.object, rules_shown(asked, plan, outcome));
  if (ends(asked, plan)) return Verdict::kUnjudged;
  if (!asked.observed && may_copy_up(*asked.operation)) history_.touched(world_, plan, *asked.operation);
  apply(world_, caller, *asked.operation, plan, outcome);
  return Verdict::kFine;
}

// Whether a deviation leaves open what follows this operation.
bool Judge::ends(const Asked& asked, const model::Plan& plan) {
  if (!may_copy_up(*asked.operation)) return false;
  Asked second = asked;
  second.object = plan.second.object;
  for (const Deviation& deviation : profile_.deviations) {
    if (deviation.action != Action::kEnd || deviation.operations.empty()) continue;
    if (!applies(deviation, asked) && !applies(deviation, second)) continue;
    ++deviations_[&deviation];
    return true;
  }
  return false;
}

// The rules that a success with this answer is an instance of, as far as deviations are of them.
model::RuleSet Judge::rules_shown(const Asked& asked, const model::Plan& plan, const Outcome& outcome) const {
  model::RuleSet rules;
  add(rules, plan.rule());
  const bool is_known = asked.object != kNoObject;
  if (std::holds_alternative<Attributes>(outcome.payload) && is_known) {
    for (const Rule rule :
         {Rule::kStat, Rule::kUnique, Rule::kOneDevice, Rule::kConstant, Rule::kStatChangeTime, Rule::kStatModifyTime})
      add(rules, rule);
    if (const auto earlier = identity_.earlier(asked.object)) add(rules, *earlier);
    add(rules, world_[asked.object].is(FileType::kDirectory) ? Rule::kStatDirectoryLinks : Rule::kStatLinks);
    if (world_[asked.object].links > 1) add(rules, Rule::kHardLinks);
  }
  if (std::holds_alternative<ListDirectory>(*asked.operation))
    for (const Rule rule : {Rule::kReaddirAgrees, Rule::kListType}) add(rules, rule);
  return rules;
}

Verdict Judge::identity(const Asked& asked, const Outcome& outcome) {
  if (const auto* attributes = std::get_if<Attributes>(&outcome.payload)) {
    for (const Rule rule : {Rule::kUnique, Rule::kOneDevice, Rule::kConstant}) add(met_, rule);
    if (const auto earlier = identity_.earlier(asked.object)) add(met_, *earlier);
    if (world_[asked.object].links > 1) add(met_, Rule::kHardLinks);
    if (const Verdict verdict = violations(asked, identity_.stat(world_, asked.object, *attributes));
        verdict != Verdict::kFine)
      return verdict;
  }
  if (!std::holds_alternative<ListDirectory>(*asked.operation)) return Verdict::kFine;
  if (const auto* entries = std::get_if<std::vector<DirectoryEntry>>(&outcome.payload)) {
    add(met_, Rule::kReaddirAgrees);
    return violations(asked, identity_.listing(world_, asked.object, *entries));
  }
  return Verdict::kFine;
}

void Judge::handle_taken(const Named& named, const std::string& handle) {
  history_.keep_handle(named.object, handle, named.path);
}

Verdict Judge::handle_refused(const Named& named, Errno error) {
  return violation(Asked{.observed = true, .object = named.object}, Rule::kHandles,
                   std::string(errno_name(error)) + " instead of a handle of " + model::quoted(named.path));
}

// In what the opened object is not this one; nothing where it may be.
std::optional<std::string> Judge::wrong_object(ObjectId object, const HandleOpened& opened) const {
  const model::Inode& inode = world_[object];
  const std::string path = model::quoted(world_.tree.path_of(object));
  const auto number = identity_.number_of(object);
  if (number && *number != opened.attributes.number)
    return "it opens st_ino " + std::to_string(opened.attributes.number) + ", " + path + " has " +
           std::to_string(*number);
  if (!inode.is(opened.attributes.type)) return "it opens another type than that of " + path;
  if (!inode.is(FileType::kRegular)) return std::nullopt;
  if (inode.content.size() != opened.attributes.size) return "it opens a file of another size than " + path;
  const FileSize length = std::min<FileSize>(kHandleContent, inode.content.size());
  if (inode.content.read(0, length) != opened.content) return "it opens a file of other content than " + path;
  return std::nullopt;
}

Verdict Judge::handle_opened(const ObjectHistory::Handle& handle, const Result<HandleOpened>& opened) {
  add(met_, Rule::kHandles);
  shown_.clear();
  const ObjectHistory::Meaning meaning = history_.meaning(handle);
  const Asked asked{.object = meaning.object.value_or(kNoObject)};
  const std::string gone = "the handle of an object that is gone, taken at " + model::quoted(handle.path);
  if (meaning.object && (world_[*meaning.object].links > 0 || *meaning.object == model::kRoot)) {
    if (!opened)
      return violation(asked, Rule::kHandles,
                       std::string(errno_name(opened.error())) + " from the handle of " +
                           model::quoted(world_.tree.path_of(*meaning.object)));
    if (const auto wrong = wrong_object(*meaning.object, *opened)) return violation(asked, Rule::kHandles, *wrong);
    note_ideals(asked, kNoObject, model::RuleSet().set(static_cast<std::size_t>(Rule::kHandles)));
    return Verdict::kFine;
  }
  if (!opened && opened.error() == Errno::kESTALE) return Verdict::kFine;
  if (!opened) return violation(asked, Rule::kHandles, std::string(errno_name(opened.error())) + " from " + gone);
  for (const ObjectId perhaps : meaning.perhaps)
    if (!wrong_object(perhaps, *opened)) return Verdict::kFine;
  // What no name shows any more, because of the layers' change, may still be opened, and what was removed in this mount
  // while something open holds it (an open file holds the directories that it was in): it is no other object.
  const bool is_open =
      std::any_of(world_.slots.begin(), world_.slots.end(), [](const model::OpenSlot& slot) { return slot.open; });
  const auto number = meaning.object ? identity_.number_of(*meaning.object) : meaning.number;
  const auto owner = identity_.owner_of(opened->attributes);
  // Its number may not have been seen.
  const bool is_itself = number.value_or(opened->attributes.number) == opened->attributes.number &&
                         (!owner || owner == meaning.object || !is_live(world_, *owner));
  if (is_itself && (meaning.object ? is_open : !meaning.is_dead)) return Verdict::kFine;
  return violation(asked, Rule::kHandles, gone + ", opens st_ino " + std::to_string(opened->attributes.number));
}

Verdict Judge::walked(std::uint64_t writes) {
  add(met_, Rule::kCost);
  if (writes == 0) return Verdict::kFine;
  return violation(Asked{.observed = true}, Rule::kCost,
                   std::to_string(writes) + " writes while the tree was only looked at");
}

void Judge::bind_free(const Asked& asked, const Outcome& outcome) {
  const auto* attributes = std::get_if<Attributes>(&outcome.payload);
  if (attributes == nullptr) return;
  model::Inode& inode = world_[asked.object];
  if (!inode.modify_time.known) inode.modify_time = model::FreeTime::at(attributes->modify_time);
  if (inode.set_gid_free) inode.mode = attributes->mode;
  inode.set_gid_free = false;
  if (!inode.hidden_links) inode.hidden_links = std::int64_t{attributes->links} - inode.links;
}

// REQUIRES: the trees are the same from here down, but for free times.
void Judge::bind_times(const model::Tree& seen, ObjectId object, ObjectId mine) {
  model::FreeTime& time = world_[mine].modify_time;
  if (!time.known) time = seen[object].modify_time;
  for (const model::Entry& entry : world_[mine].entries) {
    const ObjectId child = seen[object].find(entry.name)->object;
    bind_times(seen, child, entry.object);
  }
}

Verdict Judge::lowers_untouched(const Scanned& scanned) {
  add(met_, Rule::kLowersUntouched);
  for (std::size_t i = 0; i < layers_.lowers.size(); ++i) {
    const std::string lower = "lower " + std::to_string(i);
    if (i >= scanned.layers.lowers.size()) return violation(Asked{}, Rule::kLowersUntouched, lower + " is gone");
    const auto difference = first_difference(scanned.layers.lowers[i].tree, layers_.lowers[i].tree);
    if (difference)
      return violation(Asked{}, Rule::kLowersUntouched,
                       lower + ", " + model::quoted(difference->path) + ": " + difference->what);
    // Both were read in the order of names, so that equal trees number their objects alike.
    if (scanned.layers.lowers[i].marks != layers_.lowers[i].marks)
      return violation(Asked{}, Rule::kLowersUntouched, lower + ": another inode, or another mark of the overlay");
  }
  return Verdict::kFine;
}

Verdict Judge::whiteouts_needed(const Scanned& scanned) {
  add(met_, Rule::kNeedlessWhiteout);
  if (!scanned.layers.upper) return Verdict::kFine;
  const model::Layer& upper = *scanned.layers.upper;
  // A whiteout that was there before may have been moved with its directory.
  std::set<model::Backing> before;
  for (const model::Marks& marks : layers_.upper->marks)
    if (marks.whiteout) before.insert(marks.backing);
  std::vector<std::pair<ObjectId, std::string>> directories{{model::kRoot, ""}};
  while (!directories.empty()) {
    const auto [directory, path] = std::move(directories.back());
    directories.pop_back();
    for (const model::Entry& entry : upper.tree[directory].entries) {
      const std::string child = path.empty() ? entry.name : path + "/" + entry.name;
      if (upper.tree[entry.object].is(FileType::kDirectory)) directories.emplace_back(entry.object, child);
      const model::Marks& marks = upper.mark(entry.object);
      if (!marks.whiteout || before.count(marks.backing) != 0) continue;
      if (shows_below(scanned.layers, path, entry.name)) continue;
      return violation(Asked{}, Rule::kNeedlessWhiteout,
                       "the upper has a whiteout " + model::quoted(child) + " that hides nothing");
    }
  }
  return Verdict::kFine;
}

Verdict Judge::nothing_left_over(const Scanned& scanned, const model::Merged& merged) {
  add(met_, Rule::kLeftovers);
  std::vector<std::string> leftovers = scanned.leftovers;
  if (scanned.layers.upper) {
    std::set<ObjectId> shown;
    for (const model::Source& source : merged.sources)
      if (source.from_upper) shown.insert(source.instances.front().object);
    const model::Layer& upper = *scanned.layers.upper;
    for (ObjectId id = 1; id < upper.tree.inodes.size(); ++id)
      if (upper.tree[id].links == 0 && shown.count(id) == 0)
        leftovers.push_back("an index entry of an object that no name shows");
  }
  std::vector<model::Mismatch> mismatches;
  for (const std::string& leftover : leftovers)
    mismatches.push_back(model::Mismatch{Rule::kLeftovers, "left behind: " + leftover});
  return violations(Asked{}, mismatches);
}

Verdict Judge::ended(const Scanned& scanned, Ending ending) {
  shown_.clear();
  add(met_, Rule::kAnswers);
  if (ending == Ending::kUnmount) add(met_, Rule::kUnmounts);
  const Verdict verdict = judge_layers(scanned, ending);
  if (verdict != Verdict::kFine) return verdict;
  model::RuleSet rules;
  for (const Rule rule : {Rule::kLowersUntouched, Rule::kUpperIsDiff}) add(rules, rule);
  if (ending == Ending::kUnmount)
    for (const Rule rule : {Rule::kLeftovers, Rule::kNeedlessWhiteout, Rule::kUnmounts}) add(rules, rule);
  note_ideals(Asked{}, kNoObject, rules);
  return verdict;
}

Verdict Judge::judge_layers(const Scanned& scanned, Ending ending) {
  for (model::OpenSlot& slot : world_.slots) slot = model::OpenSlot{};
  if (const Verdict verdict = lowers_untouched(scanned); verdict != Verdict::kFine) return verdict;
  add(met_, Rule::kUpperIsDiff);
  model::Merged merged = merge(scanned.layers);
  if (const auto difference = first_difference(merged.tree, world_.tree)) {
    const Verdict verdict = violation(Asked{.object = world_.tree.at(difference->path).value_or(kNoObject)},
                                      Rule::kUpperIsDiff, model::quoted(difference->path) + " " + difference->what);
    if (verdict != Verdict::kFine) return verdict;
  }
  bind_times(merged.tree, model::kRoot, model::kRoot);
  if (ending == Ending::kUnmount) {
    if (const Verdict verdict = nothing_left_over(scanned, merged); verdict != Verdict::kFine) return verdict;
    if (const Verdict verdict = whiteouts_needed(scanned); verdict != Verdict::kFine) return verdict;
  }
  layers_ = scanned.layers;
  // The tree stays, with its objects' numbers; where they come from is what the scan says of the same names.
  std::vector<model::Source> sources(world_.tree.inodes.size());
  std::vector<std::pair<ObjectId, ObjectId>> pairs{{model::kRoot, model::kRoot}};
  while (!pairs.empty()) {
    const auto [seen, mine] = pairs.back();
    pairs.pop_back();
    sources[mine] = merged.sources[seen];
    for (const model::Entry& entry : world_[mine].entries)
      pairs.emplace_back(merged.tree[seen].find(entry.name)->object, entry.object);
  }
  sources_ = std::move(sources);
  history_.ended(world_, sources_, identity_);
  return Verdict::kFine;
}

Verdict Judge::kernel_view(const model::Tree& seen) {
  add(met_, Rule::kKernelView);
  // A read-only mount has no index: a copied-up hard link shows at its upper names alone.
  model::Layers without_index = layers_;
  if (without_index.upper)
    for (model::Marks& marks : without_index.upper->marks)
      if (marks.origin) marks.origin->linked = false;
  const auto difference = first_difference(seen, merge(without_index).tree);
  if (!difference) return Verdict::kFine;
  return violation(Asked{}, Rule::kKernelView, model::quoted(difference->path) + " " + difference->what);
}

}  // namespace ovlspec::oracle
