// A stack's layers in memory: one store for each place, and in it a directory for each layer.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "impl/engine/engine.h"
#include "impl/store/faulty_store.h"
#include "impl/store/memory_store.h"
#include "model/mutation.h"
#include "oracle/scan.h"
#include "oracle/subject.h"
#include "oracle/vfs/memory_access.h"

namespace ovlspec::oracle {

class MemoryLayers {
 public:
  using Reuse = impl::MemoryNumbers::Reuse;
  MemoryLayers(const Trace& trace, Reuse reuse, DiskFormat format) : trace_(trace), reuse_(reuse), format_(format) {}

  // Writes the trace's layer images. REQUIRES: called once, before all else.
  Attempt<Done> materialise_images();

  // What an engine mounts. The stores are this object's.
  Result<impl::Stack> stack();
  // Calls through the stores of the last stack() that changed something.
  std::uint64_t writes() const;
  Attempt<Scanned> scan();
  Attempt<Done> mutate(const model::Mutation& mutation);

  // Of all that is in the layers and the work directory but times, and of the numbers that are given out next where
  // freed ones are: what an engine that mounts them does depends on nothing else, but for their times.
  std::uint64_t digest() const;

  // The layers as they would be found if everything stopped now: inodes that only open files keep are gone. The engine
  // that uses these layers goes on with them; what it does from now on is not in the copy.
  std::unique_ptr<MemoryLayers> after_crash() const;

 private:
  struct Layer {
    std::uint8_t place = 0;
    std::string name;  // of its directory in the place's root
  };
  struct Changer;

  impl::MemoryStore& store(std::uint8_t place);
  Result<Layer> new_layer(std::uint8_t place);  // an empty directory of root, mode 0755
  Result<MemoryAccess> access(const Layer& layer);
  Result<impl::LayerRoot> root(const Layer& layer);
  Attempt<Layer> materialise_image(const LayerImage& image);
  const Layer* find(const model::LayerName& name) const;
  Status remove(const Layer& layer);
  Status copy_layer(Layer& layer, model::CopyXattrs xattrs);
  Status retire_upper();
  Status wipe_work();

  const Trace& trace_;
  Reuse reuse_;
  DiskFormat format_;
  impl::Clock clock_ = impl::logical_clock();
  std::array<std::unique_ptr<impl::MemoryStore>, kPlaces> stores_;   // made when first used
  std::array<std::unique_ptr<impl::FaultyStore>, kPlaces> counted_;  // before the stores, for what is mounted
  std::vector<Layer> lowers_;
  std::optional<Layer> upper_;
  std::optional<Layer> work_;
  std::uint32_t made_ = 0;  // names layers
};

}  // namespace ovlspec::oracle
