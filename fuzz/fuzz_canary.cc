// libFuzzer on a subject with a planted bug: must end in a crash.
#include <cstdio>
#include <cstdlib>

#include "fuzz/canary.h"
#include "fuzz/differential.h"
#include "oracle/trace_total.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto canary = ovlspec::fuzz::make_canary();
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (const auto wrong = ovlspec::fuzz::judge_trace(*canary, ovlspec::oracle::decode_total(bytes))) {
    std::fprintf(stderr, "%s\n", wrong->c_str());
    std::abort();
  }
  return 0;
}
