#include "fuzz/differential.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "fuzz/feedback.h"
#include "oracle/finding_key.h"
#include "oracle/generator.h"
#include "oracle/trace_file.h"
#include "oracle/trace_text.h"
#include "oracle/trace_total.h"

namespace ovlspec::fuzz {
namespace {

oracle::Subject& engine() {
  static const oracle::SubjectOrError made = oracle::make_subject("engine");
  return *made.subject;
}

// A generator of small numbers from one seed.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed) {}
  // REQUIRES: sides > 0.
  std::size_t roll(std::size_t sides) {
    state_ += 0x9e3779b97f4a7c15ULL;
    std::uint64_t mixed = (state_ ^ (state_ >> 30)) * 0xbf58476d1ce4e5b9ULL;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebULL;
    return static_cast<std::size_t>((mixed ^ (mixed >> 31)) % sides);
  }

 private:
  std::uint64_t state_;
};

template <typename Sequence>
auto at(Sequence& sequence, std::size_t index) {
  return sequence.begin() + static_cast<std::ptrdiff_t>(index);
}

void splice(oracle::Trace& trace, Dice& dice, std::uint64_t seed) {
  oracle::GeneratorOptions options;
  options.operations = 12;
  const oracle::Trace other = oracle::generate(seed, options);
  if (other.events.empty()) return;
  const std::size_t from = dice.roll(other.events.size());
  const std::size_t count = 1 + dice.roll(std::min<std::size_t>(other.events.size() - from, 4));
  trace.events.insert(at(trace.events, dice.roll(trace.events.size() + 1)), at(other.events, from),
                      at(other.events, from + count));
  if (dice.roll(8) == 0) trace.lowers = other.lowers;
  if (dice.roll(8) == 0) trace.upper = other.upper;
}

void mutate_trace(oracle::Trace& trace, Dice& dice, std::uint64_t seed) {
  const std::size_t kind = trace.events.empty() ? 3 : dice.roll(4);
  if (kind == 0) {
    trace.events.erase(at(trace.events, dice.roll(trace.events.size())));
  } else if (kind == 1) {
    const oracle::Event event = trace.events[dice.roll(trace.events.size())];
    trace.events.insert(at(trace.events, dice.roll(trace.events.size() + 1)), event);
  } else if (kind == 2) {
    std::swap(trace.events[dice.roll(trace.events.size())], trace.events[dice.roll(trace.events.size())]);
  } else {
    splice(trace, dice, seed);
  }
}

oracle::RunResult play(oracle::Subject& subject, const oracle::Trace& trace, const oracle::Profile& profile) {
  Feedback watcher;
  const oracle::RunOptions options{.walk_up_to = 64, .watcher = &watcher};
  oracle::RunResult result = oracle::run(subject, trace, profile, options);
  watcher.met(result.met);
  return result;
}

std::optional<std::string> told(const oracle::RunResult& result, const oracle::Trace& trace) {
  if (result.failure) return "the subject failed: " + result.failure->what + "\n" + print_text(trace);
  if (!result.finding) return std::nullopt;
  const model::RuleText& rule = text_of(result.finding->rule);
  return std::string(rule.id) + " at event " + std::to_string(result.finding->event + 1) + ": " + result.finding->what +
         "\n" + print_text(trace);
}

}  // namespace

std::optional<std::string> judge_trace(oracle::Subject& subject, const oracle::Trace& trace) {
  return told(play(subject, trace, oracle::Profile()), trace);
}

std::optional<std::string> judge_input(std::string_view bytes) {
  return judge_trace(engine(), oracle::decode_total(bytes));
}

MountedInputs::MountedInputs(std::string_view subject, const std::string& known) {
  oracle::SubjectOrError made = oracle::make_subject(subject);
  oracle::ProfileOrError profile = oracle::profile_of(subject);
  const std::string wrong = made.subject == nullptr ? made.error.what : profile.error;
  if (!wrong.empty()) {
    std::fprintf(stderr, "%s\n", wrong.c_str());
    std::exit(4);
  }
  subject_ = std::move(made.subject);
  profile_ = std::move(profile.profile);
  if (known.empty()) return;
  for (const auto& entry : std::filesystem::directory_iterator(known)) {
    const oracle::TraceOrError trace = oracle::load_trace(entry.path().string());
    if (!trace.ok()) continue;
    const oracle::RunResult result = play(*subject_, *trace.trace, profile_);
    if (result.finding) known_.insert(kind_of(*result.finding));
  }
}

std::string MountedInputs::kind_of(const oracle::Finding& finding) {
  return std::string(text_of(finding.rule).id) + " " + oracle::operation_of(finding) + ": " +
         oracle::beginning_of(finding.what);
}

std::optional<std::string> MountedInputs::judge(std::string_view bytes) {
  const oracle::Trace trace = oracle::decode_total(bytes);
  const oracle::RunResult result = play(*subject_, trace, profile_);
  if (result.finding && known_.count(kind_of(*result.finding)) != 0) return std::nullopt;
  if (result.failure && result.failure->fault == oracle::Fault::kEnvironment) {
    ++not_played_;
    return std::nullopt;
  }
  return told(result, trace);
}

std::string mutate_input(std::string_view bytes, std::size_t capacity, std::uint64_t seed) {
  oracle::Trace trace = oracle::decode_total(bytes);
  Dice dice(seed);
  mutate_trace(trace, dice, seed);
  // The encoding knows no operation while nothing is mounted.
  const bool begins_with_step = !trace.events.empty() && std::holds_alternative<oracle::Step>(trace.events.front());
  if (begins_with_step) trace.events.insert(trace.events.begin(), oracle::Mount{});
  std::string mutated = oracle::encode_total(trace);
  // Cut short, an input would lose its events; it stays as it was.
  return mutated.size() <= capacity ? mutated : std::string(bytes.substr(0, capacity));
}

}  // namespace ovlspec::fuzz
