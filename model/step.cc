#include "model/step.h"

#include "model/operations/operations.h"

namespace ovlspec::model {
namespace {

// Effects of operations that only look.
template <typename Type>
concept Looks = std::is_same_v<Type, Read> || std::is_same_v<Type, Readlink> || std::is_same_v<Type, GetXattr> ||
    std::is_same_v<Type, ListXattr> || std::is_same_v<Type, ListDirectory> || std::is_same_v<Type, Stat> ||
    std::is_same_v<Type, StatFileSystem> || std::is_same_v<Type, Sync> || std::is_same_v<Type, ReadDirectory>;

void deliver(World& world, const ReadDirectory& operation, const Outcome& outcome) {
  const auto* entries = std::get_if<std::vector<DirectoryEntry>>(&outcome.payload);
  if (entries == nullptr) return;
  for (const DirectoryEntry& entry : *entries) insert(world.slots[operation.slot].stream.delivered, entry.name);
}

}  // namespace

Plan check(const World& world, const Caller& caller, const Operation& operation) {
  return std::visit([&](const auto& concrete) { return check(world, caller, concrete); }, operation);
}

void apply(World& world, const Caller& caller, const Operation& operation, const Plan& plan, const Outcome& outcome) {
  std::visit(
      [&](const auto& concrete) {
        using Type = std::decay_t<decltype(concrete)>;
        if constexpr (std::is_same_v<Type, ReadDirectory>) {
          deliver(world, concrete, outcome);
        } else if constexpr (!Looks<Type>) {
          effect(world, caller, concrete, plan);
        }
      },
      operation);
}

void refuse(World& world, const Operation& operation, Errno error) {
  if (const auto* lock = std::get_if<Lock>(&operation); lock != nullptr && error == Errno::kEAGAIN)
    world.slots[lock->slot].lock.reset();
}

}  // namespace ovlspec::model
