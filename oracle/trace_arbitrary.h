// Arbitrary traces for RapidCheck: everything that trace_limits.h allows, names and data of any bytes. Tests only.
#pragma once

#include <rapidcheck.h>

#include <string>
#include <vector>

#include "oracle/layer_entries.h"
#include "oracle/trace.h"
#include "oracle/trace_fields.h"
#include "oracle/trace_words.h"

namespace ovlspec::oracle::arbitrary {

template <typename Integer>
Integer below(Integer end) {
  return *rc::gen::inRange<Integer>(0, end);
}
inline bool coin() { return *rc::gen::arbitrary<bool>(); }

inline std::string bytes() { return *rc::gen::container<std::string>(rc::gen::arbitrary<char>()); }
inline std::string bytes_without(std::string_view excluded) {
  std::string text = bytes();
  std::erase_if(text, [&](char c) { return excluded.find(c) != std::string_view::npos; });
  return text;
}
inline const std::string_view kNoNul{"\0", 1};
inline const std::string_view kNoNulOrSlash{"\0/", 2};

inline std::string component() {
  if (coin())
    return *rc::gen::element<std::string>("a", "b", "c", "%1", "=x", "user.a", "nofollow", "end", "#", "64\\");
  std::string name = bytes_without(kNoNulOrSlash);
  return name.empty() || name == "." || name == ".." ? "x" : name;
}
inline std::string layer_path() {
  std::string path;
  for (unsigned depth = below(3U); depth != 0; --depth) path += (path.empty() ? "" : "/") + component();
  return path;
}
inline std::string path() { return coin() ? layer_path() : bytes_without(kNoNul); }
inline std::string xattr_name() {
  if (coin()) return *rc::gen::element<std::string>("user.a", "trusted.b", "nofollow", "1.x", "user.a=b", "uid");
  return bytes_without(kNoNul);
}

inline Time time() { return Time{*rc::gen::arbitrary<std::int64_t>(), below(1'000'000'000U)}; }
inline model::FreeTime free_time() { return coin() ? model::FreeTime::at(time()) : model::FreeTime::unknown(); }
inline Mode mode() { return below<Mode>(kModeMask + 1); }
template <typename Enum>
Enum choice() {
  return static_cast<Enum>(below(kWords<Enum>.size()));
}
inline std::uint32_t word() { return *rc::gen::arbitrary<std::uint32_t>(); }
inline std::uint64_t number() { return *rc::gen::arbitrary<std::uint64_t>(); }
inline Device device() { return Device{word(), word()}; }
inline FileSize file_size() { return below<FileSize>(kFileSizeLimit + 1); }

inline model::Backing backing() { return model::Backing{number(), number(), word()}; }

inline model::Marks marks(FileType type) {
  model::Marks marks;
  marks.whiteout = below(5) == 0;
  if (!marks.whiteout && type == FileType::kDirectory) {
    marks.opaque = coin();
    if (coin()) marks.redirect = bytes_without(kNoNul);
  }
  if (!marks.whiteout && type == FileType::kRegular) {
    marks.metacopy = coin();
    if (marks.metacopy && coin()) marks.redirect = bytes_without(kNoNul);
  }
  if (coin()) marks.origin = model::Origin{backing(), coin()};
  if (coin()) marks.backing = backing();
  return marks;
}

inline model::Content content(FileType type) {
  if (type == FileType::kSymlink) return model::Content(bytes_without(kNoNul) + "x");
  if (type != FileType::kRegular) return {};
  model::Content content{bytes()};
  if (coin()) content.resize(file_size());
  return content;
}

inline model::Inode inode() {
  model::Inode inode;
  inode.type = choice<FileType>();
  inode.mode = mode();
  inode.uid = word();
  inode.gid = word();
  const bool is_device = inode.is(FileType::kCharDevice) || inode.is(FileType::kBlockDevice);
  if (is_device) inode.device = Device{below(5U) + 1, below(5U)};
  inode.access_time = free_time();
  inode.modify_time = free_time();
  inode.content = content(inode.type);
  for (unsigned i = below(3U); i != 0; --i) {
    const std::string name = xattr_name();
    if (!name.empty() && name.size() <= limits::kXattrName) model::set_xattr(inode, name, bytes());
  }
  return inode;
}

inline model::Layer layer() {
  LayerBuilder builder;
  std::vector<std::string> directories{""};
  std::vector<std::string> others;
  for (unsigned i = below(8U); i != 0; --i) {
    const std::string& parent = directories[below(directories.size())];
    const std::string name = coin() && i % 4 == 0 ? std::string() : component();
    const std::string path = name.empty() ? "" : parent + (parent.empty() ? "" : "/") + name;
    if (!others.empty() && coin()) {
      // A name that is taken stays as it is.
      if (!builder.link(path, others[below(others.size())])) others.push_back(path);
      continue;
    }
    model::Inode object = inode();
    const model::Marks its_marks = marks(object.type);
    const bool is_directory = object.is(FileType::kDirectory) && !its_marks.whiteout;
    if (!builder.add(path, std::move(object), its_marks)) (is_directory ? directories : others).push_back(path);
  }
  return builder.take();
}

// The visitor of trace_fields.h that fills members.
class Filler {
 public:
  void path(std::string_view, std::string& value) { value = arbitrary::path(); }
  void layer_path(std::string_view, std::string& value) { value = arbitrary::layer_path(); }
  void bytes(std::string_view, std::string& value) { value = arbitrary::bytes(); }
  void xattr_name(std::string_view, std::string& value) { value = arbitrary::xattr_name(); }
  void target(Target& value) {
    value = coin() ? Target::of(below<Slot>(kSlots)) : Target::at(arbitrary::path(), arbitrary::choice<Follow>());
  }
  void slot(std::string_view, Slot& value) { value = below<Slot>(kSlots); }
  void offset(std::string_view, FileSize& value) { value = below<FileSize>(kFileSizeLimit / 2); }
  void size(std::string_view, FileSize& value) { value = file_size(); }
  void count(std::string_view, std::uint32_t& value) { value = word(); }
  void index(std::string_view, std::uint16_t& value) { value = *rc::gen::arbitrary<std::uint16_t>(); }
  void place(std::string_view, std::uint8_t& value) { value = below(kPlaces); }
  void flags(std::string_view, OpenFlags& value) {
    value = OpenFlags{arbitrary::choice<Access>(), coin(), coin(), coin(), coin(), coin(), coin()};
  }
  void mode(std::string_view, Mode& value) { value = arbitrary::mode(); }
  void optional_mode(std::string_view, Mode& value) { value = coin() ? arbitrary::mode() : 0; }
  template <typename Enum>
  void choice(std::string_view, Enum& value, Enum) {
    value = arbitrary::choice<Enum>();
  }
  void flag(std::string_view, bool& value) { value = coin(); }
  void type(std::string_view, FileType& value) {
    value = *rc::gen::element(FileType::kRegular, FileType::kCharDevice, FileType::kFifo, FileType::kSocket);
  }
  void device(std::string_view, Device& value) { value = coin() ? arbitrary::device() : Device{}; }
  void id(std::string_view, std::optional<std::uint32_t>& value) {
    if (coin()) value = word();
  }
  void time_change(std::string_view, TimeChange& value) {
    value.kind = static_cast<TimeChange::Kind>(below(3));
    if (value.kind == TimeChange::Kind::kSet) value.value = time();
  }
  void object(std::string& path, model::Inode& inode, model::Marks& marks) {
    path = arbitrary::layer_path();
    inode = arbitrary::inode();
    marks = arbitrary::marks(inode.type);
  }
  void layer(model::Layer& value) { value = arbitrary::layer(); }
};

inline Operation operation() {
  Operation operation = operation_from_index(below(std::variant_size_v<Operation>));
  Filler filler;
  std::visit([&](auto& o) { fields(filler, o); }, operation);
  return operation;
}

inline model::Mutation mutation() {
  model::Mutation mutation = mutation_from_index(below(std::variant_size_v<model::Mutation>));
  Filler filler;
  std::visit([&](auto& m) { fields(filler, m); }, mutation);
  if (model::LayerName* layer = layer_of(mutation)) {
    layer->upper = coin();
    if (!layer->upper) layer->lower = *rc::gen::arbitrary<std::uint16_t>();
  }
  return mutation;
}

inline Event event(std::size_t callers) {
  switch (below(10)) {
    case 0: return Mount{};
    case 1: return Unmount{};
    case 2: return DropCaches{};
    case 3: return Crash{};
    case 4:
    case 5: return Mutate{mutation()};
    default: return Step{static_cast<std::uint8_t>(below(callers)), operation()};
  }
}

inline Attributes attributes() {
  Attributes a;
  a.type = choice<FileType>();
  a.mode = mode();
  a.links = word();
  a.uid = word();
  a.gid = word();
  a.device = device();
  a.size = number();
  a.blocks = number();
  a.access_time = time();
  a.modify_time = time();
  a.change_time = time();
  a.number = number();
  a.file_system = number();
  return a;
}

inline Outcome outcome() {
  switch (below(9)) {
    case 0: return Outcome::success(bytes());
    case 1: return Outcome::success(number());
    case 2: return Outcome::success(attributes());
    case 3: {
      std::vector<std::string> names;
      for (unsigned i = below(4U); i != 0; --i) names.push_back(bytes());
      return Outcome::success(std::move(names));
    }
    case 4: {
      std::vector<DirectoryEntry> entries;
      for (unsigned i = below(4U); i != 0; --i)
        entries.push_back(DirectoryEntry{bytes(), number(), choice<FileType>(), coin()});
      return Outcome::success(std::move(entries));
    }
    case 5: return Outcome::success(FileSystemStatus{number(), number(), coin()});
    case 6: return Outcome::success();
    default: return Outcome::failure(*rc::gen::element(Errno::kENOENT, Errno::kESTALE, Errno::kEDQUOT, Errno::kEPERM));
  }
}

inline NamedCaller caller(std::string name) {
  NamedCaller named{std::move(name), Caller{word(), word(), {}, below<Mode>(0777 + 1), Capabilities(number())}};
  for (unsigned i = below(4U); i != 0; --i) named.caller.groups.push_back(word());
  return named;
}

inline Trace trace() {
  Trace trace;
  for (unsigned i = below(3U) + 1; i != 0; --i) trace.lowers.push_back(LayerImage{layer(), below(kPlaces)});
  if (coin()) trace.upper = LayerImage{layer(), below(kPlaces)};
  for (unsigned i = below(3U); i != 0; --i) trace.options.push_back(bytes_without(kNoNul) + "x");
  trace.callers.push_back(coin() ? NamedCaller{"root", superuser()} : caller("root"));
  if (coin()) trace.callers.push_back(caller("alice"));
  for (unsigned i = below(12U); i != 0; --i) trace.events.push_back(event(trace.callers.size()));
  if (coin()) trace.subject = bytes();
  const bool recorded = coin();
  for (std::size_t i = 0; recorded && i < trace.events.size(); ++i)
    trace.seen.push_back(coin() ? std::optional(outcome()) : std::nullopt);
  return trace;
}

inline rc::Gen<Trace> traces() {
  return rc::gen::exec([] { return trace(); });
}

}  // namespace ovlspec::oracle::arbitrary
