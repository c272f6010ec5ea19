// libFuzzer's mutations for every target here: of the trace that an input means, beside its own of bytes.
#include <algorithm>

#include "fuzz/differential.h"

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                               unsigned int seed) {
  // Half of all mutations are libFuzzer's own, of bytes.
  if (seed % 2 == 0) return LLVMFuzzerMutate(data, size, max_size);
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::string mutated = ovlspec::fuzz::mutate_input(bytes, max_size, seed);
  std::copy(mutated.begin(), mutated.end(), data);
  return mutated.size();
}
