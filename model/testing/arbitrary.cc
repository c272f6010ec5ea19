#include "model/testing/arbitrary.h"

#include "model/layer_edit.h"

namespace ovlspec::model::testing {
namespace {

constexpr Uid kUids[] = {0, 1000, 1001, 1002};
constexpr Gid kGids[] = {0, 1000, 1001, 2000};

FileType type(Choices& choices) {
  return choices.pick({FileType::kRegular, FileType::kRegular, FileType::kDirectory, FileType::kDirectory,
                       FileType::kDirectory, FileType::kSymlink, FileType::kFifo, FileType::kSocket,
                       FileType::kCharDevice, FileType::kBlockDevice});
}

std::string join(const std::string& directory, const std::string& name) {
  return directory.empty() ? name : directory + "/" + name;
}

// The paths of all directories, and of all else.
struct Paths {
  std::vector<std::string> directories{""};
  std::vector<std::string> others;
};

void collect(const Tree& tree, ObjectId directory, const std::string& prefix, Paths& paths) {
  for (const Entry& entry : tree[directory].entries) {
    const std::string path = join(prefix, entry.name);
    if (!tree[entry.object].is(FileType::kDirectory)) {
      paths.others.push_back(path);
      continue;
    }
    paths.directories.push_back(path);
    collect(tree, entry.object, path, paths);
  }
}

Paths paths_of(const Tree& tree) {
  Paths paths;
  collect(tree, kRoot, "", paths);
  return paths;
}

Marks marks(Choices& choices, const Inode& inode) {
  Marks marks;
  if (!inode.is(FileType::kDirectory)) return marks;
  marks.opaque = choices.one_in(5);
  if (choices.one_in(5))
    marks.redirect = name(choices);
  else if (choices.one_in(6))
    marks.redirect = "/" + join(choices.one_in(2) ? name(choices) : "", name(choices));
  return marks;
}

// A path in a layer or tree: of something there, or of a free name.
std::string layer_path(Choices& choices, const Tree& tree) {
  const Paths paths = paths_of(tree);
  switch (choices.below(4)) {
    case 0: return choices.pick(paths.directories);
    case 1: return paths.others.empty() ? name(choices) : choices.pick(paths.others);
    case 2: return join(choices.pick(paths.directories), name(choices));
    default: return join(name(choices), name(choices));
  }
}

void grow(Choices& choices, Layer& layer, std::uint32_t objects) {
  for (std::uint32_t i = choices.below(objects + 1); i > 0; --i) {
    const Paths paths = paths_of(layer.tree);
    const std::string at = join(choices.pick(paths.directories), name(choices));
    if (layer.tree.at(at)) continue;
    if (!paths.others.empty() && choices.one_in(6)) {
      const std::string& from = choices.pick(paths.others);
      if (!layer.mark(*layer.tree.at(from)).whiteout) hard_link(layer, from, at);
      continue;
    }
    put(layer, at, inode(choices), {});
  }
}

// In an upper: objects that came from lower ones, or say so.
void record_origins(Choices& choices, Layers& layers) {
  for (ObjectId id = 1; id < layers.upper->tree.inodes.size(); ++id) {
    Marks& marks = layers.upper->marks[id];
    if (marks.whiteout || !choices.one_in(3)) continue;
    const Layer& lower = choices.pick(layers.lowers);
    const auto from = choices.below(static_cast<std::uint32_t>(lower.marks.size()));
    if (lower.tree[from].type != layers.upper->tree[id].type) continue;
    marks.origin = Origin{.backing = lower.mark(from).backing, .linked = lower.tree[from].links > 1};
  }
}

const Layer* layer_named(const Layers& layers, LayerName name) {
  if (name.upper) return layers.upper ? &*layers.upper : nullptr;
  return name.lower < layers.lowers.size() ? &layers.lowers[name.lower] : nullptr;
}

}  // namespace

std::string name(Choices& choices) {
  if (choices.one_in(40)) return choices.pick<std::string>({".x", "A b", "\xc3\xa9", std::string(255, 'n'), "0"});
  return choices.pick<std::string>({"a", "b", "c", "d", "e"});
}

Mode mode(Choices& choices) {
  if (choices.one_in(8)) return choices.below(kModeMask + 1);
  return choices.pick<Mode>({0755,  0644,  0777,  0666,  0700,  0600, 0750, 0640, 01777, 02775,
                             02770, 04755, 02755, 06777, 02664, 0,    0444, 0555, 0111,  0770});
}

Time time(Choices& choices) {
  return Time{.seconds = 1'500'000'000 + static_cast<std::int64_t>(choices.below(1'000'000)),
              .nanoseconds = choices.one_in(2) ? choices.below(1'000'000'000) : 0};
}

Inode inode(Choices& choices) {
  Inode inode;
  inode.type = type(choices);
  inode.mode = inode.is(FileType::kSymlink) ? 0777 : mode(choices);
  inode.uid = kUids[choices.below(std::size(kUids))];
  inode.gid = kGids[choices.below(std::size(kGids))];
  inode.access_time = FreeTime::at(time(choices));
  inode.modify_time = FreeTime::at(time(choices));
  if (inode.is(FileType::kRegular))
    inode.content = Content(std::string(choices.below(20), choices.pick({'x', 'y', '\0'})));
  if (inode.is(FileType::kSymlink))
    inode.content = Content(choices.pick<std::string>({"a", "b/c", "/d", "..", "nowhere"}));
  if (inode.is(FileType::kCharDevice) || inode.is(FileType::kBlockDevice)) inode.device = Device{1, choices.below(9)};
  const bool takes_user = inode.is(FileType::kRegular) || inode.is(FileType::kDirectory);
  if (takes_user && choices.one_in(4)) set_xattr(inode, choices.pick<std::string>({"user.a", "user.b"}), "v");
  if (choices.one_in(8)) set_xattr(inode, "trusted.a", std::string(choices.below(4), 't'));
  return inode;
}

Tree tree(Choices& choices, std::uint32_t objects) {
  Layer layer;
  layer.tree[kRoot].mode = choices.pick<Mode>({0755, 0777, 01777, 02775});
  grow(choices, layer, objects);
  return layer.tree;
}

Layer layer(Choices& choices, std::uint32_t objects, std::uint64_t file_system) {
  Layer layer;
  layer.tree[kRoot].mode = choices.pick<Mode>({0755, 0777, 0700});
  layer.tree[kRoot].modify_time = FreeTime::at(time(choices));
  grow(choices, layer, objects);
  for (std::uint32_t i = choices.below(4); i > 0; --i) {
    const std::string at = join(choices.pick(paths_of(layer.tree).directories), name(choices));
    if (!layer.tree.at(at)) put(layer, at, Inode{.type = FileType::kCharDevice}, Marks{.whiteout = true});
  }
  for (ObjectId id = 0; id < layer.marks.size(); ++id) {
    if (id != kRoot && !layer.mark(id).whiteout) layer.marks[id] = marks(choices, layer.tree[id]);
    layer.marks[id].backing = Backing{.file_system = file_system, .number = id + 1, .generation = 0};
  }
  return layer;
}

Layers layers(Choices& choices, std::uint32_t objects_of_each) {
  Layers layers;
  const std::uint32_t lowers = 1 + choices.below(4);
  for (std::uint32_t i = 0; i < lowers; ++i) layers.lowers.push_back(layer(choices, objects_of_each, i + 1));
  if (choices.one_in(4)) return layers;
  layers.upper = layer(choices, objects_of_each, lowers + 1);
  record_origins(choices, layers);
  return layers;
}

Mutation mutation(Choices& choices, const Layers& layers) {
  const auto count = static_cast<std::uint32_t>(layers.lowers.size());
  const LayerName layer_name{.upper = choices.one_in(3), .lower = static_cast<std::uint16_t>(choices.below(count + 1))};
  const Layer* named = layer_named(layers, layer_name);
  const Tree nothing = Tree::empty();
  const auto at = [&] { return layer_path(choices, named == nullptr ? nothing : named->tree); };
  switch (choices.below(13)) {
    case 0: {
      Put put{.layer = layer_name, .path = at(), .inode = inode(choices), .marks = {}};
      put.marks = marks(choices, put.inode);
      return put;
    }
    case 1: return Remove{layer_name, at()};
    case 2: return Move{layer_name, at(), at()};
    case 3: return HardLink{layer_name, at(), at()};
    case 4: return ChangeMode{layer_name, at(), mode(choices)};
    case 5: return ChangeContent{layer_name, at(), std::string(choices.below(9), 'z')};
    case 6: return Copy{layer_name, at(), at()};
    case 7: return CopyLayer{layer_name, choices.one_in(2) ? CopyXattrs::kNone : CopyXattrs::kAll};
    case 8: {
      const auto position = static_cast<std::uint16_t>(choices.below(count + 2));
      return AddLower{.position = position, .place = 0, .layer = layer(choices, 4, 90)};
    }
    case 9: return RemoveLower{static_cast<std::uint16_t>(choices.below(count + 1))};
    case 10:
      return SwapLowers{static_cast<std::uint16_t>(choices.below(count + 1)),
                        static_cast<std::uint16_t>(choices.below(count + 1))};
    case 11: return UpperBecomesLower{};
    default: return WipeWork{};
  }
}

}  // namespace ovlspec::model::testing
