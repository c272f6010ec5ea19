#include "oracle/cases.h"

#include <fmt/format.h>
#include <algorithm>
#include <filesystem>

#include "oracle/generator.h"
#include "oracle/given_places.h"
#include "oracle/posix_layers.h"
#include "oracle/program_digest.h"
#include "oracle/trace_file.h"
#include "oracle/trace_text.h"

namespace ovlspec::oracle {
namespace {

// Different cases of one campaign, and of campaigns with neighbouring seeds, have nothing in common.
std::uint64_t case_seed(std::uint64_t seed, std::uint64_t number) {
  std::uint64_t mixed = seed * 0x9e3779b97f4a7c15ULL + number;
  mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9ULL;
  mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebULL;
  return mixed ^ (mixed >> 31);
}

class Generated : public Cases {
 public:
  explicit Generated(const CheckOptions& options)
      : seed_(options.seed), operations_(options.operations), mutations_(options.mutations) {}
  std::optional<std::uint64_t> count() const override { return std::nullopt; }
  Trace make(std::uint64_t number, Emphasis emphasis) const override {
    GeneratorOptions options;
    options.operations = operations_;
    options.places = places_;
    options.mutations = mutations_;
    return generate(case_seed(seed_, number), emphasised(options, emphasis));
  }
  bool can_be_steered() const override { return true; }

 private:
  std::uint64_t seed_;
  std::uint32_t operations_;
  bool mutations_;
  // Each place that is given is used.
  std::uint8_t places_ =
      static_cast<std::uint8_t>(std::clamp<std::size_t>(given_places().size(), GeneratorOptions().places, kPlaces));
};

class OverLayers : public Cases {
 public:
  OverLayers(const CheckOptions& options, std::vector<LayerImage> images)
      : seed_(options.seed), operations_(options.operations), images_(std::move(images)) {}
  std::optional<std::uint64_t> count() const override { return std::nullopt; }
  Trace make(std::uint64_t number, Emphasis /*emphasis*/) const override {
    // Making and scanning thousands of files takes longer than operating on them.
    constexpr std::uint32_t kMore = 5;
    GeneratorOptions options;
    options.operations = operations_ * kMore;
    return generate_over(images_, case_seed(seed_, number), options);
  }

 private:
  std::uint64_t seed_;
  std::uint32_t operations_;
  std::vector<LayerImage> images_;
};

class FromFiles : public Cases {
 public:
  explicit FromFiles(std::vector<Trace> traces) : traces_(std::move(traces)) {}
  std::optional<std::uint64_t> count() const override { return traces_.size(); }
  Trace make(std::uint64_t number, Emphasis /*emphasis*/) const override { return traces_[number]; }

 private:
  std::vector<Trace> traces_;
};

CasesOrError failed(std::string error) { return CasesOrError{nullptr, std::move(error)}; }

bool is_trace_file(const std::filesystem::path& path) {
  const auto extension = path.extension();
  return extension == ".trace" || extension == ".jsonl" || extension == ".bin";
}

CasesOrError from_files(const std::string& path) {
  std::vector<std::string> files;
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(path, error))
      if (is_trace_file(entry.path())) files.push_back(entry.path().string());
    std::sort(files.begin(), files.end());
  } else {
    files.push_back(path);
  }
  if (files.empty()) return failed(path + ": holds no trace");
  std::vector<Trace> traces;
  for (const std::string& file : files) {
    TraceOrError loaded = load_trace(file);
    if (!loaded.ok()) return failed(file + ": " + loaded.error.describe());
    traces.push_back(std::move(*loaded.trace));
  }
  return CasesOrError{std::make_unique<FromFiles>(std::move(traces)), {}};
}

CasesOrError over_layers(const CheckOptions& options) {
  std::vector<LayerImage> images;
  for (const std::string& directory : options.layers) {
    Attempt<ReadImage> read = read_image(directory);
    if (!read.ok()) return failed(directory + ": " + read.failure.what);
    for (const std::string& skipped : read.value->skipped)
      fmt::print(stderr, "ovlspec: {}: not taken over: {}\n", directory, skipped);
    images.push_back(std::move(read.value->image));
  }
  return CasesOrError{std::make_unique<OverLayers>(options, std::move(images)), {}};
}

}  // namespace

CasesOrError cases_of(const CheckOptions& options) {
  if (!options.traces.empty() && !options.layers.empty()) return failed("--traces and --layers exclude each other");
  if (!options.traces.empty()) return from_files(options.traces);
  if (!options.layers.empty()) return over_layers(options);
  return CasesOrError{std::make_unique<Generated>(options), {}};
}

std::string digest_of(const Cases& cases) {
  Digest digest;
  const std::uint64_t count = cases.count().value_or(1);
  for (std::uint64_t i = 0; i < count; ++i) digest.add(print_text(cases.make(i)));
  return digest.text();
}

}  // namespace ovlspec::oracle
