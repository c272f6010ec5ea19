#include "model/proofs/examination.h"

#include <algorithm>

namespace ovlspec::proofs {

Examination::Examination(const std::vector<Obligation>& obligations, Tried mutants)
    : obligations_(obligations), mutants_(mutants) {
  for (std::size_t i = 0; i < obligations.size(); ++i) reports_.push_back(promises_.emplace_back().get_future());
  const unsigned count = std::max(1U, std::thread::hardware_concurrency());
  for (unsigned i = 0; i < count; ++i) workers_.emplace_back([this] { work(); });
}

Examination::~Examination() {
  for (std::thread& worker : workers_) worker.join();
}

void Examination::work() {
  for (std::size_t i = next_++; i < obligations_.size(); i = next_++)
    promises_[i].set_value(examine(obligations_[i], mutants_));
}

}  // namespace ovlspec::proofs
