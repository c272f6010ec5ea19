// The include law and the style that a machine can see, checked on the sources of the whole tree.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;

struct Source {
  std::string path;  // from the tree's root
  std::vector<std::string> lines;
};

bool is_code(const fs::path& path) {
  const auto extension = path.extension();
  return extension == ".h" || extension == ".cc" || extension == ".py";
}

std::vector<Source> sources() {
  const fs::path root = OVLSPEC_SOURCE_DIR;
  std::vector<Source> found;
  for (const char* part : {"model", "impl", "oracle", "python", "fuzz"}) {
    if (!fs::exists(root / part)) continue;
    for (const auto& entry : fs::recursive_directory_iterator(root / part)) {
      if (!entry.is_regular_file() || !is_code(entry.path())) continue;
      Source source{fs::relative(entry.path(), root).string(), {}};
      std::ifstream file(entry.path());
      for (std::string line; std::getline(file, line);) source.lines.push_back(line);
      found.push_back(std::move(source));
    }
  }
  return found;
}

bool is_test(const std::string& path) {
  return path.find("_test.") != std::string::npos || path.find("/testing/") != std::string::npos ||
         path.find("_fixture.") != std::string::npos || path.find("_benchmark.") != std::string::npos ||
         path.find("_arbitrary.") != std::string::npos;
}

bool begins(const std::string& text, const std::string& prefix) { return text.rfind(prefix, 0) == 0; }

std::vector<std::string> includes_of(const Source& source) {
  static const std::regex kInclude(R"(^\s*#\s*include\s*[<"]([^>"]+)[>"])");
  std::vector<std::string> includes;
  for (const std::string& line : source.lines)
    if (std::smatch match; std::regex_search(line, match, kInclude)) includes.push_back(match[1]);
  return includes;
}

bool is_ours(const std::string& include) {
  for (const char* part : {"model/", "impl/", "oracle/", "python/", "fuzz/"})
    if (begins(include, part)) return true;
  return false;
}

bool is_library(const std::string& include) {
  for (const char* library : {"fuse", "z3", "pybind11/", "fmt/", "spdlog/", "CLI/", "nlohmann/", "toml", "lmdb",
                              "rapidcheck", "benchmark/", "gtest/", "gmock/"})
    if (begins(include, library)) return true;
  return false;
}

bool is_posix(const std::string& include) {
  for (const char* header : {"unistd.h", "fcntl.h", "sys/", "linux/", "dirent.h", "sched.h", "poll.h", "signal.h"})
    if (begins(include, header)) return true;
  return false;
}

// What the file may include of the project, by the first prefix of its path that is listed.
struct Law {
  std::string folder;
  std::vector<std::string> may_include;
};

const std::vector<Law> kLaw = {
    {"model/vocabulary/", {"model/vocabulary/"}},
    {"model/proofs/",
     {"model/", "impl/engine/identity_encoder.h", "impl/engine/identity_kernel.h", "impl/engine/visibility_kernel.h",
      "impl/engine/value_domain.h"}},
    {"model/", {"model/"}},
    {"impl/", {"impl/", "model/vocabulary/"}},
    {"oracle/vfs/", {"oracle/", "model/", "impl/engine/engine.h", "impl/store/"}},
    {"oracle/", {"oracle/", "model/"}},
    {"python/", {"python/", "oracle/", "model/"}},
    {"fuzz/", {"fuzz/", "oracle/", "model/", "impl/engine/", "impl/store/"}},
};

bool permitted(const std::string& path, const std::string& include) {
  for (const Law& law : kLaw) {
    if (!begins(path, law.folder)) continue;
    for (const std::string& prefix : law.may_include)
      if (begins(include, prefix)) return true;
    return false;
  }
  return false;
}

TEST(Sources, KeepTheIncludeLaw) {
  for (const Source& source : sources())
    for (const std::string& include : includes_of(source)) {
      // The model's tests too: what judges it against a real system stands in oracle/.
      const bool bound = is_ours(include) && (!is_test(source.path) || begins(source.path, "model/"));
      EXPECT_TRUE(!bound || permitted(source.path, include)) << source.path << " includes " << include;
    }
}

TEST(Sources, ModelHasNoInputOutputClockOrThread) {
  for (const Source& source : sources()) {
    if (!begins(source.path, "model/") || begins(source.path, "model/proofs/") || is_test(source.path)) continue;
    for (const std::string& include : includes_of(source)) {
      EXPECT_FALSE(is_posix(include) || is_library(include)) << source.path << " includes " << include;
      for (const char* header : {"thread", "mutex", "chrono", "fstream", "iostream", "cstdio", "filesystem", "random"})
        EXPECT_NE(include, header) << source.path;
    }
  }
}

TEST(Sources, EngineMakesNoSystemCallAndKnowsNoFuse) {
  for (const Source& source : sources()) {
    if (!begins(source.path, "impl/engine/") || is_test(source.path)) continue;
    for (const std::string& include : includes_of(source))
      EXPECT_FALSE(is_posix(include) || begins(include, "fuse")) << source.path << " includes " << include;
  }
}

TEST(Sources, LibfuseIsSeenInTheSessionAlone) {
  for (const Source& source : sources())
    for (const std::string& include : includes_of(source)) {
      const bool libfuse = begins(include, "fuse") && !begins(include, "fuse_");
      EXPECT_TRUE(!libfuse || begins(source.path, "impl/fuse/")) << source.path << " includes " << include;
    }
}

TEST(Sources, FilesAreShort) {
  for (const Source& source : sources()) EXPECT_LE(source.lines.size(), 500U) << source.path;
}

TEST(Sources, SpeakOfTheProjectAlone) {
  const std::string unfinished = std::string("TO") + "DO";
  const std::string broken = std::string("FIX") + "ME";
  for (const Source& source : sources())
    for (const std::string& line : source.lines) {
      EXPECT_EQ(line.find(unfinished), std::string::npos) << source.path << ": " << line;
      EXPECT_EQ(line.find(broken), std::string::npos) << source.path << ": " << line;
    }
}

}  // namespace
