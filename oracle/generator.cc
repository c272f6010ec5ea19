#include "oracle/generator.h"

#include <algorithm>

#include "oracle/generator_layers.h"
#include "oracle/generator_mutations.h"
#include "oracle/generator_operations.h"
#include "oracle/generator_values.h"
#include "oracle/path_set.h"
#include "oracle/random.h"
#include "oracle/standard_callers.h"

namespace ovlspec::oracle {
namespace {

class TraceGenerator {
 public:
  TraceGenerator(std::uint64_t seed, const GeneratorOptions& options) : random_(seed), options_(options) {}

  Trace over_new_layers() {
    const bool read_only = random_.percent(options_.read_only_percent);
    make_layers(read_only);
    return with_events();
  }

  Trace over(const std::vector<LayerImage>& images) {
    trace_.lowers = images;
    // The kernel takes no stack of one lower alone.
    if (images.size() < 2 || !random_.percent(options_.read_only_percent)) {
      trace_.upper.emplace();
      trace_.upper->place = images.front().place;
    }
    return with_events();
  }

 private:
  void make_layers(bool read_only) {
    constexpr unsigned kMostLowers = 4;
    ValueGenerator values(random_, options_);
    LayerGenerator layers(random_, values);
    const bool one_place = random_.percent(50);
    const auto place = [&] { return static_cast<std::uint8_t>(one_place ? 0 : random_.below(options_.places)); };
    const unsigned lowers = read_only ? 2 + random_.below(kMostLowers - 1) : 1 + random_.below(kMostLowers);
    PathSet below;
    for (unsigned i = 0; i < lowers; ++i) {
      const LayerRole role = i == 0 ? LayerRole::kBottom : LayerRole::kMiddle;
      trace_.lowers.push_back(LayerImage{layers.layer(role, below), place()});
      below.cover_with(trace_.lowers.back().layer);
    }
    std::reverse(trace_.lowers.begin(), trace_.lowers.end());
    if (read_only) return;
    trace_.upper.emplace();
    trace_.upper->place = place();
    if (random_.percent(35)) trace_.upper->layer = layers.layer(LayerRole::kUpper, below);
  }

  void guess_stack() {
    for (auto lower = trace_.lowers.rbegin(); lower != trace_.lowers.rend(); ++lower)
      stack_.merged.cover_with(lower->layer);
    if (trace_.upper) stack_.merged.cover_with(trace_.upper->layer);
    for (const LayerImage& lower : trace_.lowers) stack_.lowers.push_back(PathSet::of(lower.layer));
    if (trace_.upper) stack_.upper = PathSet::of(trace_.upper->layer);
  }

  Trace with_events() {
    trace_.callers = standard_callers();
    if (!options_.callers) trace_.callers.resize(1);
    guess_stack();
    OperationGenerator operations(random_, options_, stack_);
    MutationGenerator mutations(random_, options_, stack_);
    const Weights& weights = options_.weights;
    const unsigned total = std::max(1U, operations.total_weight() + weights.drop_caches + weights.remount);
    trace_.events.emplace_back(Mount{});
    for (std::uint32_t made = 0; made < options_.operations;) {
      const unsigned drawn = random_.below(total);
      if (drawn < weights.drop_caches) {
        trace_.events.emplace_back(DropCaches{});
      } else if (drawn < weights.drop_caches + weights.remount) {
        remount(mutations);
        operations.unmounted();
      } else {
        made += steps(operations);
      }
    }
    last_look();
    return std::move(trace_);
  }

  // An operation, now and then with a look at what it changed; how many operations that makes.
  std::uint32_t steps(OperationGenerator& operations) {
    step(operations.next());
    const auto look = random_.percent(25) ? operations.look() : std::nullopt;
    if (!look) return 1;
    step(*look);
    return 2;
  }

  void step(Operation operation) {
    const bool by_root = trace_.callers.size() == 1 || random_.percent(options_.root_percent);
    const auto caller = by_root ? 0 : 1 + random_.below(trace_.callers.size() - 1);
    trace_.events.emplace_back(Step{static_cast<std::uint8_t>(caller), std::move(operation)});
  }

  void remount(MutationGenerator& mutations) {
    constexpr unsigned kMostMutations = 4;
    if (options_.crashes && random_.percent(25))
      trace_.events.emplace_back(Crash{});
    else
      trace_.events.emplace_back(Unmount{});
    const bool mutates = options_.mutations && random_.percent(60);
    for (unsigned left = mutates ? 1 + random_.below(kMostMutations) : 0; left != 0; --left)
      trace_.events.emplace_back(Mutate{mutations.next()});
    trace_.events.emplace_back(Mount{});
  }

  // Mounts again and looks at the root and at some of what should be there.
  void last_look() {
    constexpr int kLooks = 4;
    trace_.events.emplace_back(Unmount{});
    trace_.events.emplace_back(Mount{});
    trace_.events.emplace_back(Step{0, ListDirectory{"/"}});
    for (int i = 0; i < kLooks; ++i) {
      const GuessedPath* path = stack_.merged.pick(random_);
      if (path == nullptr) break;
      if (path->type == FileType::kDirectory) trace_.events.emplace_back(Step{0, ListDirectory{path->path}});
      trace_.events.emplace_back(Step{0, Stat{Target::at(path->path, Follow::kNoFollow)}});
    }
    trace_.events.emplace_back(Unmount{});
  }

  Random random_;
  const GeneratorOptions& options_;
  GuessedStack stack_;
  Trace trace_;
};

}  // namespace

Weights Weights::trouble() {
  Weights weights;
  weights.rename = 40;
  weights.unlink = 16;
  weights.rmdir = 10;
  weights.mkdir = 12;
  weights.link = 16;
  weights.remount = 8;
  weights.drop_caches = 5;
  weights.read = weights.truncate = weights.chown = weights.utimens = weights.get_xattr = 1;
  weights.remove_xattr = weights.list_xattr = weights.stat_file_system = weights.sync = 0;
  return weights;
}

Trace generate(std::uint64_t seed, const GeneratorOptions& options) {
  return TraceGenerator(seed, options).over_new_layers();
}

Trace generate_over(const std::vector<LayerImage>& images, std::uint64_t seed, const GeneratorOptions& options) {
  return TraceGenerator(seed, options).over(images);
}

}  // namespace ovlspec::oracle
