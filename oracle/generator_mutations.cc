#include "oracle/generator_mutations.h"

#include <utility>

namespace ovlspec::oracle {
namespace {

constexpr std::size_t kMostLowers = 6;

}  // namespace

model::LayerName MutationGenerator::layer() {
  if (stack_.upper && random_.percent(35)) return model::LayerName{.upper = true};
  return model::LayerName{.upper = false, .lower = position(stack_.lowers.size())};
}

PathSet& MutationGenerator::paths(model::LayerName layer) {
  return layer.upper ? *stack_.upper : stack_.lowers[layer.lower];
}

std::string MutationGenerator::existing(model::LayerName layer) {
  const GuessedPath* path = random_.percent(94) ? paths(layer).pick(random_) : stack_.merged.pick(random_);
  return path == nullptr ? values_.name() : path->path;
}

std::string MutationGenerator::fresh(model::LayerName layer) {
  // What another layer shows is hidden or merged by a new object of that name.
  const GuessedPath* merged = random_.percent(40) ? stack_.merged.pick(random_) : nullptr;
  if (merged != nullptr) return merged->path;
  const GuessedPath* parent = random_.percent(60) ? paths(layer).pick(random_, FileType::kDirectory) : nullptr;
  return joined(parent == nullptr ? std::string_view{} : std::string_view(parent->path), values_.name());
}

model::Mutation MutationGenerator::put(model::LayerName layer) {
  model::Put put{.layer = layer, .path = fresh(layer), .inode = {}, .marks = {}};
  put.marks.whiteout = random_.percent(15);
  if (put.marks.whiteout) {
    put.inode = whiteout_inode();
  } else {
    put.inode = layers_.object(layers_.type(), stack_.merged);
    if (put.inode.is(FileType::kDirectory) && random_.percent(20)) put.marks.opaque = true;
    if (put.inode.is(FileType::kDirectory) && random_.percent(10)) put.marks.redirect = layers_.redirect(stack_.merged);
  }
  PathSet& there = paths(layer);
  there.remove(put.path);
  if (!put.marks.whiteout) there.add(put.path, put.inode.type);
  if (!put.marks.whiteout && !stack_.merged.has(put.path)) stack_.merged.add(put.path, put.inode.type);
  return put;
}

model::Mutation MutationGenerator::of_layer() {
  const model::LayerName name = layer();
  PathSet& there = paths(name);
  std::string path = existing(name);
  switch (random_.below(10)) {
    case 0:
    case 1: return put(name);
    case 2:
    case 3: there.remove(path); return model::Remove{name, std::move(path)};
    case 4:
    case 5: {
      std::string to = random_.percent(70) ? fresh(name) : existing(name);
      there.move(path, to);
      return model::Move{name, std::move(path), std::move(to)};
    }
    case 6: return model::HardLink{name, std::move(path), fresh(name)};
    case 7: {
      const bool directory = there.type(path) == FileType::kDirectory;
      return model::ChangeMode{name, std::move(path), directory ? values_.directory_mode() : values_.mode()};
    }
    case 8: return model::ChangeContent{name, std::move(path), values_.data()};
    default: return model::Copy{name, std::move(path), fresh(name)};
  }
}

model::Mutation MutationGenerator::add_lower() {
  model::AddLower added;
  added.position = position(stack_.lowers.size() + 1);
  added.place = static_cast<std::uint8_t>(random_.below(options_.places));
  const bool bottom = added.position == stack_.lowers.size();
  added.layer = layers_.layer(bottom ? LayerRole::kBottom : LayerRole::kMiddle, stack_.merged);
  stack_.lowers.insert(stack_.lowers.begin() + added.position, PathSet::of(added.layer));
  return added;
}

model::Mutation MutationGenerator::of_stack() {
  const std::size_t lowers = stack_.lowers.size();
  const std::size_t fewest = stack_.upper ? 1 : 2;
  switch (random_.below(6)) {
    case 0:
      if (lowers < kMostLowers) return add_lower();
      break;
    case 1:
      if (lowers > fewest) {
        const std::uint16_t removed = position(lowers);
        stack_.lowers.erase(stack_.lowers.begin() + removed);
        return model::RemoveLower{removed};
      }
      break;
    case 2: {
      const model::SwapLowers swap{position(lowers), position(lowers)};
      std::swap(stack_.lowers[swap.first], stack_.lowers[swap.second]);
      return swap;
    }
    case 3:
      if (stack_.upper && lowers < kMostLowers) {
        stack_.lowers.insert(stack_.lowers.begin(), std::exchange(*stack_.upper, PathSet()));
        return model::UpperBecomesLower{};
      }
      break;
    case 4:
      if (stack_.upper) return model::WipeWork{};
      break;
    default: break;
  }
  return model::CopyLayer{layer(), random_.percent(70) ? model::CopyXattrs::kAll : model::CopyXattrs::kNone};
}

model::Mutation MutationGenerator::next() { return random_.percent(72) ? of_layer() : of_stack(); }

}  // namespace ovlspec::oracle
