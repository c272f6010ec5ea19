#include <algorithm>

#include "model/vocabulary/names.h"
#include "oracle/layer_entries.h"
#include "oracle/standard_callers.h"
#include "oracle/total_tables.h"
#include "oracle/trace_fields.h"
#include "oracle/trace_total.h"
#include "oracle/trace_words.h"

namespace ovlspec::oracle {
namespace {

using namespace total;  // NOLINT(google-build-using-namespace)

// Bytes with zeros after their end.
class Input {
 public:
  explicit Input(std::string_view bytes) : bytes_(bytes) {}
  bool at_end() const { return position_ >= bytes_.size(); }
  std::uint8_t byte() { return at_end() ? 0 : static_cast<std::uint8_t>(bytes_[position_++]); }
  std::uint32_t big(unsigned count) {
    std::uint32_t value = 0;
    for (; count != 0; --count) value = value << 8 | byte();
    return value;
  }
  std::uint32_t number() {
    const std::uint8_t first = byte();
    if (first < kTwoBytes) return first;
    if (first < kFourBytes) return static_cast<std::uint32_t>(first - kTwoBytes) << 8 | byte();
    return big(4);
  }
  // At most kLiteralMax bytes, without `replaced` ones.
  std::string literal(std::string_view replaced) {
    std::string text(byte() % (kLiteralMax + 1), '\0');
    for (char& c : text) {
      c = static_cast<char>(byte());
      if (replaced.find(c) != std::string_view::npos) c = '_';
    }
    return text;
  }

 private:
  std::string_view bytes_;
  std::size_t position_ = 0;
};

constexpr std::string_view kNul{"\0", 1};
constexpr std::string_view kNulOrSlash{"\0/", 2};

// The visitor of trace_fields.h.
class Reader {
 public:
  Reader(Input& in, const State& state) : in_(in), state_(state) {}

  void path(std::string_view, std::string& value) {
    value = any_path();
    known_.add(value);
  }
  void layer_path(std::string_view, std::string& value) {
    value = as_layer_path(any_path());
    known_.add(value);
  }
  void bytes(std::string_view, std::string& value) {
    const std::uint8_t code = in_.byte();
    if (code >= kRun) {
      value.assign(kRuns[code % kRuns.size()], static_cast<char>(in_.byte()));
      return;
    }
    value.resize(code < kMoreBytes ? code % kFewBytes : in_.byte() % (kLiteralMax + 1));
    for (char& c : value) c = static_cast<char>(in_.byte());
  }
  void xattr_name(std::string_view, std::string& value) {
    const std::size_t code = in_.byte() % (kXattrLiteral + 1);
    value = code == kXattrLiteral ? in_.literal(kNul) : std::string(kXattrNames[code]);
  }
  void target(Target& value) {
    const unsigned kind = in_.byte() % 4;
    if (kind == kSlotTarget) {
      slot({}, value.slot.emplace());
      return;
    }
    value.follow = kind == kNoFollowTarget ? Follow::kNoFollow : Follow::kFollow;
    path({}, value.path);
  }
  void slot(std::string_view, Slot& value) {
    const std::uint8_t code = in_.byte();
    value = code < kAnySlot ? code % kFewSlots : code % kSlots;
  }
  void offset(std::string_view, FileSize& value) { value = in_.number() % (kFileSizeLimit + 1); }
  void size(std::string_view name, FileSize& value) { offset(name, value); }
  void count(std::string_view, std::uint32_t& value) { value = in_.number(); }
  void index(std::string_view, std::uint16_t& value) {
    value = static_cast<std::uint16_t>(in_.byte() % (state_.lowers + 1));
  }
  void place(std::string_view, std::uint8_t& value) { value = in_.byte() % kPlaces; }
  void flags(std::string_view, OpenFlags& value) {
    const std::uint8_t bits = in_.byte();
    value.access = static_cast<Access>((bits & 3U) % kWords<Access>.size());
    value.create = (bits & 4U) != 0;
    value.exclusive = (bits & 8U) != 0;
    value.truncate = (bits & 16U) != 0;
    value.append = (bits & 32U) != 0;
    value.directory = (bits & 64U) != 0;
    value.no_follow = (bits & 128U) != 0;
  }
  void mode(std::string_view, Mode& value) {
    const std::size_t code = in_.byte() % (kModeLiteral + 1);
    value = code == kModeLiteral ? in_.big(2) & kModeMask : kModes[code];
  }
  void optional_mode(std::string_view name, Mode& value) { mode(name, value); }
  template <typename Enum>
  void choice(std::string_view, Enum& value, Enum) {
    value = static_cast<Enum>(in_.byte() % kWords<Enum>.size());
  }
  void flag(std::string_view, bool& value) { value = in_.byte() % 2 != 0; }
  void type(std::string_view name, FileType& value) {
    choice(name, value, FileType::kRegular);
    if (value == FileType::kDirectory || value == FileType::kSymlink) value = FileType::kRegular;
  }
  void device(std::string_view, Device& value) { value = kDevices[in_.byte() % kDevices.size()]; }
  void id(std::string_view, std::optional<std::uint32_t>& value) {
    if (in_.byte() % 2 != 0) value = id();
  }
  void time_change(std::string_view, TimeChange& value) {
    value.kind = static_cast<TimeChange::Kind>(in_.byte() % 3);
    if (value.kind == TimeChange::Kind::kSet) value.value = time();
  }
  void object(std::string& path, model::Inode& inode, model::Marks& marks) {
    layer_path({}, path);
    Kind kind = this->kind();
    if (kind == Kind::kLink) kind = Kind::kFile;
    object_of_kind(kind, inode, marks);
  }
  void layer(model::Layer& value) {
    LayerBuilder builder;
    std::vector<std::string> directories{""};
    for (std::size_t left = entry_count(); left != 0; --left) entry(builder, directories);
    value = builder.take();
  }
  void image(LayerImage& image) {
    const std::uint8_t first = in_.byte();
    image.place = first & kPlaceMask;
    layer(image.layer);
    if ((first & kRootMask) == kRootMask)
      object_of_kind(Kind::kDirectory, image.layer.tree[model::kRoot], image.layer.marks[0]);
  }

 private:
  std::string any_path() {
    const std::uint8_t code = in_.byte();
    if (code >= kSpelled) return spelled(code - kSpelled);
    std::string value = code < kChild ? known_[code] : known_[code - kChild] + "/" + component();
    value.resize(std::min(value.size(), limits::kOperationPath));
    return value;
  }

  std::string component() {
    const std::size_t code = in_.byte() % (kLiteral + 1);
    return code == kLiteral ? in_.literal(kNulOrSlash) : components()[code];
  }

  std::string spelled(unsigned code) {
    std::string value = (code & kAbsoluteBit) != 0 ? "/" : "";
    unsigned count = code & kCountMask;
    if (count == kCountMask) count = in_.byte() % kMostComponents;
    for (unsigned i = 0; i < count; ++i) value += (i == 0 ? "" : "/") + component();
    if ((code & kTrailingBit) != 0 && count != 0) value += '/';
    return value;
  }

  std::uint32_t id() {
    const std::size_t code = in_.byte() % (kIdLiteral + 1);
    return code == kIdLiteral ? in_.big(4) : kIds[code];
  }

  Time time() {
    switch (in_.byte() % 4) {
      case 0: return Time{};
      case 1: return Time{1'500'000'000 + std::int64_t{in_.byte()}, 0};
      case 2: return Time{in_.byte(), 500'000'000};
      default: {
        const std::int64_t seconds = in_.big(4);
        return Time{seconds, in_.big(4) % 1'000'000'000U};
      }
    }
  }
  model::FreeTime free_time() { return model::FreeTime::at(time()); }

  Kind kind() { return kKinds[in_.byte() % kKinds.size()]; }

  std::size_t entry_count() {
    const std::uint8_t code = in_.byte();
    if (code < kMoreEntriesCode) return code % kFewEntries;
    return code < kManyEntriesCode ? code % kMoreEntries : std::size_t{kMoreEntries} + in_.byte();
  }

  void entry(LayerBuilder& builder, std::vector<std::string>& directories) {
    const Kind its_kind = kind();
    const std::string& parent = directories[in_.byte() % directories.size()];
    const std::string path = as_layer_path(parent + "/" + component());
    if (path == parent || (its_kind != Kind::kLink && builder.has(path))) return;
    if (its_kind == Kind::kLink) {
      std::string to;
      layer_path({}, to);
      static_cast<void>(builder.link(path, to));  // one that leads nowhere is left out
      return;
    }
    model::Inode inode;
    model::Marks marks;
    object_of_kind(its_kind, inode, marks);
    if (builder.add(path, std::move(inode), std::move(marks))) return;
    known_.add(path);
    if (its_kind == Kind::kDirectory) directories.push_back(path);
  }

  void object_of_kind(Kind kind, model::Inode& inode, model::Marks& marks) {
    switch (kind) {
      case Kind::kFile:
      case Kind::kLink: inode.type = FileType::kRegular; break;
      case Kind::kDirectory: inode.type = FileType::kDirectory; break;
      case Kind::kSymlink: inode.type = FileType::kSymlink; break;
      case Kind::kWhiteout: marks.whiteout = true; break;
      case Kind::kChar: inode.type = FileType::kCharDevice; break;
      case Kind::kBlock: inode.type = FileType::kBlockDevice; break;
      case Kind::kFifo: inode.type = FileType::kFifo; break;
      case Kind::kSocket: inode.type = FileType::kSocket; break;
    }
    if (marks.whiteout) {
      inode = whiteout_inode();
      return;
    }
    details(inode, marks);
  }

  void details(model::Inode& inode, model::Marks& marks) {
    const std::uint8_t bits = in_.byte();
    inode.mode = inode.is(FileType::kDirectory) ? 0755 : inode.is(FileType::kSymlink) ? 0777 : 0644;
    if (inode.is(FileType::kDirectory)) {
      marks.opaque = (bits & kOpaqueMask) == kOpaqueMask;
      if ((bits & kRedirectMask) == kRedirectMask) {
        path({}, marks.redirect.emplace());
        marks.redirect->resize(std::min(marks.redirect->size(), names::kRedirectMax));
      }
    }
    content(inode);
    if (inode.is(FileType::kCharDevice) || inode.is(FileType::kBlockDevice)) device({}, inode.device);
    if (inode.is(FileType::kCharDevice) && inode.device == Device{}) inode.device = kDevices[1];
    if ((bits & kAttributesMask) == kAttributesMask) attributes(inode);
  }

  void content(model::Inode& inode) {
    std::string data;
    if (inode.is(FileType::kRegular)) bytes({}, data);
    if (inode.is(FileType::kSymlink)) {
      path({}, data);
      if (data.empty() || data.size() > names::kPathMax) data = "a";
    }
    inode.content = model::Content(std::move(data));
  }

  // What every file system of the layers takes, and no overlay gives a meaning.
  static bool is_storable(const model::Inode& inode, std::string_view name) {
    if (name.rfind("user.", 0) == 0)
      return name.size() > 5 && (inode.is(FileType::kRegular) || inode.is(FileType::kDirectory));
    return name.rfind("trusted.", 0) == 0 && name.size() > 8 && name.rfind(names::kTrustedPrefix, 0) != 0;
  }

  void attributes(model::Inode& inode) {
    mode({}, inode.mode);
    inode.uid = id();
    inode.gid = id();
    inode.access_time = free_time();
    inode.modify_time = free_time();
    if (inode.is(FileType::kRegular)) inode.content.resize(inode.content.size() + in_.number() % (kFileSizeLimit / 2));
    for (unsigned left = in_.byte() % 4; left != 0; --left) {
      std::string name;
      std::string value;
      xattr_name({}, name);
      bytes({}, value);
      if (is_storable(inode, name) && value.size() <= 1024) model::set_xattr(inode, name, std::move(value));
    }
  }

  Input& in_;
  const State& state_;
  KnownPaths known_;
};

class Decoder {
 public:
  explicit Decoder(std::string_view bytes) : in_(bytes) {}

  Trace run() {
    const std::uint8_t first = in_.byte();
    trace_.callers = standard_callers();
    trace_.callers.resize((first >> kCallersShift & kCallersMask) + 1U);
    trace_.lowers.resize((first & kLowersMask) + 1U);
    for (LayerImage& lower : trace_.lowers) reader_.image(lower);
    if ((first & kUpperMask) != 0) reader_.image(trace_.upper.emplace());
    state_.lowers = trace_.lowers.size();
    state_.upper = trace_.upper.has_value();
    if (!in_.at_end() && (first & kFirstEventBit) == 0) add(Mount{});
    while (!in_.at_end()) event();
    return std::move(trace_);
  }

 private:
  void add(Event event) {
    state_.apply(event);
    trace_.events.push_back(std::move(event));
  }

  void event() {
    const std::uint8_t code = in_.byte();
    if (state_.mounted) {
      mounted_event(code % (1U << kEventBits), code >> kEventBits);
    } else if (const unsigned kind = code % kUnmountedCodes; kind < kMounts) {
      add(Mount{});
    } else {
      mutation(kind - kMounts);
    }
  }

  void mounted_event(unsigned kind, unsigned caller) {
    switch (kind) {
      case kUnmountCode: add(Unmount{}); break;
      case kDropCachesCode: add(DropCaches{}); break;
      case kCrashCode: add(Crash{}); break;
      case kStatCode: step(caller, Stat{}); break;
      case kListCode: step(caller, ListDirectory{}); break;
      default: step(caller, operation_from_index(kind)); break;
    }
  }

  void step(unsigned caller, Operation operation) {
    std::visit([this](auto& o) { fields(reader_, o); }, operation);
    if (auto* write = std::get_if<Write>(&operation); write != nullptr && check_operation(operation)) write->offset = 0;
    if (auto* set = std::get_if<SetXattr>(&operation); set != nullptr && check_operation(operation)) set->value.clear();
    add(Step{static_cast<std::uint8_t>(caller % trace_.callers.size()), std::move(operation)});
  }

  void mutation(unsigned kind) {
    model::Mutation mutation = mutation_from_index(kind);
    if (model::LayerName* layer = layer_of(mutation)) {
      const std::uint8_t code = in_.byte();
      layer->upper = state_.upper && code % 2 != 0;
      if (!layer->upper) layer->lower = static_cast<std::uint16_t>((code >> 1U) % state_.lowers);
    }
    std::visit([this](auto& m) { fields(reader_, m); }, mutation);
    add(Mutate{std::move(mutation)});
  }

  Input in_;
  State state_;
  Reader reader_{in_, state_};
  Trace trace_;
};

}  // namespace

Trace decode_total(std::string_view bytes) { return Decoder(bytes).run(); }

}  // namespace ovlspec::oracle
