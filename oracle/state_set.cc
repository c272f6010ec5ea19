#include "oracle/state_set.h"

#include <algorithm>
#include <bit>
#include <cstdlib>

namespace ovlspec::oracle {

StateSet::StateSet(std::uint64_t bytes)
    : places_(std::bit_floor(std::max<std::uint64_t>(bytes / sizeof(std::uint64_t), 1024))),
      table_(static_cast<std::uint64_t*>(std::calloc(places_, sizeof(std::uint64_t)))) {
  if (table_ == nullptr) places_ = 0;
}

void StateSet::Free::operator()(std::uint64_t* table) const { std::free(table); }

void StateSet::add(std::uint64_t digest) {
  if (places_ == 0) full_ = true;
  if (places_ == 0) return;
  digest = std::max<std::uint64_t>(digest, 1);
  for (std::uint64_t place = digest % places_;; place = (place + 1) % places_) {
    const std::atomic_ref<std::uint64_t> at(table_[place]);
    std::uint64_t there = at.load(std::memory_order_relaxed);
    if (there == digest) return;
    if (there != 0) continue;
    // Beyond this the search for a free place takes long.
    if (count_.load(std::memory_order_relaxed) >= places_ / 8 * 7) {
      full_ = true;
      return;
    }
    if (at.compare_exchange_strong(there, digest)) {
      ++count_;
      return;
    }
    if (there == digest) return;
    place = (place + places_ - 1) % places_;
  }
}

}  // namespace ovlspec::oracle
