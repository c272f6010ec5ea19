#include <algorithm>
#include <unordered_map>

#include "oracle/layer_entries.h"
#include "oracle/total_tables.h"
#include "oracle/trace_fields.h"
#include "oracle/trace_total.h"
#include "oracle/trace_words.h"

namespace ovlspec::oracle {
namespace {

using namespace total;  // NOLINT(google-build-using-namespace)

template <typename Table, typename Value>
std::optional<std::size_t> index_in(const Table& table, const Value& value) {
  const auto it = std::find(table.begin(), table.end(), value);
  if (it == table.end()) return std::nullopt;
  return static_cast<std::size_t>(it - table.begin());
}

bool is_literal(std::string_view name) {
  return name.size() <= kLiteralMax && name.find_first_of(std::string_view("\0/", 2)) == std::string_view::npos;
}
bool is_component(const std::string& name) { return is_literal(name) || index_in(components(), name); }

// The visitor of trace_fields.h: each method writes what Reader's of the same name reads.
class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}

  void path(std::string_view, const std::string& value) {
    std::string said = value;
    if (const auto known = known_.find(value))
      byte(*known);
    else if (!child(value))
      said = spelled(value);
    known_.add(said);
  }
  void layer_path(std::string_view name, const std::string& value) { path(name, value); }  // plain already
  void bytes(std::string_view, const std::string& value) {
    const auto run = index_in(kRuns, value.size());
    if (run && value.find_first_not_of(value[0]) == std::string::npos) {
      byte(kRun + *run);
      out_ += value[0];
    } else if (value.size() < kFewBytes) {
      literal(value);
    } else {
      byte(kMoreBytes);
      literal(value);
    }
  }
  void xattr_name(std::string_view, const std::string& value) {
    const auto code = index_in(kXattrNames, value);
    byte(code.value_or(kXattrLiteral));
    if (!code) literal(value);
  }
  void target(const Target& value) {
    if (value.slot) {
      byte(kSlotTarget);
      slot({}, *value.slot);
      return;
    }
    byte(value.follow == Follow::kNoFollow ? kNoFollowTarget : kFollowTarget);
    path({}, value.path);
  }
  void slot(std::string_view, Slot value) { byte(value < kFewSlots ? value : kAnySlot + value); }
  void offset(std::string_view, FileSize value) { number(value); }
  void size(std::string_view, FileSize value) { number(value); }
  void count(std::string_view, std::uint32_t value) { number(value); }
  void index(std::string_view, std::uint16_t value) { byte(value); }
  void place(std::string_view, std::uint8_t value) { byte(value); }
  void flags(std::string_view, const OpenFlags& value) {
    byte(static_cast<unsigned>(value.access) | (value.create ? 4U : 0U) | (value.exclusive ? 8U : 0U) |
         (value.truncate ? 16U : 0U) | (value.append ? 32U : 0U) | (value.directory ? 64U : 0U) |
         (value.no_follow ? 128U : 0U));
  }
  void mode(std::string_view, Mode value) {
    const auto code = index_in(kModes, value);
    byte(code.value_or(kModeLiteral));
    if (!code) big(value, 2);
  }
  void optional_mode(std::string_view name, Mode value) { mode(name, value); }
  template <typename Enum>
  void choice(std::string_view, Enum value, Enum) {
    byte(static_cast<std::size_t>(value));
  }
  void flag(std::string_view, bool value) { byte(value ? 1 : 0); }
  void type(std::string_view, FileType value) { byte(static_cast<std::size_t>(value)); }
  void device(std::string_view, Device value) { byte(index_in(kDevices, value).value_or(1)); }
  void id(std::string_view, std::optional<std::uint32_t> value) {
    byte(value ? 1 : 0);
    if (value) id(*value);
  }
  void time_change(std::string_view, const TimeChange& value) {
    byte(static_cast<std::size_t>(value.kind));
    if (value.kind == TimeChange::Kind::kSet) time(value.value);
  }
  void object(const std::string& path, const model::Inode& inode, const model::Marks& marks) {
    layer_path({}, path);
    byte(static_cast<std::size_t>(kind_of(inode, marks)));
    if (!marks.whiteout) details(inode, marks);
  }
  void layer(const model::Layer& value) {
    auto entries = entries_of(value);
    entries.erase(entries.begin());  // the root
    const auto directories = keep_sayable(value, entries);
    if (entries.size() < kFewEntries) {
      byte(entries.size());
    } else if (entries.size() < kMoreEntries) {
      byte(kMoreEntriesCode + entries.size());
    } else {
      byte(kManyEntriesCode);
      byte(entries.size() - kMoreEntries);
    }
    for (const LayerEntry& entry : entries) write_entry(value, entry, directories);
  }
  void image(const LayerImage& image) {
    const model::Inode& root = image.layer.tree[model::kRoot];
    const model::Marks& marks = image.layer.mark(model::kRoot);
    const bool plain = !has_attributes(root) && !marks.opaque && !marks.redirect;
    byte(image.place | (plain ? 0U : kRootMask));
    layer(image.layer);
    if (!plain) details(root, marks);
  }

 private:
  using Directories = std::unordered_map<std::string, std::size_t>;
  static constexpr std::size_t kCodes = 256;

  void byte(std::size_t value) { out_ += static_cast<char>(value); }
  void big(std::uint32_t value, unsigned count) {
    while (count-- != 0) byte(value >> (8 * count) & 0xffU);
  }
  void number(std::uint64_t value) {
    if (value < kTwoBytes) {
      byte(value);
    } else if (value < std::uint64_t{kFourBytes - kTwoBytes} << 8) {
      byte(kTwoBytes + (value >> 8));
      byte(value & 0xffU);
    } else {
      byte(kFourBytes);
      big(static_cast<std::uint32_t>(value), 4);
    }
  }
  void literal(std::string_view value) {
    const auto said = value.substr(0, kLiteralMax);
    byte(said.size());
    out_ += said;
  }
  void id(std::uint32_t value) {
    const auto code = index_in(kIds, value);
    byte(code.value_or(kIdLiteral));
    if (!code) big(value, 4);
  }
  void time(Time value) {
    if (value == Time{}) {
      byte(0);
      return;
    }
    byte(3);
    big(static_cast<std::uint32_t>(value.seconds), 4);
    big(value.nanoseconds, 4);
  }

  // What the reader will take for `name`.
  std::string component(const std::string& name) {
    const auto code = index_in(components(), name);
    byte(code.value_or(kLiteral));
    if (code) return name;
    literal(name);
    return name.substr(0, kLiteralMax);
  }

  bool child(const std::string& path) {
    const auto slash = path.rfind('/');
    if (slash == std::string::npos) return false;
    const auto parent = known_.find(path.substr(0, slash));
    const std::string name = path.substr(slash + 1);
    if (!parent || *parent >= kSpelled - kChild || !is_component(name)) return false;
    byte(kChild + *parent);
    component(name);
    return true;
  }

  std::string spelled(std::string_view path) {
    unsigned code = 0;
    if (path.starts_with('/')) code |= kAbsoluteBit;
    path.remove_prefix(code != 0 ? 1 : 0);
    if (path.size() > 1 && path.ends_with('/')) {
      code |= kTrailingBit;
      path.remove_suffix(1);
    }
    std::vector<std::string> names;
    for (std::size_t end = 0; end != path.size() && names.size() + 1 < kMostComponents;) {
      path.remove_prefix(names.empty() ? 0 : end + 1);
      end = std::min(path.find('/'), path.size());
      names.emplace_back(path.substr(0, end));
    }
    byte(kSpelled + (code | std::min<unsigned>(names.size(), kCountMask)));
    if (names.size() >= kCountMask) byte(names.size());
    std::string said = (code & kAbsoluteBit) != 0 ? "/" : "";
    for (std::size_t i = 0; i < names.size(); ++i) said += (i == 0 ? "" : "/") + component(names[i]);
    return (code & kTrailingBit) != 0 && !names.empty() ? said + "/" : said;
  }

  static Kind kind_of(const model::Inode& inode, const model::Marks& marks) {
    if (marks.whiteout) return Kind::kWhiteout;
    switch (inode.type) {
      case FileType::kRegular: return Kind::kFile;
      case FileType::kDirectory: return Kind::kDirectory;
      case FileType::kSymlink: return Kind::kSymlink;
      case FileType::kCharDevice: return Kind::kChar;
      case FileType::kBlockDevice: return Kind::kBlock;
      case FileType::kFifo: return Kind::kFifo;
      case FileType::kSocket: return Kind::kSocket;
    }
    return Kind::kFile;
  }

  static Mode plain_mode(const model::Inode& inode) {
    return inode.is(FileType::kDirectory) ? 0755 : inode.is(FileType::kSymlink) ? 0777 : 0644;
  }
  static bool has_attributes(const model::Inode& inode) {
    return inode.mode != plain_mode(inode) || inode.uid != 0 || inode.gid != 0 ||
           inode.access_time != model::FreeTime{} || inode.modify_time != model::FreeTime{} || !inode.xattrs.empty() ||
           inode.content.size() != inode.content.data().size();
  }

  void details(const model::Inode& inode, const model::Marks& marks) {
    const bool with_attributes = has_attributes(inode);
    byte((marks.opaque ? kOpaqueMask : 0U) | (marks.redirect ? kRedirectMask : 0U) |
         (with_attributes ? kAttributesMask : 0U));
    if (marks.redirect) path({}, *marks.redirect);
    if (inode.is(FileType::kRegular)) bytes({}, inode.content.data());
    if (inode.is(FileType::kSymlink)) path({}, inode.content.all());
    if (inode.is(FileType::kCharDevice) || inode.is(FileType::kBlockDevice)) device({}, inode.device);
    if (with_attributes) attributes(inode);
  }

  void attributes(const model::Inode& inode) {
    mode({}, inode.mode);
    id(inode.uid);
    id(inode.gid);
    time(inode.access_time.value);
    time(inode.modify_time.value);
    if (inode.is(FileType::kRegular)) number(inode.content.size() - inode.content.data().size());
    const std::size_t count = std::min<std::size_t>(inode.xattrs.size(), 3);
    byte(count);
    for (std::size_t i = 0; i < count; ++i) {
      xattr_name({}, inode.xattrs[i].name);
      bytes({}, inode.xattrs[i].value);
    }
  }

  // Drops the entries that cannot be said; the numbers of the directories that are left.
  Directories keep_sayable(const model::Layer& layer, std::vector<LayerEntry>& entries) const {
    Directories directories{{"", 0}};
    std::size_t kept = 0;
    for (LayerEntry& entry : entries) {
      const auto slash = entry.path.rfind('/');
      const bool top = slash == std::string::npos;
      const auto parent = directories.find(top ? "" : entry.path.substr(0, slash));
      const std::string name = top ? entry.path : entry.path.substr(slash + 1);
      if (parent == directories.end() || parent->second >= kCodes || !is_component(name)) continue;
      if (kept == std::size_t{kMoreEntries} + kCodes - 1) break;
      const bool directory = layer.tree[entry.object].is(FileType::kDirectory) && !layer.mark(entry.object).whiteout;
      if (directory) directories.emplace(entry.path, directories.size());
      if (&entries[kept] != &entry) entries[kept] = std::move(entry);
      ++kept;
    }
    entries.resize(kept);
    return directories;
  }

  void write_entry(const model::Layer& layer, const LayerEntry& entry, const Directories& directories) {
    const model::Inode& inode = layer.tree[entry.object];
    const model::Marks& marks = layer.mark(entry.object);
    const auto slash = entry.path.rfind('/');
    const bool top = slash == std::string::npos;
    byte(static_cast<std::size_t>(entry.link_of ? Kind::kLink : kind_of(inode, marks)));
    byte(directories.at(top ? "" : entry.path.substr(0, slash)));
    component(top ? entry.path : entry.path.substr(slash + 1));
    if (entry.link_of) {
      path({}, *entry.link_of);
      return;
    }
    if (!marks.whiteout) details(inode, marks);
    known_.add(entry.path);
  }

  std::string& out_;
  KnownPaths known_;
};

class Encoder {
 public:
  std::string run(const Trace& trace) {
    const std::size_t lowers = std::min<std::size_t>(trace.lowers.size(), kLowersMask + 1U);
    callers_ = std::min<std::size_t>(trace.callers.size(), kCallersMask + 1U);
    out_ += '\0';
    for (std::size_t i = 0; i < lowers; ++i) writer_.image(trace.lowers[i]);
    if (trace.upper) writer_.image(*trace.upper);
    state_.lowers = lowers;
    state_.upper = trace.upper.has_value();
    const bool said = events(trace.events);
    out_[0] = static_cast<char>((lowers - 1) | (trace.upper ? kUpperBit : 0U) | (said ? kFirstEventBit : 0U) |
                                (std::max<std::size_t>(callers_, 1) - 1) << kCallersShift);
    return std::move(out_);
  }

 private:
  // Whether the first event is said, and not left out as the mount that most traces begin with.
  bool events(const std::vector<Event>& events) {
    const bool begins_mounted = !events.empty() && std::holds_alternative<Mount>(events.front());
    const std::size_t begin = out_.size();
    if (begins_mounted) state_.apply(Mount{});
    for (std::size_t i = begins_mounted ? 1 : 0; i < events.size(); ++i)
      if (event(events[i])) state_.apply(events[i]);
    const bool silent = begins_mounted && out_.size() != begin;
    if (begins_mounted && !silent) byte(0);
    return !silent;
  }

  // Whether the event means something in this state and was written.
  bool event(const Event& event) {
    if (!state_.mounted) return unmounted_event(event);
    if (const auto* step = std::get_if<Step>(&event)) {
      byte(step->operation.index() | (step->caller % std::max<std::size_t>(callers_, 1)) << kEventBits);
      std::visit([this](const auto& o) { fields(writer_, o); }, step->operation);
    } else if (std::holds_alternative<Unmount>(event)) {
      byte(kUnmountCode);
    } else if (std::holds_alternative<DropCaches>(event)) {
      byte(kDropCachesCode);
    } else if (std::holds_alternative<Crash>(event)) {
      byte(kCrashCode);
    } else {
      return false;
    }
    return true;
  }

  bool unmounted_event(const Event& event) {
    if (std::holds_alternative<Mount>(event)) {
      byte(0);
      return true;
    }
    const auto* mutate = std::get_if<Mutate>(&event);
    if (mutate == nullptr) return false;
    byte(kMounts + mutate->mutation.index());
    if (const model::LayerName* layer = layer_of(mutate->mutation)) byte(layer->upper ? 1 : layer->lower * 2U);
    std::visit([this](const auto& m) { fields(writer_, m); }, mutate->mutation);
    return true;
  }

  void byte(std::size_t value) { out_ += static_cast<char>(value); }

  std::string out_;
  Writer writer_{out_};
  State state_;
  std::size_t callers_ = 1;
};

}  // namespace

std::string encode_total(const Trace& trace) { return Encoder().run(trace); }

}  // namespace ovlspec::oracle
