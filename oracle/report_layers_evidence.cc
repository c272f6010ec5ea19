// Evidence of what was found wrong on disk, or with mounting.
#include "model/describe.h"
#include "model/merge.h"
#include "oracle/report_evidence.h"
#include "oracle/trace_words.h"

namespace ovlspec::oracle {
namespace {

using model::Inode;
using model::Rule;
using model::Tree;

Operation stat_of(const std::string& path) { return Stat{Target::at(path.empty() ? "/" : path, Follow::kNoFollow)}; }

std::string child_of(const std::string& path, const std::string& name) {
  return path.empty() ? name : path + "/" + name;
}

std::optional<DifferenceShown> attribute_shown(const Inode& seen, const Inode& wanted, const std::string& path) {
  const auto shown = [&](Shown what, std::string expected) {
    return DifferenceShown{stat_of(path), what, Relation::kDiffers, std::move(expected)};
  };
  if (seen.type != wanted.type) return shown(Shown::kType, std::string(model::describe(wanted.type)));
  if (seen.mode != wanted.mode) return shown(Shown::kMode, model::octal(wanted.mode));
  if (seen.uid != wanted.uid) return shown(Shown::kUid, std::to_string(wanted.uid));
  if (seen.gid != wanted.gid) return shown(Shown::kGid, std::to_string(wanted.gid));
  if (seen.device != wanted.device) return shown(Shown::kDevice, model::describe(wanted.device));
  if (seen.content.size() != wanted.content.size()) return shown(Shown::kSize, std::to_string(wanted.content.size()));
  for (const model::Xattr& xattr : wanted.xattrs) {
    const model::Xattr* other = seen.xattr(xattr.name);
    const Operation get = GetXattr{Target::at(path.empty() ? "/" : path, Follow::kNoFollow), xattr.name};
    if (other == nullptr) return DifferenceShown{get, Shown::kError, Relation::kDiffers, "success"};
    if (other->value != xattr.value)
      return DifferenceShown{get, Shown::kBytes, Relation::kDiffers, hex_text(xattr.value)};
  }
  for (const model::Xattr& xattr : seen.xattrs)
    if (wanted.xattr(xattr.name) == nullptr)
      return DifferenceShown{GetXattr{Target::at(path.empty() ? "/" : path, Follow::kNoFollow), xattr.name},
                             Shown::kError, Relation::kSame, "success"};
  if (seen.modify_time.known && wanted.modify_time.known && seen.modify_time.value != wanted.modify_time.value)
    return shown(Shown::kModifyTime, model::describe(wanted.modify_time.value));
  return std::nullopt;
}

std::optional<DifferenceShown> name_shown(const Inode& seen, const Inode& wanted, const std::string& path) {
  const auto shown = [&](const std::string& name, Relation relation) {
    return DifferenceShown{stat_of(child_of(path, name)), Shown::kError, relation, "success"};
  };
  for (const model::Entry& entry : seen.entries)
    if (wanted.find(entry.name) == nullptr) return shown(entry.name, Relation::kSame);
  for (const model::Entry& entry : wanted.entries)
    if (seen.find(entry.name) == nullptr) return shown(entry.name, Relation::kDiffers);
  return std::nullopt;
}

// Moments that were added are looks, or the judge's; either way an operation with a path.
class LayersTold {
 public:
  LayersTold(EvidenceBuilder& evidence, const LayersSeen& layers) : evidence_(evidence), layers_(layers) {}

  void tell() {
    const Rule rule = evidence_.finding().rule;
    if (rule == Rule::kMount || rule == Rule::kUnmounts) return tell_event();
    if (rule == Rule::kUpperIsDiff) return tell_tree();
    if (rule == Rule::kKernelView) return tell_view();
    if (rule == Rule::kLowersUntouched) return tell_lowers();
    if (rule == Rule::kNeedlessWhiteout) return tell_whiteout();
    if (rule == Rule::kLeftovers) return tell_leftovers();
    if (rule == Rule::kCost) return evidence_.give_up("writes that a look costs are counted in process alone");
    evidence_.give_up("nothing that a program could look at shows it");
  }

 private:
  void differs(std::size_t moment, const DifferenceShown& shown) {
    evidence_.claim(evidence_.value(moment, shown.shown), shown.relation, shown.expected);
  }

  void tell_event() {
    evidence_.claim(evidence_.value(evidence_.last(), Shown::kError), Relation::kDiffers, "success");
  }

  // Whoever mounts the layers next sees it.
  void tell_tree() {
    const auto shown = difference_shown(merge(layers_.after.layers).tree, evidence_.judge().world().tree);
    if (!shown) return evidence_.give_up("only a reader of the layers' own marks sees it");
    evidence_.append(Event(Mount{}));
    differs(evidence_.append(Asked{.asker = Asker::kWalk, .caller = superuser(), .operation = shown->operation}),
            *shown);
  }

  void tell_view() {
    if (!layers_.view) return evidence_.give_up("what the kernel's mount showed is not known");
    const auto shown = difference_shown(*layers_.view, evidence_.judge().world().tree);
    if (!shown) return evidence_.give_up("no single look shows it");
    evidence_.append(ViewLayers{});
    differs(evidence_.append(Look{.place = Place::kView, .lower = 0, .operation = shown->operation}), *shown);
  }

  void tell_lowers() {
    for (std::uint16_t i = 0; i < layers_.before.layers.lowers.size(); ++i) {
      if (i >= layers_.after.layers.lowers.size()) break;
      const auto shown = difference_shown(layers_.after.layers.lowers[i].tree, layers_.before.layers.lowers[i].tree);
      if (!shown) continue;
      const Look look{.place = Place::kLower, .lower = i, .operation = shown->operation};
      const std::size_t before = evidence_.insert(evidence_.latest_mount().value_or(0), look);
      const std::size_t after = evidence_.append(look);
      return evidence_.claim(evidence_.value(after, shown->shown), Relation::kDiffers,
                             evidence_.value(before, shown->shown));
    }
    evidence_.give_up("a lower's inode or mark changed, and no single look shows it");
  }

  // The path in quotes that the judge named.
  std::optional<std::string> path_told() const {
    const std::string& what = evidence_.finding().what;
    const auto begin = what.find('"');
    const auto end = what.rfind('"');
    if (begin == std::string::npos || begin == end || what.find('\\') != std::string::npos) return std::nullopt;
    return what.substr(begin + 1, end - begin - 1);
  }

  void tell_whiteout() {
    const auto path = path_told();
    if (!path) return evidence_.give_up("the whiteout's path is not known");
    const std::size_t look = evidence_.append(Look{.place = Place::kUpper, .lower = 0, .operation = stat_of(*path)});
    evidence_.claim(evidence_.value(look, Shown::kType), Relation::kSame, "char");
    evidence_.claim(evidence_.value(look, Shown::kDevice), Relation::kSame, "0:0");
  }

  void tell_leftovers() {
    const std::string& what = evidence_.finding().what;
    const std::string left = what.substr(what.find(": ") + 2);
    const bool is_index = left.rfind("index/", 0) == 0 || left.rfind("an index entry", 0) == 0;
    if (is_index)
      return evidence_.claim(evidence_.value(evidence_.append(CountOrphans{}), Shown::kCount), Relation::kDiffers, "0");
    const auto slash = left.rfind('/');
    if (left.rfind("metacopy ", 0) == 0) return evidence_.give_up("a metacopy's owner is told by reading the layers");
    if (slash == std::string::npos) {
      const std::size_t look = evidence_.append(Look{.place = Place::kWork, .lower = 0, .operation = stat_of(left)});
      return evidence_.claim(evidence_.value(look, Shown::kError), Relation::kSame, "success");
    }
    // Names there are the implementation's own, and others each time.
    const Operation list = ListDirectory{left.substr(0, slash)};
    const std::size_t look = evidence_.append(Look{.place = Place::kWork, .lower = 0, .operation = list});
    evidence_.claim(evidence_.value(look, Shown::kEntries), Relation::kDiffers, "0");
  }

  EvidenceBuilder& evidence_;
  const LayersSeen& layers_;
};

}  // namespace

std::optional<DifferenceShown> difference_shown(const Tree& seen, const Tree& wanted) {
  const auto difference = first_difference(seen, wanted);
  if (!difference) return std::nullopt;
  const std::string path = difference->path == "/" ? "" : difference->path;
  const auto mine = seen.at(path);
  const auto other = wanted.at(path);
  if (!mine || !other) return std::nullopt;
  if (auto shown = attribute_shown(seen[*mine], wanted[*other], path)) return shown;
  return name_shown(seen[*mine], wanted[*other], path);
}

void tell_layers(EvidenceBuilder& evidence, const LayersSeen& layers) { LayersTold(evidence, layers).tell(); }

}  // namespace ovlspec::oracle
