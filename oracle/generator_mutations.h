// Changes of the layers between the mounts of generated traces.
#pragma once

#include <string>

#include "model/mutation.h"
#include "oracle/generator_layers.h"
#include "oracle/generator_operations.h"
#include "oracle/generator_values.h"

namespace ovlspec::oracle {

class MutationGenerator {
 public:
  MutationGenerator(Random& random, const GeneratorOptions& options, GuessedStack& stack)
      : random_(random), options_(options), stack_(stack), values_(random, options), layers_(random, values_) {}

  // One change; the guess follows it.
  model::Mutation next();

 private:
  model::Mutation of_layer();
  model::Mutation of_stack();
  model::Mutation put(model::LayerName layer);
  model::Mutation add_lower();
  model::LayerName layer();
  PathSet& paths(model::LayerName layer);
  std::string existing(model::LayerName layer);
  std::string fresh(model::LayerName layer);
  std::uint16_t position(std::size_t end) { return static_cast<std::uint16_t>(random_.below(end)); }

  Random& random_;
  const GeneratorOptions& options_;
  GuessedStack& stack_;
  ValueGenerator values_;
  LayerGenerator layers_;
};

}  // namespace ovlspec::oracle
