// The figures of the README, measured: model steps, differential operations, RapidCheck commands, fuzzing inputs, and
// operations through real mounts. items_per_second is the figure; each is on one core.
#include <benchmark/benchmark.h>
#include <rapidcheck.h>

#include "model/merge.h"
#include "model/step.h"
#include "oracle/generator.h"
#include "oracle/runner.h"
#include "oracle/trace_total.h"

namespace ovlspec::oracle {
namespace {

constexpr std::uint32_t kLong = 2000;  // operations of a trace whose mount and scan should not count much
constexpr std::uint32_t kShort = 60;

// One mount, no mutation: operations are what is measured.
Trace long_trace(std::uint64_t seed, std::uint32_t operations) {
  GeneratorOptions options;
  options.operations = operations;
  Trace trace = generate(seed, options);
  std::vector<Event> events{Mount{}};
  for (Event& event : trace.events)
    if (std::holds_alternative<Step>(event)) events.push_back(std::move(event));
  trace.events = std::move(events);
  return trace;
}

model::World world_of(const Trace& trace) {
  model::Layers layers;
  for (const LayerImage& lower : trace.lowers) layers.lowers.push_back(lower.layer);
  layers.upper = trace.upper ? trace.upper->layer : model::Layer{};
  model::World world;
  world.tree = merge(layers).tree;
  return world;
}

void model_steps(benchmark::State& state) {
  const Trace trace = long_trace(1, kLong);
  const model::World start = world_of(trace);
  const Outcome success = Outcome::success();
  std::int64_t steps = 0;
  for (auto _ : state) {
    model::World world = start;
    for (const Event& event : trace.events) {
      const Step* step = std::get_if<Step>(&event);
      if (step == nullptr) continue;
      const Caller& caller = trace.callers[step->caller].caller;
      const model::Plan plan = check(world, caller, step->operation);
      if (plan.success()) apply(world, caller, step->operation, plan, success);
      ++steps;
    }
    benchmark::DoNotOptimize(world);
  }
  state.SetItemsProcessed(steps);
}
BENCHMARK(model_steps)->Unit(benchmark::kMillisecond);

// Operations on a subject, each judged, without walks; a mount and a scan for every kLong of them.
void checked_operations(benchmark::State& state, const char* name) {
  const SubjectOrError made = make_subject(name);
  if (made.subject == nullptr) return state.SkipWithError(made.error.what.c_str());
  const Profile profile = profile_of(name).profile;
  std::int64_t operations = 0;
  std::uint64_t seed = 0;
  for (auto _ : state) {
    const Trace trace = long_trace(++seed, kLong);
    const RunResult result = run(*made.subject, trace, profile, RunOptions{.walk_up_to = 0});
    if (result.failure) return state.SkipWithError(result.failure->what.c_str());
    operations += static_cast<std::int64_t>(result.operations);
  }
  state.SetItemsProcessed(operations);
}
BENCHMARK_CAPTURE(checked_operations, engine, "engine")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(checked_operations, kernel, "kernel")->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK_CAPTURE(checked_operations, kernel_all, "kernel:index=on,nfs_export=on,redirect_dir=on,xino=on")
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK_CAPTURE(checked_operations, fuse, "fuse")->Unit(benchmark::kMillisecond)->UseRealTime();

// Whole inputs as the fuzzer plays them: layers made, mounted, walked, scanned.
void fuzzing_inputs(benchmark::State& state) {
  const SubjectOrError made = make_subject("engine");
  const Profile none;
  GeneratorOptions options;
  options.operations = 12;
  std::vector<std::string> inputs;
  for (std::uint64_t seed = 0; seed < 100; ++seed) inputs.push_back(encode_total(generate(seed, options)));
  std::size_t next = 0;
  for (auto _ : state)
    benchmark::DoNotOptimize(run(*made.subject, decode_total(inputs[next++ % inputs.size()]), none, RunOptions{}));
  state.SetItemsProcessed(static_cast<std::int64_t>(next));
}
BENCHMARK(fuzzing_inputs);

// RapidCheck draws a seed and a size, and every operation of the trace is a command judged on the engine.
void rapidcheck_commands(benchmark::State& state) {
  const SubjectOrError made = make_subject("engine");
  const Profile none;
  std::int64_t commands = 0;
  for (auto _ : state) {
    const bool holds = rc::check([&](std::uint64_t seed) {
      GeneratorOptions options;
      options.operations = kShort;
      const RunResult result = run(*made.subject, generate(seed, options), none, RunOptions{.walk_up_to = 0});
      commands += static_cast<std::int64_t>(result.operations);
      RC_ASSERT(result.verdict != Verdict::kViolation);
    });
    if (!holds) return state.SkipWithError("a case shows a violation");
  }
  state.SetItemsProcessed(commands);
}
BENCHMARK(rapidcheck_commands)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace ovlspec::oracle

BENCHMARK_MAIN();
