// libFuzzer: real mounts of OVLSPEC_FUZZED (fuse, kernel) beside the model. $OVLSPEC_KNOWN: a directory of traces of
// what is known of it.
#include <cstdio>
#include <cstdlib>

#include "fuzz/differential.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const char* const known = std::getenv("OVLSPEC_KNOWN");
  static ovlspec::fuzz::MountedInputs mounted(OVLSPEC_FUZZED, known != nullptr ? known : "");
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (const auto wrong = mounted.judge(bytes)) {
    std::fprintf(stderr, "%s\n", wrong->c_str());
    std::abort();
  }
  return 0;
}
