// The contract suite over the stores that need no mount.
#include "impl/store/faulty_store.h"
#include "impl/store/memory_store.h"
#include "impl/store/store_contract.h"

namespace ovlspec::impl {
namespace {

class MemoryPlace : public Place {
 public:
  LayerStore& store() override { return store_; }
  InodeRef root() override { return store_.root(); }
  void tick() override {}
  bool is_privileged() const override { return true; }

 protected:
  MemoryStore store_{MemoryStoreOptions{.uuid = std::string(16, 'u'),
                                        .device = 7,
                                        .first_number = 2,
                                        .reuse = MemoryNumbers::Reuse::kAtOnce,
                                        .clock = logical_clock()}};
};

class FaultyPlace final : public MemoryPlace {
 public:
  LayerStore& store() override { return faulty_; }

 private:
  FaultyStore faulty_{store_};
};

std::unique_ptr<Place> memory_place(std::string&) { return std::make_unique<MemoryPlace>(); }
std::unique_ptr<Place> faulty_place(std::string&) { return std::make_unique<FaultyPlace>(); }
std::unique_ptr<Place> temporary_place(std::string& reason) { return posix_place(temporary_directory(), reason); }

INSTANTIATE_TEST_SUITE_P(Stores, StoreContract,
                         ::testing::Values(ContractPlace{"Memory", memory_place}, ContractPlace{"Faulty", faulty_place},
                                           ContractPlace{"Posix", temporary_place}),
                         place_name);

}  // namespace
}  // namespace ovlspec::impl
