// libFuzzer: real mounts of OVLSPEC_FUZZED (fuse, kernel) beside the model.
#include <cstdio>
#include <cstdlib>

#include "fuzz/differential.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static ovlspec::fuzz::MountedInputs mounted(OVLSPEC_FUZZED);
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (const auto wrong = mounted.judge(bytes)) {
    std::fprintf(stderr, "%s\n", wrong->c_str());
    std::abort();
  }
  return 0;
}
