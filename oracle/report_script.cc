#include "oracle/report_script.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "oracle/finding_key.h"
#include "oracle/layer_paths.h"
#include "oracle/materialise.h"
#include "oracle/trace_text.h"
#include "oracle/trace_words.h"

namespace ovlspec::oracle {
namespace {

constexpr std::size_t kDataMax = 4095;  // bytes of mount(2)'s options

// The directories of a stack, and the steps that make, mount and change them.
class Stage {
 public:
  Stage(const Trace& trace, const SubjectMount& mount, std::vector<ScriptStep>& steps)
      : mount_(mount), options_(trace.options), steps_(steps) {
    std::set<std::uint8_t> places;
    for (const LayerImage& lower : trace.lowers) places.insert(lower.place);
    if (trace.upper) places.insert(trace.upper->place);
    for (const Event& event : trace.events)
      if (const auto* mutate = std::get_if<Mutate>(&event))
        if (const auto* add_lower = std::get_if<model::AddLower>(&mutate->mutation)) places.insert(add_lower->place);
    has_places_ = places.size() > 1;
    for (const std::uint8_t place : places)
      if (has_places_) add(OnDisk{DiskAction::kMountTmpfs, "fs" + std::to_string(place), {}});
  }

  // Times of layers are of use where one is told of; else they may be left out, or are.
  enum class Times : std::uint8_t { kNone, kOptional, kNeeded };
  void use(Times times) { times_ = times; }

  void prepare(const Trace& trace) {
    if (trace.upper) {
      upper_place_ = trace.upper->place;
      paths_.upper = make("upper", upper_place_, &trace.upper->layer);
      paths_.work = make("work", upper_place_, nullptr);
    }
    if (!trace.lowers.empty()) lower_place_ = trace.lowers.front().place;
    for (const LayerImage& lower : trace.lowers)
      paths_.lowers.push_back(make("lower" + std::to_string(lowers_made_++), lower.place, &lower.layer));
    add(OnDisk{DiskAction::kMakeDirectory, "mount", {}});
    if (uses_state()) add(OnDisk{DiskAction::kMakeDirectory, "state", {}});
  }

  const StackPaths& paths() const { return paths_; }

  Doing mounted() {
    StackPaths paths = paths_;
    std::vector<std::string> options = mount_.options;
    options.insert(options.end(), options_.begin(), options_.end());
    if (mount_.command) {
      const bool is_read_only = paths.upper.empty() && !mount_.command->read_only.empty();
      const MountFilling filling{.paths = paths, .options = options, .mount_point = "mount", .state = "state"};
      return MountProgramAt{"mount",
                            filled(is_read_only ? mount_.command->read_only : mount_.command->writable, filling)};
    }
    if (paths.upper.empty()) add_empty_to(paths);
    return MountOverlay{"mount", overlay_options(paths, options)};
  }

  // Over everything, read-only.
  Doing view() {
    StackPaths paths;
    if (!paths_.upper.empty()) paths.lowers.push_back(paths_.upper);
    paths.lowers.insert(paths.lowers.end(), paths_.lowers.begin(), paths_.lowers.end());
    add_empty_to(paths);
    return MountOverlay{"view", overlay_options(paths, view_options())};
  }

  std::string root_of(const Look& look) const {
    switch (look.place) {
      case Place::kUpper: return paths_.upper;
      case Place::kLower: return paths_.lowers[look.lower];
      case Place::kWork: return paths_.work;
      case Place::kView: return "view";
    }
    return {};
  }

  // As disk_mutate has it: what does nothing there does nothing here. What is known when a reproducer runs alone is
  // asked by its functions, and by `within`.
  void change(const model::Mutation& mutation) {
    std::visit(*this, mutation);
    within_.clear();
  }
  void operator()(const model::Put& m) {
    const std::string root = layer(m.layer);
    const std::string path = plain_path(m.path);
    if (root.empty() || path.empty() || (m.marks.whiteout && !has_marks(mount_.format))) return;
    need_parent(root, path);
    add(OnDisk{DiskAction::kRemoveTree, path_below(root, path), {}});
    lay_object(path_below(root, path), inode_on_disk(m.inode, m.marks, mount_.format));
  }
  void operator()(const model::Remove& m) { on_disk(m.layer, DiskAction::kRemoveTree, m.path, {}); }
  void operator()(const model::Move& m) {
    const std::string from = plain_path(m.from);
    const std::string to = plain_path(m.to);
    if (!is_within(to, from) && !is_within(from, to)) on_disk(m.layer, DiskAction::kMoveTree, from, to);
  }
  void operator()(const model::HardLink& m) {
    if (!plain_path(m.to).empty()) on_disk(m.layer, DiskAction::kLinkTree, m.from, m.to);
  }
  void operator()(const model::Copy& m) {
    if (!is_within(plain_path(m.to), plain_path(m.from))) on_disk(m.layer, DiskAction::kCopyTree, m.from, m.to);
  }
  void operator()(const model::ChangeMode& m) {
    if (const auto path = changed(m.layer, m.path)) add(DiskMode{*path, m.mode});
  }
  void operator()(const model::ChangeContent& m) {
    if (const auto path = changed(m.layer, m.path)) add(DiskContent{*path, m.content});
  }
  void operator()(const model::CopyLayer& m) {
    const std::string root = layer(m.layer);
    if (root.empty()) return;
    const std::string copy = root + "-copy";
    const bool keeps = m.xattrs == model::CopyXattrs::kAll;
    add(OnDisk{keeps ? DiskAction::kCopyTree : DiskAction::kCopyTreeWithoutAttributes, root, copy});
    add(OnDisk{DiskAction::kRemoveTree, root, {}});
    (m.layer.upper ? paths_.upper : paths_.lowers[m.layer.lower]) = copy;
  }
  void operator()(const model::AddLower& m) {
    const auto position = std::min<std::size_t>(m.position, paths_.lowers.size());
    std::string made = make("lower" + std::to_string(lowers_made_++), m.place, &m.layer);
    paths_.lowers.insert(paths_.lowers.begin() + static_cast<std::ptrdiff_t>(position), std::move(made));
  }
  void operator()(const model::RemoveLower& m) {
    if (paths_.lowers.size() < 2 || m.position >= paths_.lowers.size()) return;
    add(OnDisk{DiskAction::kRemoveTree, paths_.lowers[m.position], {}});
    paths_.lowers.erase(paths_.lowers.begin() + m.position);
  }
  void operator()(const model::SwapLowers& m) {
    if (m.first < paths_.lowers.size() && m.second < paths_.lowers.size())
      std::swap(paths_.lowers[m.first], paths_.lowers[m.second]);
  }
  void operator()(const model::UpperBecomesLower&) {
    if (paths_.upper.empty()) return;
    const std::string number = std::to_string(++uppers_made_);
    const std::string upper = make("upper" + number, upper_place_, nullptr);
    const std::string work = make("work" + number, upper_place_, nullptr);
    add(OnDisk{DiskAction::kModeAs, upper, paths_.upper});
    add(OnDisk{DiskAction::kRemoveTree, paths_.work, {}});
    paths_.lowers.insert(paths_.lowers.begin(), paths_.upper);
    paths_.upper = upper;
    paths_.work = work;
  }
  void operator()(const model::WipeWork&) {
    if (!paths_.work.empty()) add(OnDisk{DiskAction::kEmptyDirectory, paths_.work, {}});
  }

 private:
  // The kernel takes no single lower without an upper.
  void add_empty_to(StackPaths& paths) {
    if (paths.lowers.size() != 1) return;
    if (empty_.empty()) empty_ = make("empty", lower_place_, nullptr);
    paths.lowers.push_back(empty_);
  }

  void add(Doing action) { steps_.push_back({.action = std::move(action), .within = within_}); }

  // A layer's root is there.
  void need_parent(const std::string& root, const std::string& path) {
    const std::string parent = parent_of(path);
    if (!parent.empty()) within_.push_back(path_below(root, parent));
  }
  void on_disk(model::LayerName name, DiskAction action, const std::string& path, const std::string& other) {
    const std::string root = layer(name);
    const std::string first = plain_path(path);
    const std::string second = plain_path(other);
    if (root.empty() || first.empty() || (second.empty() && !other.empty())) return;
    need_parent(root, first);
    if (!second.empty() && parent_of(second) != parent_of(first)) need_parent(root, second);
    add(OnDisk{action, path_below(root, first), second.empty() ? second : path_below(root, second)});
  }
  // The path of what is changed in its place, the layer's root too.
  std::optional<std::string> changed(model::LayerName name, const std::string& path) {
    const std::string root = layer(name);
    if (root.empty()) return std::nullopt;
    const std::string plain = plain_path(path);
    need_parent(root, plain);
    return plain.empty() ? root : path_below(root, plain);
  }

  std::string layer(model::LayerName name) const {
    if (name.upper) return paths_.upper;
    return name.lower < paths_.lowers.size() ? paths_.lowers[name.lower] : std::string();
  }

  bool uses_state() const {
    if (!mount_.command) return false;
    for (const auto* words : {&mount_.command->writable, &mount_.command->read_only})
      for (const std::string& word : *words)
        if (word.find("{state}") != std::string::npos) return true;
    return false;
  }

  static std::string overlay_options(const StackPaths& paths, const std::vector<std::string>& options) {
    std::string data = fmt::format("lowerdir={}", fmt::join(paths.lowers, ":"));
    if (!paths.upper.empty()) data += ",upperdir=" + paths.upper + ",workdir=" + paths.work;
    for (const std::string& option : options) data += "," + option;
    return data;
  }

  std::string make(const std::string& name, std::uint8_t place, const model::Layer* layer) {
    const std::string path = (has_places_ ? "fs" + std::to_string(place) + "/" : "") + name;
    add(OnDisk{DiskAction::kMakeDirectory, path, {}});
    std::map<model::ObjectId, std::string> first;
    if (layer != nullptr) lay(*layer, model::kRoot, path, first);
    return path;
  }

  void lay(const model::Layer& layer, model::ObjectId id, const std::string& path,
           std::map<model::ObjectId, std::string>& first) {
    const model::Inode& inode = layer.tree[id];
    if (layer.mark(id).whiteout && !has_marks(mount_.format)) return;
    const auto [it, is_first] = first.try_emplace(id, path);
    if (!is_first) return add(LayLink{it->second, path});
    const model::Inode written = inode_on_disk(inode, layer.mark(id), mount_.format);
    const bool is_plain_root =
        id == model::kRoot && written.mode == 0755 && written.uid == 0 && written.gid == 0 && written.xattrs.empty();
    if (!is_plain_root) lay_object(path, written);
    for (const model::Entry& entry : inode.entries) lay(layer, entry.object, path_below(path, entry.name), first);
    if (inode.is(FileType::kDirectory) && times_ != Times::kNone) lay_times(path, inode);
  }

  void lay_object(const std::string& path, const model::Inode& inode) {
    add(LayObject{path, inode});
    if (!inode.is(FileType::kDirectory) && times_ != Times::kNone) lay_times(path, inode);
  }

  void lay_times(const std::string& path, const model::Inode& inode) {
    add(LayTimes{path, inode.access_time.value, inode.modify_time.value});
    steps_.back().is_optional = times_ == Times::kOptional;
  }

  const SubjectMount& mount_;
  std::vector<std::string> options_;
  std::vector<ScriptStep>& steps_;
  StackPaths paths_;
  std::string empty_;
  std::vector<std::string> within_;  // of the steps of a mutation
  Times times_ = Times::kNeeded;
  bool has_places_ = false;
  std::uint8_t upper_place_ = 0;
  std::uint8_t lower_place_ = 0;  // of the topmost to begin with
  unsigned lowers_made_ = 0;
  unsigned uppers_made_ = 0;
};

// An operation's path, from the root of a place on disk.
Operation below(Operation operation, const std::string& root) {
  const auto path = [&](const std::string& of) { return of == "/" ? root : path_below(root, of); };
  std::visit(
      [&](auto& of) {
        if constexpr (requires { of.target.slot; }) {
          of.target.path = path(of.target.path);
        } else if constexpr (requires { of.path; }) {
          of.path = path(of.path);
        }
      },
      operation);
  return operation;
}

class Builder {
 public:
  Builder(const Trace& trace, const Evidence& evidence, const SubjectMount& mount, Detail detail)
      : trace_(trace), evidence_(evidence), detail_(detail), stage_(trace, mount, script_.steps) {}

  ScriptOrWhy build() {
    const bool needs_times = std::any_of(evidence_.claims.begin(), evidence_.claims.end(), [](const Claim& claim) {
      return claim.left.shown == Shown::kModifyTime || claim.left.shown == Shown::kChangeTime;
    });
    if (!needs_times) stage_.use(detail_ == Detail::kNeeded ? Stage::Times::kNone : Stage::Times::kOptional);
    stage_.prepare(trace_);
    for (std::size_t i = 0; i < evidence_.moments.size(); ++i) moment(i);
    for (Claim claim : evidence_.claims) {
      claim.left.moment = answers_[claim.left.moment];
      if (auto* right = std::get_if<Value>(&claim.right)) right->moment = answers_[right->moment];
      script_.claims.push_back(std::move(claim));
    }
    for (const ScriptStep& step : script_.steps)
      if (const auto* overlay = std::get_if<MountOverlay>(&step.action); overlay && overlay->options.size() > kDataMax)
        return {.script = std::nullopt, .why_not = "mount(2) takes the options of so many layers in no way"};
    return {.script = std::move(script_), .why_not = {}};
  }

 private:
  void moment(std::size_t i) {
    index_ = i;
    std::visit([this](const auto& what) { told(what); }, evidence_.moments[i].what);
  }

  bool is_needed() const { return evidence_.moments[index_].needed; }
  bool is_shown() const { return is_needed() || detail_ != Detail::kNeeded; }

  void add(Doing action, std::string comment = {}) {
    std::size_t answer = 0;
    if (is_needed()) answer = answers_[index_] = ++last_answer_;
    script_.steps.push_back({.action = std::move(action), .answer = answer, .comment = std::move(comment)});
  }

  void told(const Event& event) {
    std::visit([this](const auto& what) { happened(what); }, event);
  }
  void happened(const Step&) {}
  void happened(const Mount&) { add(stage_.mounted()); }
  void happened(const Unmount&) { add(UnmountAt{"mount"}); }
  void happened(const DropCaches&) { add(DropCachesNow{}); }
  void happened(const Crash&) { add(KillServer{"mount"}); }
  void happened(const Mutate& mutate) {
    const std::size_t first = script_.steps.size();
    stage_.change(mutate.mutation);
    if (first < script_.steps.size()) script_.steps[first].comment = event_text(mutate, trace_.callers);
  }

  void told(const Asked& asked) {
    if (detail_ == Detail::kPauses && is_needed() && asked.asker == Asker::kWalk) pause();
    if (asked.asker == Asker::kTrace || is_shown())
      add(Operate{Inside::kMount, asked.caller, asked.operation, asked.outcome.error}, operation_text(asked.operation));
    if (asked.asker == Asker::kWalk && is_shown()) script_.steps.back().is_optional = !is_needed();
  }
  void pause() { script_.steps.push_back({.action = Pause{}, .answer = 0, .comment = {}, .is_optional = true}); }
  void told(const HandleTaken& taken) {
    if (!is_needed() && (detail_ != Detail::kHandles || !taken.handle.ok())) return;
    add(TakeHandle{taken.path.empty() ? "/" : taken.path});
    script_.steps.back().is_optional = !is_needed();
    if (taken.handle.ok()) taken_[*taken.handle] = answers_[index_];
  }
  void told(const HandleAsked& asked) {
    if (const auto taken = taken_.find(asked.handle); is_needed() && taken != taken_.end())
      add(OpenHandle{taken->second});
  }
  void told(const Look& look) {
    add(Operate{Inside::kLayers, superuser(), below(look.operation, stage_.root_of(look)), Errno::kOk});
  }
  void told(const ViewLayers&) {
    script_.steps.push_back({.action = OnDisk{DiskAction::kMakeDirectory, "view", {}}});
    add(stage_.view());
  }
  void told(const CountOrphans&) { add(Orphans{stage_.paths().work + "/index"}); }

  const Trace& trace_;
  const Evidence& evidence_;
  Detail detail_;
  Script script_;
  Stage stage_;
  std::size_t index_ = 0;
  std::size_t last_answer_ = 0;
  std::map<std::size_t, std::size_t> answers_;  // by moment
  std::map<std::string, std::size_t> taken_;    // by handle
};

std::string subject_of(const ScriptStep& step) {
  if (const auto* operate = std::get_if<Operate>(&step.action)) return operation_text(operate->operation);
  if (std::holds_alternative<MountOverlay>(step.action) || std::holds_alternative<MountProgramAt>(step.action))
    return "mount";
  if (std::holds_alternative<UnmountAt>(step.action)) return "umount";
  if (const auto* orphans = std::get_if<Orphans>(&step.action))
    return "entries without another name in " + orphans->path;
  return "the file handle";
}

}  // namespace

ScriptOrWhy script_of(const Trace& trace, const Evidence& evidence, const SubjectMount& mount, Detail detail) {
  ScriptOrWhy made = Builder(trace, evidence, mount, detail).build();
  if (!made.script) return made;
  const model::RuleText& rule = text_of(evidence.finding.rule);
  std::string what = evidence.finding.what;
  std::replace(what.begin(), what.end(), '\n', ' ');
  made.script->header = {fmt::format("{} breaks {}: {}", mount.subject, rule.id, rule.sentence),
                         fmt::format("Source: {}", rule.source), fmt::format("Seen: {}", what)};
  return made;
}

std::string words_of(const Script& script, const Value& value) {
  std::string words(word_of(value.shown));
  if (!value.name.empty()) words += " " + value.name;
  for (const ScriptStep& step : script.steps)
    if (step.answer == value.moment) return words + " of: " + subject_of(step);
  return words;
}

std::string_view word_of(Relation relation) {
  switch (relation) {
    case Relation::kSame: return "same";
    case Relation::kDiffers: return "differ";
    case Relation::kNoneOf: return "none_of";
    case Relation::kEarlier: return "earlier";
  }
  return {};
}

std::vector<Value> values_of(const Script& script) {
  std::vector<Value> values;
  const auto keep = [&values](const Value& value) {
    if (std::find(values.begin(), values.end(), value) == values.end()) values.push_back(value);
  };
  for (const Claim& claim : script.claims) {
    if (const auto* right = std::get_if<Value>(&claim.right)) keep(*right);
    keep(claim.left);
  }
  return values;
}

std::set<std::size_t> answers_used(const Script& script) {
  std::set<std::size_t> used;
  for (const Value& value : values_of(script)) used.insert(value.moment);
  for (const ScriptStep& step : script.steps)
    if (const auto* open = std::get_if<OpenHandle>(&step.action)) used.insert(open->taken);
  return used;
}

}  // namespace ovlspec::oracle
