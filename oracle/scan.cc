#include "oracle/scan.h"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>

#include "model/vocabulary/names.h"
#include "oracle/layer_walk.h"
#include "oracle/materialise.h"
#include "oracle/name_marks.h"

namespace ovlspec::oracle {
namespace {

using model::ObjectId;

// struct ovl_fb: where the flags and the file system's uuid lie in a record.
constexpr std::size_t kFlagsAt = 3;
constexpr std::size_t kUuidAt = 5;
constexpr std::size_t kUuidEnd = 21;
constexpr char kPathUpperFlag = 4;  // OVL_FH_FLAG_PATH_UPPER

std::string hex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    text += kDigits[static_cast<unsigned char>(c) >> 4];
    text += kDigits[static_cast<unsigned char>(c) & 15];
  }
  return text;
}

// REQUIRES: an even number of lower-case hexadecimal digits.
std::string unhex(std::string_view text) {
  const auto value = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  std::string bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2)
    bytes += static_cast<char>(value(text[i]) * 16 + value(text[i + 1]));
  return bytes;
}

std::string without_uuid(std::string handle) {
  for (std::size_t i = kUuidAt; i < std::min(kUuidEnd, handle.size()); ++i) handle[i] = '\0';
  return handle;
}

// Every lower inode by its handle.
class Lowers {
 public:
  struct Found {
    model::Backing backing;
    std::uint32_t links = 0;
    bool has_uuid = true;  // the file system's
    bool several = false;  // several inodes have these bytes
  };

  void add(const WalkedLayer& walked) {
    for (ObjectId id = 0; id < walked.inodes.size(); ++id) {
      const WalkedInode& inode = walked.inodes[id];
      if (inode.handle.empty()) continue;
      const std::string bare = without_uuid(inode.handle);
      const Found found{walked.layer.mark(id).backing, inode.links, bare != inode.handle, false};
      add(inode.handle, found);
      if (found.has_uuid) add(bare, found);
    }
  }

  // Nothing where no lower, or more than one, has the handle. The uuid counts where the record and the file system both
  // have one: uuid=off writes none, and our engine writes a digest where a file system has none.
  const Found* find(const std::string& handle) const {
    if (const Found* exact = only(handle)) return exact;
    const std::string bare = without_uuid(handle);
    const Found* found = bare == handle ? nullptr : only(bare);
    return found != nullptr && !found->has_uuid ? found : nullptr;
  }

 private:
  const Found* only(const std::string& handle) const {
    const auto it = by_handle_.find(handle);
    return it == by_handle_.end() || it->second.several ? nullptr : &it->second;
  }
  void add(const std::string& handle, const Found& found) {
    const auto [it, inserted] = by_handle_.try_emplace(handle, found);
    if (!inserted && it->second.backing != found.backing) it->second.several = true;
  }

  std::unordered_map<std::string, Found> by_handle_;
};

// What the index of the work directory says, and what else lies there.
class Work {
 public:
  Work(LayerAccess& access, DiskFormat format, const WalkedLayer& upper)
      : access_(access), format_(format), root_handle_(upper.inodes[model::kRoot].handle) {
    for (ObjectId id = 0; id < upper.inodes.size(); ++id) {
      upper_.insert(upper.layer.mark(id).backing);
      upper_handles_.insert(upper.inodes[id].handle);
    }
  }

  Status run() {
    auto names = access_.list("");
    if (!names) return names.error();
    std::sort(names->begin(), names->end());
    for (const std::string& name : *names) {
      if (name == names::kClaims || name == names::kIdentityMap) continue;
      auto entries = access_.list(name);
      const bool known = (name == names::kWork || name == names::kIndex) && entries.ok();
      if (!known) {
        leftovers_.push_back(name);
        continue;
      }
      std::sort(entries->begin(), entries->end());
      for (const std::string& entry : *entries) OVLSPEC_TRY(content(name, entry));
      if (name == names::kIndex) OVLSPEC_TRY(find_owner());
    }
    return {};
  }

  // Whether the index says that `inode` stands for all names of `origin`.
  bool links(const std::string& origin, const model::Backing& inode) const {
    const auto it = index_.find(hex(origin));
    return it != index_.end() && (it->second == inode || owner_ == Owner::kAnother);
  }

  std::vector<std::string>& leftovers() { return leftovers_; }

  // Upper objects whose last upper name went while lower names of theirs stayed: the index alone holds them. Those
  // whose origin is no lower's are left over.
  void add_nameless(const Lowers& lowers, model::Layer& upper) {
    for (const auto& [name, entry] : nameless_) {
      const Lowers::Found* origin = lowers.find(unhex(name));
      if (origin == nullptr || origin->links < 2 || owner_ == Owner::kAnother) {
        leftovers_.push_back(path_below(names::kIndex, name));
        continue;
      }
      model::Marks marks = entry.marks;
      marks.origin = model::Origin{.backing = origin->backing, .linked = true};
      upper.add(entry.inode, std::move(marks));
    }
  }

 private:
  Status content(const std::string& directory, const std::string& name) {
    const std::string path = path_below(directory, name);
    if (directory == names::kWork) {
      leftovers_.push_back(path);
      return {};
    }
    auto accessed = access_.read(path);
    if (!accessed) return accessed.error();
    const ParsedInode entry = parse_inode(std::move(*accessed), format_, Surrounding::kPlain);
    if (!is_record(name)) {
      leftovers_.push_back(path);
    } else if (!has_owner(entry)) {
      if (entry.inode.is(FileType::kDirectory)) leftovers_.push_back(path);
      // Our engine never leaves a shown object to the index alone: what it left there counts for nothing, unless the
      // kernel has removed its last name since.
      else if (!entry.record || entry.counted_by_another)
        nameless_.emplace_back(name, entry);
    }
    if (!entry.marks.whiteout && !entry.inode.is(FileType::kDirectory)) index_.emplace(name, entry.marks.backing);
    return {};
  }

  // The index names the upper's root that it belongs to; one that does not belongs to an upper that has none of its
  // inodes.
  Status find_owner() {
    auto accessed = access_.read(names::kIndex);
    if (!accessed) return accessed.error();
    const ParsedInode index = parse_inode(std::move(*accessed), format_, Surrounding::kPlain);
    const bool ours = index.upper ? names_directory(*index.upper, root_handle_)
                                  : std::any_of(index_.begin(), index_.end(),
                                                [this](const auto& entry) { return upper_.count(entry.second) != 0; });
    owner_ = ours ? Owner::kThisUpper : Owner::kAnother;
    return {};
  }

  // Whether an `upper` record names the directory with this handle. The record says besides that it is an upper's.
  static bool names_directory(std::string record, const std::string& handle) {
    if (record.size() <= kFlagsAt) return false;
    record[kFlagsAt] = static_cast<char>(record[kFlagsAt] & ~kPathUpperFlag);
    return record == handle || without_uuid(record) == handle;
  }

  static bool is_record(const std::string& name) {
    constexpr std::string_view kBeginning = "00fb";  // version 0, the magic number
    return name.compare(0, kBeginning.size(), kBeginning) == 0 &&
           name.find_first_not_of("0123456789abcdef") == std::string::npos;
  }

  // A whiteout says that the origin is gone: it has and needs no owner.
  bool has_owner(const ParsedInode& entry) const {
    if (entry.marks.whiteout) return true;
    if (!entry.inode.is(FileType::kDirectory)) return upper_.count(entry.marks.backing) != 0;
    return entry.upper && std::any_of(upper_handles_.begin(), upper_handles_.end(),
                                      [&](const std::string& handle) { return names_directory(*entry.upper, handle); });
  }

  enum class Owner : std::uint8_t { kThisUpper, kAnother };

  LayerAccess& access_;
  DiskFormat format_;
  const std::string& root_handle_;
  Owner owner_ = Owner::kThisUpper;
  std::set<model::Backing> upper_;
  std::set<std::string> upper_handles_;
  std::map<std::string, model::Backing> index_;                // hex(origin) -> the entry's inode
  std::vector<std::pair<std::string, ParsedInode>> nameless_;  // by the entry's name
  std::vector<std::string> leftovers_;
};

// Whether an upper with our engine's records was copied as a whole: the seal lies on another root, or, without one, no
// record lies on the inode that it names. The first mount adopts them.
bool is_copied(const WalkedLayer& walked) {
  if (walked.seal) return !walked.seal->lies_on(walked.layer.mark(model::kRoot).backing);
  for (ObjectId id = 0; id < walked.inodes.size(); ++id)
    if (const auto& record = walked.inodes[id].record)
      if (record->lies_on(walked.layer.mark(id).backing)) return false;
  return true;
}

// Fills in the origins of a walked layer. `work` is the upper's; lowers have none.
void resolve(WalkedLayer& walked, const Lowers& lowers, const Work* work) {
  const bool copied = is_copied(walked);
  for (ObjectId id = 0; id < walked.inodes.size(); ++id) {
    const auto& record = walked.inodes[id].origin;
    if (!record) continue;
    model::Marks& marks = walked.layer.marks[id];
    marks.origin = model::Origin{};
    const Lowers::Found* found = lowers.find(*record);
    if (found == nullptr) continue;
    marks.origin->backing = found->backing;
    // Our record says by itself whether the origin had several links; the kernel's, that the index has an entry.
    if (const auto& own = walked.inodes[id].record) {
      marks.origin->linked = work != nullptr && own->origin_links > 1 && (copied || own->lies_on(marks.backing));
    } else {
      marks.origin->linked = found->links > 1 && work != nullptr && work->links(*record, marks.backing);
    }
  }
}

Attempt<Scanned> failed(Failure failure, const std::string& layer) {
  failure.what += " (" + layer + ")";
  return {.value = std::nullopt, .failure = std::move(failure)};
}

}  // namespace

Attempt<Scanned> scan_stack(const StackAccess& stack, DiskFormat format) {
  Scanned scanned;
  std::vector<WalkedLayer> walked;
  Lowers lowers;
  for (LayerAccess* access : stack.lowers) {
    auto lower = walk_layer(*access, format);
    if (!lower.ok()) return failed(std::move(lower.failure), "lower " + std::to_string(walked.size()));
    lowers.add(*lower.value);
    walked.push_back(std::move(*lower.value));
  }
  for (WalkedLayer& lower : walked) {
    resolve(lower, lowers, nullptr);
    scanned.layers.lowers.push_back(std::move(lower.layer));
  }
  if (stack.upper == nullptr) {
    read_name_marks(scanned.layers, format);
    return {.value = std::move(scanned), .failure = {}};
  }

  auto upper = walk_layer(*stack.upper, format);
  if (!upper.ok()) return failed(std::move(upper.failure), "upper");
  std::optional<Work> work;
  if (stack.work != nullptr) {
    work.emplace(*stack.work, format, *upper.value);
    if (const Status status = work->run(); !status.ok())
      return failed({status.error(), "cannot read the work directory: " + std::string(errno_name(status.error()))},
                    "work");
  }
  resolve(*upper.value, lowers, work ? &*work : nullptr);
  if (work) {
    work->add_nameless(lowers, upper.value->layer);
    std::move(work->leftovers().begin(), work->leftovers().end(), std::back_inserter(scanned.leftovers));
  }
  scanned.layers.upper = std::move(upper.value->layer);
  read_name_marks(scanned.layers, format);
  return {.value = std::move(scanned), .failure = {}};
}

Attempt<model::Layer> scan_layer(LayerAccess& access, DiskFormat format) {
  auto walked = walk_layer(access, format);
  if (!walked.ok()) return {.value = std::nullopt, .failure = std::move(walked.failure)};
  for (ObjectId id = 0; id < walked.value->inodes.size(); ++id)
    if (walked.value->inodes[id].origin) walked.value->layer.marks[id].origin = model::Origin{};
  return {.value = std::move(walked.value->layer), .failure = {}};
}

Attempt<model::Tree> read_tree(LayerAccess& access) {
  auto walked = walk_layer(access, DiskFormat::kPlain, Unreadable::kSkipAbsent);
  if (!walked.ok()) return {.value = std::nullopt, .failure = std::move(walked.failure)};
  return {.value = std::move(walked.value->layer.tree), .failure = {}};
}

}  // namespace ovlspec::oracle
