#include "oracle/small_worlds.h"

#include <algorithm>
#include <cassert>
#include <numeric>
#include <utility>

#include "oracle/layer_entries.h"

namespace ovlspec::oracle {
namespace {

enum class Shape : std::uint8_t {
  kNothing,
  kFile,
  kWhiteout,
  kSymlink,
  kDirectory,
  kDirectoryWithFile,
  kDirectoryWithWhiteout,
  kOpaque,
  kOpaqueWithFile,
  kLinkOfOneBefore,  // of the nearest name before, which is a file
};
constexpr unsigned kShapes = 10;

bool has_name(std::uint8_t shape) { return static_cast<Shape>(shape) != Shape::kNothing; }

// The name that a link is another name of.
std::optional<unsigned> linked(const std::uint8_t* layer, unsigned name) {
  while (name-- > 0) {
    if (static_cast<Shape>(layer[name]) == Shape::kFile) return name;
    if (static_cast<Shape>(layer[name]) != Shape::kLinkOfOneBefore) return std::nullopt;
  }
  return std::nullopt;
}

model::Inode inode_of(FileType type, Mode mode, std::string content = {}) {
  return model::Inode{.type = type, .mode = mode, .content = model::Content(std::move(content))};
}

void must(const Problem& problem) { assert(!problem); }

void add_directory(LayerBuilder& builder, const std::string& name, Shape shape, const std::string& content) {
  const bool is_opaque = shape == Shape::kOpaque || shape == Shape::kOpaqueWithFile;
  must(builder.add(name, inode_of(FileType::kDirectory, 0755), model::Marks{.opaque = is_opaque}));
  const std::string child = name + "/" + name;
  if (shape == Shape::kDirectoryWithFile || shape == Shape::kOpaqueWithFile)
    must(builder.add(child, inode_of(FileType::kRegular, 0644, content), {}));
  if (shape == Shape::kDirectoryWithWhiteout)
    must(builder.add(child, inode_of(FileType::kRegular, 0), model::Marks{.whiteout = true}));
}

LayerImage layer_of(const std::uint8_t* shapes, unsigned names, const std::string& content) {
  LayerBuilder builder;
  for (unsigned i = 0; i < names; ++i) {
    const std::string name = small_name(i);
    const auto shape = static_cast<Shape>(shapes[i]);
    switch (shape) {
      case Shape::kNothing: break;
      case Shape::kFile: must(builder.add(name, inode_of(FileType::kRegular, 0644, content), {})); break;
      case Shape::kWhiteout:
        must(builder.add(name, inode_of(FileType::kRegular, 0), model::Marks{.whiteout = true}));
        break;
      case Shape::kSymlink: must(builder.add(name, inode_of(FileType::kSymlink, 0777, "."), {})); break;
      case Shape::kDirectory:
      case Shape::kDirectoryWithFile:
      case Shape::kDirectoryWithWhiteout:
      case Shape::kOpaque:
      case Shape::kOpaqueWithFile: add_directory(builder, name, shape, content); break;
      case Shape::kLinkOfOneBefore: must(builder.link(name, small_name(*linked(shapes, i)))); break;
    }
  }
  return LayerImage{.layer = builder.take(), .place = 0};
}

bool is_valid(const std::uint8_t* layer, unsigned names) {
  for (unsigned i = 0; i < names; ++i)
    if (static_cast<Shape>(layer[i]) == Shape::kLinkOfOneBefore && !linked(layer, i)) return false;
  return true;
}

bool are_apart(const std::uint8_t* one, const std::uint8_t* other, unsigned names) {
  for (unsigned i = 0; i < names; ++i)
    if (has_name(one[i]) && has_name(other[i])) return false;
  return true;
}

}  // namespace

std::string small_name(unsigned name) { return std::string(1, static_cast<char>('a' + name)); }

bool SmallStacks::next(const std::atomic<bool>* stop) {
  while (stop == nullptr || !*stop) {
    if (!step()) return false;
    if (is_canonical()) return true;
  }
  return false;
}

// Counts through the shapes; of each number of layers first with an upper, in which most can go wrong.
bool SmallStacks::step() {
  for (std::uint8_t& shape : shapes_) {
    if (++shape < kShapes) return true;
    shape = 0;
  }
  if (is_at_end()) return false;
  if (has_upper_) {
    has_upper_ = false;
  } else {
    ++layers_;
    has_upper_ = layers_ > 1;
  }
  shapes_.assign(is_at_end() ? 0 : layers_ * size_.names, 0);
  return !is_at_end();
}

bool SmallStacks::is_canonical() const {
  const unsigned names = size_.names;
  for (unsigned layer = 0; layer < layers_; ++layer) {
    const std::uint8_t* const one = shapes_.data() + layer * names;
    if (!is_valid(one, names)) return false;
    const bool is_lower = layer > 0 || !has_upper_;
    const std::uint8_t* const below = one + names;
    if (!is_lower || layer + 1 == layers_ || !are_apart(one, below, names)) continue;
    if (std::lexicographical_compare(below, below + names, one, one + names)) return false;
  }
  // Whose link another is would be said the other way round.
  if (std::count(shapes_.begin(), shapes_.end(), static_cast<std::uint8_t>(Shape::kLinkOfOneBefore)) > 0) return true;
  std::vector<unsigned> order(names);
  std::iota(order.begin(), order.end(), 0U);
  std::vector<std::uint8_t> other(shapes_.size());
  while (std::next_permutation(order.begin(), order.end())) {
    for (std::size_t i = 0; i < other.size(); ++i) other[i] = shapes_[i / names * names + order[i % names]];
    if (other < shapes_) return false;
  }
  return true;
}

Trace SmallStacks::make() const {
  Trace trace;
  trace.callers.push_back({"root", superuser()});
  for (unsigned layer = 0; layer < layers_; ++layer) {
    LayerImage image = layer_of(shapes_.data() + layer * size_.names, size_.names, std::to_string(layer));
    if (layer == 0 && has_upper_) {
      trace.upper = std::move(image);
    } else {
      trace.lowers.push_back(std::move(image));
    }
  }
  return trace;
}

namespace {

std::vector<std::string> paths_of(unsigned names) {
  std::vector<std::string> paths;
  for (unsigned i = 0; i < names; ++i) paths.push_back(small_name(i));
  for (unsigned i = 0; i < names; ++i) paths.push_back(small_name(i) + "/" + small_name(i));
  return paths;
}

void add_operations(const std::string& path, std::vector<SmallStep>& steps) {
  const Target target = Target::at(path, Follow::kNoFollow);
  for (Operation operation :
       {Operation(Mknod{.path = path, .type = FileType::kRegular, .mode = 0644}), Operation(Mkdir{path, 0755}),
        Operation(Unlink{path}), Operation(Rmdir{path}), Operation(Symlink{".", path}),
        Operation(Truncate{Target::at(path), 3}), Operation(Chmod{Target::at(path), 0600}),
        Operation(SetXattr{target, "user.a", "1", XattrMode::kAny})})
    steps.emplace_back(std::move(operation));
}

// A file or directory stays open, whatever becomes of its name.
void add_open_file(const std::string& name, Slot slot, std::vector<SmallStep>& steps) {
  steps.emplace_back(Operation(Open{.path = name, .flags = {.access = Access::kReadWrite}, .mode = 0, .slot = slot}));
  steps.emplace_back(Operation(Open{.path = name, .flags = {.access = Access::kRead}, .mode = 0, .slot = slot}));
  steps.emplace_back(Operation(Write{.slot = slot, .offset = 1, .data = "w"}));
}

void add_changes(const model::LayerName& layer, unsigned names, std::vector<SmallStep>& steps) {
  for (unsigned i = 0; i < names; ++i) {
    const std::string name = small_name(i);
    const auto add = [&](model::Mutation mutation) { steps.emplace_back(Remount{std::move(mutation)}); };
    add(model::Remove{layer, name});
    add(model::Put{layer, name, inode_of(FileType::kRegular, 0640, "new"), {}});
    add(model::Put{layer, name, inode_of(FileType::kDirectory, 0750), {}});
    add(model::Move{layer, name, name + "2"});
  }
}

}  // namespace

std::vector<SmallStep> small_steps(const WorldSize& size, const Trace& stack) {
  std::vector<SmallStep> steps;
  const auto paths = paths_of(size.names);
  for (const std::string& path : paths) add_operations(path, steps);
  for (unsigned i = 0; i < size.names; ++i) add_open_file(small_name(i), static_cast<Slot>(i), steps);
  for (const std::string& from : paths)
    for (const std::string& to : paths) {
      if (from == to) continue;
      steps.emplace_back(Operation(Rename{from, to, RenameMode::kReplace}));
      steps.emplace_back(Operation(Rename{from, to, RenameMode::kNoReplace}));
      steps.emplace_back(Operation(Link{from, to, Follow::kNoFollow}));
      if (from < to) steps.emplace_back(Operation(Rename{from, to, RenameMode::kExchange}));
    }
  steps.emplace_back(Remount{});
  for (std::uint16_t lower = 0; lower < stack.lowers.size(); ++lower)
    add_changes({.upper = false, .lower = lower}, size.names, steps);
  if (!stack.upper) return steps;
  add_changes({.upper = true, .lower = 0}, size.names, steps);
  steps.emplace_back(Remount{model::UpperBecomesLower{}});
  steps.emplace_back(Remount{model::WipeWork{}});
  return steps;
}

}  // namespace ovlspec::oracle
