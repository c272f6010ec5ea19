// The objects behind the file handles that the kernel holds. A handle is the object's address; what the kernel has not
// released when the session ends is freed with the table.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_map>

namespace ovlspec::fuse {

// Threads: any.
template <typename T>
class HandleTable {
 public:
  std::uint64_t add(std::unique_ptr<T> object) {
    const auto handle = reinterpret_cast<std::uint64_t>(object.get());
    Shard& part = shard(handle);
    const std::lock_guard lock(part.mutex);
    part.objects.emplace(handle, std::move(object));
    return handle;
  }

  // REQUIRES: `handle` is of add() and was not removed.
  static T& at(std::uint64_t handle) { return *reinterpret_cast<T*>(handle); }

  // The object, out of the table; null for a handle that is not of it.
  std::unique_ptr<T> remove(std::uint64_t handle) {
    Shard& part = shard(handle);
    const std::lock_guard lock(part.mutex);
    const auto found = part.objects.find(handle);
    if (found == part.objects.end()) return nullptr;
    std::unique_ptr<T> object = std::move(found->second);
    part.objects.erase(found);
    return object;
  }

 private:
  struct Shard {
    std::mutex mutex;
    std::unordered_map<std::uint64_t, std::unique_ptr<T>> objects;
  };
  static constexpr std::size_t kShards = 16;

  Shard& shard(std::uint64_t handle) { return shards_[(handle / 64) % kShards]; }

  std::array<Shard, kShards> shards_;
};

}  // namespace ovlspec::fuse
