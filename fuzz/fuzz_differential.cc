// libFuzzer: the engine beside the model.
#include <cstdio>
#include <cstdlib>

#include "fuzz/differential.h"

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (const auto wrong = ovlspec::fuzz::judge_input(bytes)) {
    std::fprintf(stderr, "%s\n", wrong->c_str());
    std::abort();
  }
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                               unsigned int seed) {
  // Half of all mutations are libFuzzer's own, of bytes.
  if (seed % 2 == 0) return LLVMFuzzerMutate(data, size, max_size);
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::string mutated = ovlspec::fuzz::mutate_input(bytes, max_size, seed);
  std::copy(mutated.begin(), mutated.end(), data);
  return mutated.size();
}
