// The cases of a campaign: generated stacks, real directories, or traces from files.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "oracle/check.h"
#include "oracle/emphasis.h"
#include "oracle/trace.h"

namespace ovlspec::oracle {

class Cases {
 public:
  virtual ~Cases() = default;
  // How many there are; nothing for as many as one likes.
  virtual std::optional<std::uint64_t> count() const = 0;
  // The same trace for the same number, on every machine. REQUIRES: number < count(). Only cases that can be steered
  // heed the emphasis.
  virtual Trace make(std::uint64_t number, Emphasis emphasis) const = 0;
  Trace make(std::uint64_t number) const { return make(number, Emphasis::kOrdinary); }
  virtual bool can_be_steered() const { return false; }
};

struct CasesOrError {
  std::unique_ptr<Cases> cases;
  std::string error;
};
CasesOrError cases_of(const CheckOptions& options);

// Of all cases where they have an end, else of the first, which has the layers that are given in it.
std::string digest_of(const Cases& cases);

}  // namespace ovlspec::oracle
