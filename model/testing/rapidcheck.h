// Generators of arbitrary.h as RapidCheck's: what a property fails on is shrunk choice by choice.
#pragma once

#include <rapidcheck.h>

#include "model/testing/choices.h"

namespace ovlspec::model::testing {

// Within a property or gen::exec only.
class RapidChoices : public Choices {
 public:
  std::uint32_t below(std::uint32_t end) override {
    return *rc::gen::resize(rc::kNominalSize, rc::gen::inRange<std::uint32_t>(0, end));
  }
};

}  // namespace ovlspec::model::testing
