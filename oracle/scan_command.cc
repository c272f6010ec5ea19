#include "oracle/scan_command.h"

#include <fmt/format.h>

#include "model/merge.h"
#include "oracle/posix_access.h"
#include "oracle/scan.h"
#include "oracle/trace_text.h"

namespace ovlspec::oracle {
namespace {

// The directories' accesses, and which could not be opened.
struct Opened {
  std::vector<std::unique_ptr<PosixAccess>> accesses;
  std::string error;

  LayerAccess* open(const std::string& path) {
    auto access = PosixAccess::open(path);
    if (!access.ok()) {
      error = path + ": " + std::string(errno_name(access.error()));
      return nullptr;
    }
    accesses.push_back(std::move(*access));
    return accesses.back().get();
  }
};

Trace as_trace(const model::Layers& layers) {
  Trace trace;
  trace.callers.push_back(NamedCaller{"root", superuser()});
  for (const model::Layer& lower : layers.lowers) trace.lowers.push_back(LayerImage{.layer = lower});
  if (layers.upper) trace.upper = LayerImage{.layer = *layers.upper};
  return trace;
}

}  // namespace

ExitStatus scan_command(const ScanOptions& options) {
  Opened opened;
  StackAccess stack;
  for (const std::string& lower : options.lowers) stack.lowers.push_back(opened.open(lower));
  if (!options.upper.empty()) stack.upper = opened.open(options.upper);
  if (!options.work.empty()) stack.work = opened.open(options.work);
  if (!opened.error.empty()) {
    fmt::print(stderr, "ovlspec: {}\n", opened.error);
    return ExitStatus::kUsage;
  }
  const Attempt<Scanned> scanned = scan_stack(stack);
  if (!scanned.ok()) {
    fmt::print(stderr, "ovlspec: {}\n", scanned.failure.what);
    return ExitStatus::kEnvironment;
  }
  fmt::print("{}", print_text(as_trace(scanned.value->layers)));
  for (const std::string& leftover : scanned.value->leftovers) fmt::print("# left over: {}\n", leftover);
  model::Layers merged;
  merged.lowers.emplace_back();
  merged.lowers.front().tree = merge(scanned.value->layers).tree;
  merged.lowers.front().marks.resize(merged.lowers.front().tree.inodes.size());
  fmt::print("\n# the merge of these layers\n{}", print_text(as_trace(merged)));
  return ExitStatus::kConforms;
}

}  // namespace ovlspec::oracle
