// How many inputs a second are judged: `fuzz_speed engine|SUBJECT CORPUS-DIRECTORY [SECONDS]` plays all of them over
// and over, without libFuzzer. Prints one line; what is found is told at the end, once each.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "fuzz/differential.h"

namespace {

namespace fs = std::filesystem;

std::vector<std::string> inputs_of(const fs::path& directory) {
  std::vector<std::string> inputs;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    std::ifstream file(entry.path(), std::ios::binary);
    if (entry.is_regular_file())
      inputs.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  return inputs;
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 3) {
    std::fprintf(stderr, "usage: fuzz_speed engine|SUBJECT CORPUS-DIRECTORY [SECONDS]\n");
    return 2;
  }
  const std::string subject = arguments[1];
  const std::vector<std::string> inputs = inputs_of(arguments[2]);
  const double limit = count > 3 ? std::atof(arguments[3]) : 10;
  std::function<std::optional<std::string>(std::string_view)> judge = ovlspec::fuzz::judge_input;
  std::optional<ovlspec::fuzz::MountedInputs> mounted;
  if (subject != "engine") {
    const char* const known = std::getenv("OVLSPEC_KNOWN");
    mounted.emplace(subject, known != nullptr ? known : "");
    judge = [&](std::string_view bytes) { return mounted->judge(bytes); };
  }
  std::set<std::string> found;
  std::uint64_t played = 0;
  const auto begin = std::chrono::steady_clock::now();
  const auto seconds = [&] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count(); };
  while (!inputs.empty() && seconds() < limit) {
    for (const std::string& input : inputs) {
      if (const auto wrong = judge(input)) found.insert(*wrong);
      if (++played % 64 == 0 && seconds() >= limit) break;
    }
  }
  std::printf("%s: %llu inputs, %.0f a second, %llu of them not to be laid, %zu findings\n", subject.c_str(),
              static_cast<unsigned long long>(played), static_cast<double>(played) / seconds(),
              static_cast<unsigned long long>(mounted ? mounted->not_played() : 0), found.size());
  for (const std::string& one : found) std::printf("\n%s\n", one.c_str());
  return found.empty() ? 0 : 1;
}
