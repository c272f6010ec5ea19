// A process that plays cases, and cannot be started.
#include "oracle/worker.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "oracle/players.h"

namespace ovlspec::oracle {
namespace {

constexpr uid_t kNobody = 65534;

class NoWorkers {
 public:
  // No child can be started any more, of those that are limited.
  NoWorkers() {
    other_ = ::fork();
    if (other_ == 0) ::_exit(0);
    siginfo_t ended;
    (void)::waitid(P_PID, static_cast<id_t>(other_), &ended, WEXITED | WNOWAIT);
    const rlimit none{.rlim_cur = 0, .rlim_max = 0};
    (void)::setrlimit(RLIMIT_NPROC, &none);
    (void)::setuid(kNobody);
  }

  bool worker_leaves_the_other_alone() const {
    Worker worker(context_, judged_);
    const bool is_refused = worker.start({}).has_value();
    worker.ask({.number = 0}, {});
    const bool is_silent = !worker.receive() && !worker.runs();
    int status = 0;
    return is_refused && is_silent && ::waitpid(other_, &status, 0) == other_;
  }

  bool case_is_lost() const {
    const auto players = make_players(context_, judged_);
    players->ask(7, Emphasis::kOrdinary, {});
    const PlayedCase played = players->answer();
    return played.number == 7 && played.crashed &&
           played.played.failures.begin()->first.find("could not be started") != std::string::npos;
  }

 private:
  pid_t other_ = 0;
  const CheckOptions options_{.subjects = {"engine"}, .out = "/dev/null/nowhere", .jobs = 2};
  const std::unique_ptr<Cases> cases_ = cases_of(options_).cases;
  const std::vector<KnownIssue> known_;
  const CampaignContext context_{.options = options_, .cases = *cases_, .known = known_};
  const Profile profile_;
  const JudgedSubject judged_{.name = "engine", .profile = profile_};
};

// In a process of its own, which is given up after a while.
bool holds(bool (NoWorkers::*claim)() const) {
  const pid_t tester = ::fork();
  if (tester == 0) {
    constexpr unsigned kSeconds = 20;
    ::alarm(kSeconds);
    ::_exit((NoWorkers().*claim)() ? 0 : 1);
  }
  int status = 0;
  return ::waitpid(tester, &status, 0) == tester && status == 0;
}

TEST(Worker, OneThatCouldNotBeStartedWaitsForNoOtherChild) {
  EXPECT_TRUE(holds(&NoWorkers::worker_leaves_the_other_alone));
}

TEST(Players, CaseForWhichNoProcessCouldBeStartedIsLostAndTold) { EXPECT_TRUE(holds(&NoWorkers::case_is_lost)); }

}  // namespace
}  // namespace ovlspec::oracle
