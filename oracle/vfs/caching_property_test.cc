// Caching is invisible: a subject that keeps names between operations and one that keeps none answer the same.
#include <gtest/gtest.h>

#include <random>

#include "oracle/trace_total.h"
#include "oracle/vfs/engine_subject.h"

namespace ovlspec::oracle {
namespace {

// Plays a trace on a subject; every event answers with an outcome, those that are no operation with an empty one.
class Player {
 public:
  explicit Player(std::string_view options) : subject_(make_engine_subject(options).subject) {}

  // Whether a store can hold the layers: some random attributes it cannot.
  bool prepare(const Trace& trace) {
    callers_ = &trace.callers;
    mounted_ = false;
    return subject_->prepare(trace).ok();
  }
  Outcome play(const Event& event) { return std::visit(*this, event); }
  void end() { (*this)(Unmount{}); }

  Outcome operator()(const Step& step) {
    return mounted_ ? subject_->apply((*callers_)[step.caller].caller, step.operation) : Outcome{};
  }
  Outcome operator()(const Mount&) {
    if (!mounted_) mounted_ = expect(subject_->mount(), "mount");
    return {};
  }
  Outcome operator()(const Unmount&) {
    if (mounted_) expect(subject_->unmount(), "unmount");
    mounted_ = false;
    return {};
  }
  Outcome operator()(const Crash&) {
    if (mounted_) expect(subject_->crash(), "crash");
    mounted_ = false;
    return {};
  }
  Outcome operator()(const DropCaches&) {
    if (mounted_) subject_->drop_caches();
    return {};
  }
  Outcome operator()(const Mutate& mutate) {
    if (!mounted_) (void)subject_->mutate(mutate.mutation);
    return {};
  }

 private:
  static bool expect(const Attempt<Done>& attempt, const char* what) {
    EXPECT_TRUE(attempt.ok()) << what << ": " << attempt.failure.what;
    return attempt.ok();
  }

  std::unique_ptr<Subject> subject_;
  const std::vector<NamedCaller>* callers_ = nullptr;
  bool mounted_ = false;
};

std::string random_bytes(std::uint64_t seed, std::size_t size) {
  std::mt19937_64 random(seed);
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

TEST(CachingProperty, SubjectsWithAndWithoutACacheAnswerTheSame) {
  constexpr std::uint64_t kTraces = 300;
  Player cached("");
  Player uncached("uncached");
  std::uint64_t operations = 0;
  for (std::uint64_t seed = 1; seed <= kTraces && !::testing::Test::HasFailure(); ++seed) {
    const Trace trace = decode_total(random_bytes(seed, 1500));
    const bool possible = cached.prepare(trace);
    ASSERT_EQ(uncached.prepare(trace), possible) << "seed " << seed;
    if (!possible) continue;
    for (std::size_t event = 0; event < trace.events.size(); ++event) {
      const bool same = cached.play(trace.events[event]) == uncached.play(trace.events[event]);
      ASSERT_TRUE(same) << "seed " << seed << ", event " << event;
      ++operations;
    }
    cached.end();
    uncached.end();
  }
  EXPECT_GT(operations, kTraces) << "the traces hold too few events to say anything";
}

}  // namespace
}  // namespace ovlspec::oracle
