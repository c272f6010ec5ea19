#include "oracle/inode_cells.h"

#include <sys/stat.h>

#include <algorithm>
#include <sstream>

#include "oracle/inode_sightings.h"
#include "oracle/inode_stack.h"
#include "oracle/private_namespace.h"

namespace ovlspec::oracle {
namespace {

using model::InodeProperty;
using Sightings = std::vector<InodeSighting>;

struct Moment {
  const InodeSetting& setting;
  const char* when;
};

struct Named {  // a number, and what it is
  const char* name;
  std::uint64_t number;
};

std::string text_of(const Named& named) {
  constexpr std::uint64_t kReadable = 1ULL << 32;
  std::ostringstream text;
  text << named.name << ' ';
  if (named.number >= kReadable) text << "0x" << std::hex;
  text << named.number;
  return text.str();
}

const InodeSighting* find(const Sightings& sightings, const std::string& path) {
  const auto found = std::find_if(sightings.begin(), sightings.end(), [&](const auto& s) { return s.path == path; });
  return found == sightings.end() ? nullptr : &*found;
}

// All cells, each with the breaches so far.
class Table {
 public:
  Table() {
    for (const model::InodeCell& cell : model::inode_cells()) cells_.push_back({.cell = cell, .breaches = {}});
  }

  void judge(const Moment& moment, const Sightings& sightings) {
    for (const InodeSighting& seen : sightings) {
      const Place shown{moment, InodeProperty::kListedAsShown, seen};
      compare(shown, {"st_ino", seen.shown}, {"d_ino", seen.listed});
      const Place held{moment, InodeProperty::kListedAsHeld, seen};
      compare(held, {"d_ino", seen.listed}, {"i_ino", seen.held});
      const Place device{moment, InodeProperty::kUniformDevice, seen};
      compare(device, {"st_dev", seen.file_system}, {"the root's", seen.mount_root_at});
    }
  }
  void judge_persistence(const Moment& moment, const Sightings& before, const Sightings& after) {
    for (const InodeSighting& seen : after) {
      const Place place{moment, InodeProperty::kPersistentNumber, seen};
      if (const InodeSighting* earlier = find(before, seen.path))
        compare(place, {"st_ino", seen.shown}, {"in the mount before", earlier->shown});
    }
  }
  std::vector<MeasuredCell> take() { return std::move(cells_); }

 private:
  struct Place {
    const Moment& moment;
    InodeProperty property;
    const InodeSighting& seen;
  };

  void compare(const Place& place, const Named& one, const Named& other) {
    if (one.number == other.number) return;
    auto& breaches = cell_of(place).breaches;
    const std::string& object = place.seen.path;
    if (std::any_of(breaches.begin(), breaches.end(), [&](const auto& b) { return b.object == object; })) return;
    const std::string where = std::string(place.moment.setting.name) + "; " + place.moment.when + "; " + object;
    breaches.push_back({.object = object, .counterexample = where + ": " + text_of(one) + ", " + text_of(other)});
  }
  MeasuredCell& cell_of(const Place& place) {
    return *std::find_if(cells_.begin(), cells_.end(), [&](const MeasuredCell& measured) {
      return measured.cell.layering == place.moment.setting.layering && measured.cell.property == place.property &&
             measured.cell.directory == place.seen.directory;
    });
  }

  std::vector<MeasuredCell> cells_;
};

// So that numbers that are given out in the order of the first lookups are others than before.
void look_up_in_reverse(const std::string& mount_point, const Sightings& before) {
  struct stat status;
  for (auto seen = before.rbegin(); seen != before.rend(); ++seen)
    (void)::lstat((mount_point + "/" + seen->path).c_str(), &status);
}

class Course {
 public:
  Course(const InodeSetting& setting, Table& table) : setting_(setting), table_(table), stack_(setting) {}

  Attempt<Done> run() {
    if (auto made = stack_.make(); !made.ok()) return made;
    if (auto mounted = stack_.mount(); !mounted.ok()) return mounted;
    if (auto looked = look("before any copy up"); !looked.ok()) return looked;
    if (auto copied = stack_.copy_up(); !copied.ok()) return copied;
    if (auto looked = look("in the mount of the copy up"); !looked.ok()) return looked;
    if (auto looked = look_after_remount("in the next mount"); !looked.ok()) return looked;
    return look_after_remount("in the mount after the next");
  }

 private:
  Attempt<Done> look(const char* when) {
    auto sightings = inode_sightings(stack_.mount_point());
    if (!sightings.ok()) return {.value = std::nullopt, .failure = sightings.failure};
    last_ = std::move(*sightings.value);
    table_.judge({setting_, when}, last_);
    return {.value = Done{}, .failure = {}};
  }
  Attempt<Done> look_after_remount(const char* when) {
    if (auto unmounted = stack_.unmount(); !unmounted.ok()) return unmounted;
    if (auto mounted = stack_.mount(); !mounted.ok()) return mounted;
    const Sightings before = std::move(last_);
    look_up_in_reverse(stack_.mount_point(), before);
    auto looked = look(when);
    if (looked.ok()) table_.judge_persistence({setting_, when}, before, last_);
    return looked;
  }

  const InodeSetting& setting_;
  Table& table_;
  InodeStack stack_;
  Sightings last_;
};

}  // namespace

Attempt<std::vector<MeasuredCell>> measure_inode_cells() {
  if (const auto entered = enter_private_namespace(); !entered.ok())
    return {.value = std::nullopt, .failure = entered.failure};
  Table table;
  for (const InodeSetting& setting : kInodeSettings) {
    auto ran = Course(setting, table).run();
    if (ran.ok()) continue;
    ran.failure.what = std::string(setting.name) + ": " + ran.failure.what;
    return {.value = std::nullopt, .failure = ran.failure};
  }
  return {.value = table.take(), .failure = {}};
}

bool concerns(const KernelException& exception, const model::InodeCell& cell, const InodeBreach& breach) {
  const std::string name = breach.object.substr(breach.object.rfind('/') + 1);
  return exception.layering == cell.layering && exception.property == cell.property &&
         exception.directory == cell.directory && name.starts_with(exception.objects);
}

std::vector<InodeBreach> unexpected_breaches(const MeasuredCell& measured) {
  std::vector<InodeBreach> unexpected;
  if (!measured.cell.promised) return unexpected;
  for (const InodeBreach& breach : measured.breaches)
    if (std::none_of(kKernelExceptions.begin(), kKernelExceptions.end(),
                     [&](const KernelException& exception) { return concerns(exception, measured.cell, breach); }))
      unexpected.push_back(breach);
  return unexpected;
}

}  // namespace ovlspec::oracle
