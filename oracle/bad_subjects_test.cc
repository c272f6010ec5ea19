// Subjects that hang, die, refuse, leave something behind or talk rubbish: each is a violation, and nothing of it
// stays.
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>

#include "oracle/disk_test_support.h"
#include "oracle/fuse_subject.h"
#include "oracle/mount_table.h"
#include "oracle/profile.h"
#include "oracle/runner.h"
#include "oracle/union_subjects.h"

namespace ovlspec::oracle {
namespace {

using model::Rule;
using namespace std::chrono_literals;

constexpr const char* kOverlay =
    "command:mount -t overlay o -o lowerdir={lowers},upperdir={upper},workdir={work} {mount}";

class BadSubjects : public MountTest {
 protected:
  void SetUp() override {
    MountTest::SetUp();
    if (IsSkipped()) return;
    mounts_ = mount_ids();
  }
  void TearDown() override {
    if (IsSkipped()) return;
    EXPECT_EQ(mount_ids(), mounts_) << "mounts were left behind";
  }

  std::unique_ptr<Subject> subject(const std::string& name, std::chrono::milliseconds limit = 500ms) {
    SubjectOrError made = make_subject(name, SubjectSettings{.limit = limit});
    EXPECT_NE(made.subject, nullptr) << name << ": " << made.error.what;
    return std::move(made.subject);
  }
  // A case of a few operations, with a remount.
  RunResult play(Subject& subject) {
    Trace trace = stack_of({WorldLayer().file("a", "lower").done()});
    trace.events = {Mount{}, Step{0, Mkdir{"d", 0755}}, Unmount{}, Mount{}, Step{0, Rmdir{"d"}}, Unmount{}};
    return run(subject, trace, profile_of("kernel").profile, RunOptions{});
  }
  void expect_finding(const RunResult& result, Rule rule, const std::string& words) {
    ASSERT_TRUE(result.finding) << (result.failure ? result.failure->what : "nothing was found");
    EXPECT_EQ(text_of(result.finding->rule).id, text_of(rule).id) << result.finding->what;
    EXPECT_NE(result.finding->what.find(words), std::string::npos) << result.finding->what;
  }
  // The process that a script wrote its number of into `file`.
  pid_t process(const std::string& file) {
    pid_t pid = 0;
    for (int i = 0; i < 200 && pid == 0; ++i) {
      std::ifstream(directory_ + "/" + file) >> pid;
      if (pid == 0) ::usleep(10000);
    }
    return pid;
  }
  static bool is_gone(pid_t pid) {
    for (int i = 0; i < 200; ++i) {
      if (::kill(pid, 0) != 0) return true;
      ::usleep(10000);
    }
    return false;
  }

  const TestDirectory own_directory_;
  const std::string directory_ = own_directory_.path();
  std::set<std::string> mounts_;
};

TEST_F(BadSubjects, CommandThatMountsAndEndsConforms) {
  const auto good = subject(std::string(kOverlay) + " ;; umount: umount {mount}");
  const RunResult result = play(*good);
  EXPECT_EQ(result.verdict, Verdict::kFine) << (result.finding ? result.finding->what : "");
  EXPECT_FALSE(result.failure);
}

TEST_F(BadSubjects, ProgramThatHangsInsteadOfMountingIsKilled) {
  const auto bad = subject("command:sh -c 'echo $$ > " + directory_ + "/pid; sleep 1000'");
  expect_finding(play(*bad), Rule::kMount, "did not mount in time");
  EXPECT_TRUE(is_gone(process("pid")));
}

TEST_F(BadSubjects, ProgramThatRefusesSaysWhy) {
  const auto bad = subject("command:sh -c 'echo no such thing >&2; exit 3'");
  expect_finding(play(*bad), Rule::kMount, "no such thing");
}

TEST_F(BadSubjects, ProgramThatIsNotThereIsOfTheEnvironmentAndAnUnknownPlaceOfUsage) {
  const SubjectOrError missing = make_subject("command:no-such-program {mount}");
  EXPECT_EQ(missing.subject, nullptr);
  EXPECT_FALSE(missing.error.usage);
  EXPECT_NE(missing.error.what.find("no-such-program was not found"), std::string::npos) << missing.error.what;
  for (const char* text :
       {"command:mount {lowerz} {mount}", "command:", "command:mount 'x", "command:mount ;; what: x"}) {
    const SubjectOrError wrong = make_subject(text);
    EXPECT_EQ(wrong.subject, nullptr);
    EXPECT_TRUE(wrong.error.usage) << text << ": " << wrong.error.what;
  }
}

TEST_F(BadSubjects, ProcessesThatAreLeftBehindAreKilled) {
  const std::string leaves = "command:sh -c 'sleep 1000 & echo $! > " + directory_ +
                             "/pid; mount -t overlay o -o lowerdir={lowers},upperdir={upper},workdir={work} {mount}'";
  const auto bad = subject(leaves);
  expect_finding(play(*bad), Rule::kUnmounts, "did not end");
  EXPECT_TRUE(is_gone(process("pid")));
}

TEST_F(BadSubjects, MountsThatAreLeftBehindAreDetached) {
  const auto bad =
      subject(std::string(kOverlay) + " ;; umount: sh -c 'umount {mount}; mount -t tmpfs t " + directory_ + "'");
  expect_finding(play(*bad), Rule::kUnmounts, directory_);
}

TEST_F(BadSubjects, CommandThatDoesNotUnmountIsAViolation) {
  const auto bad = subject(std::string(kOverlay) + " ;; umount: true");
  expect_finding(play(*bad), Rule::kUnmounts, "still there");
}

TEST_F(BadSubjects, ChangedLowerIsAViolation) {
  const std::string mount = "command:sh -c 'echo {lowers} > " + directory_ + "/lower; " +
                            "mount -t overlay o -o lowerdir={lowers},upperdir={upper},workdir={work} {mount}'";
  const auto writes = subject(mount + " ;; umount: sh -c 'umount {mount}; echo x > $(cat " + directory_ + "/lower)/a'");
  expect_finding(play(*writes), Rule::kLowersUntouched, "lower 0");
  const auto removes = subject(mount + " ;; umount: sh -c 'umount {mount}; rm -r $(cat " + directory_ + "/lower)'");
  expect_finding(play(*removes), Rule::kUpperIsDiff, "cannot be read");
}

TEST_F(BadSubjects, FullDiskIsAViolationAndTheNextCaseHasRoom) {
  const std::string mount = "command:sh -c 'echo {upper} > " + directory_ + "/upper; " +
                            "mount -t overlay o -o lowerdir={lowers},upperdir={upper},workdir={work} {mount}'";
  const auto bad = subject(
      mount + " ;; umount: sh -c 'umount {mount}; head -c 1T /dev/zero > $(cat " + directory_ + "/upper)/full || true'",
      20s);
  expect_finding(play(*bad), Rule::kUpperIsDiff, "mtime");
  expect_finding(play(*bad), Rule::kUpperIsDiff, "mtime");
}

// Our own file system, told to hold still or to die at a known moment.
class BadServer : public BadSubjects {
 protected:
  void SetUp() override {
    BadSubjects::SetUp();
    if (IsSkipped()) return;
    if (const auto why = fuse_unavailable()) GTEST_SKIP() << *why;
    const auto program = find_our_program();
    if (!program) GTEST_SKIP() << "the program fuse-ovlspec was not found";
    server_ = subject("command:sh -c 'echo $$ > " + directory_ + "/pid; exec " + *program +
                          " -f -o lowerdir={lowers},upperdir={upper},workdir={work} {mount}'",
                      2s);  // to mount on a busy machine, too
    OVLSPEC_ASSERT_DONE(server_->prepare(stack_of({WorldLayer().file("a", "lower").done()})));
    OVLSPEC_ASSERT_DONE(server_->mount());
    EXPECT_FALSE(server_->ailing());
  }
  void TearDown() override {
    server_.reset();
    BadSubjects::TearDown();
  }
  std::unique_ptr<Subject> server_;
};

TEST_F(BadServer, ThatDoesNotAnswerIsKilledInTime) {
  const pid_t pid = process("pid");
  ::kill(pid, SIGSTOP);
  const auto before = std::chrono::steady_clock::now();
  // What was under way may still be answered.
  bool answers = true;
  for (int i = 0; i < 100 && answers; ++i)
    answers = server_->apply(superuser(), Mkdir{"d" + std::to_string(i), 0755}).ok();
  EXPECT_FALSE(answers);
  EXPECT_LT(std::chrono::steady_clock::now() - before, 10s);
  const auto ailing = server_->ailing();
  ASSERT_TRUE(ailing);
  EXPECT_NE(ailing->what.find("in time"), std::string::npos) << ailing->what;
  const auto unmounted = server_->unmount();
  EXPECT_FALSE(unmounted.ok());
  EXPECT_EQ(unmounted.failure.fault, Fault::kSubject);
  EXPECT_TRUE(is_gone(pid));
  OVLSPEC_ASSERT_DONE(server_->prepare(stack_of({model::Layer{}})));
  OVLSPEC_ASSERT_DONE(server_->mount());
}

TEST_F(BadServer, ThatDiesIsToldBySignal) {
  ::kill(process("pid"), SIGSEGV);
  Outcome outcome;
  for (int i = 0; i < 500 && outcome.error != Errno::kENOTCONN && outcome.error != Errno::kECONNABORTED; ++i) {
    outcome = server_->apply(superuser(), Mkdir{"d" + std::to_string(i), 0755});
    ::usleep(10000);
  }
  const auto ailing = server_->ailing();
  ASSERT_TRUE(ailing);
  EXPECT_NE(ailing->what.find("signal 11"), std::string::npos) << ailing->what;
}

class BadAgents : public BadSubjects {
 protected:
  // Greets, and answers all else with the shell's text.
  std::unique_ptr<Subject> agent(const std::string& script) {
    return subject("agent:sh -c 'read l; echo {}; " + script + "'");
  }
};

TEST_F(BadAgents, RubbishIsAViolationThatShowsIt) {
  expect_finding(play(*agent("while read l; do echo rubbish; done")), Rule::kMount, "`rubbish`");
  expect_finding(play(*agent("read l; echo {\\\"ok\\\":true}; read l; echo rubbish; sleep 1000")), Rule::kAnswers,
                 "`rubbish`");
  expect_finding(play(*agent("read l; echo {\\\"ok\\\":true}; read l; echo {\\\"ok\\\":17}; sleep 1000")),
                 Rule::kAnswers, "expected");
}

TEST_F(BadAgents, SilenceIsAViolationInTime) {
  const auto bad = agent("read l; echo {\\\"ok\\\":true}; sleep 1000 & echo $! > " + directory_ + "/pid; wait");
  expect_finding(play(*bad), Rule::kAnswers, "in time");
  EXPECT_TRUE(is_gone(process("pid")));
}

TEST_F(BadAgents, EndIsAViolationAndTheNextCaseHasAnotherAgent) {
  const auto bad = agent("read l; echo {\\\"ok\\\":true}; read l; echo broken >&2; exit 3");
  expect_finding(play(*bad), Rule::kAnswers, "status 3: broken");
  expect_finding(play(*bad), Rule::kAnswers, "status 3: broken");
}

TEST_F(BadAgents, FloodOfAnswersIsAViolation) {
  // In one write: a second one could come after the next request, and would be its answer.
  expect_finding(play(*agent("while read l; do printf %s\\\\n%s\\\\n {\\\"ok\\\":true} {\\\"ok\\\":true}; done")),
                 Rule::kAnswers, "unasked");
}

TEST_F(BadAgents, ThatDoNotGreetCannotBeUsed) {
  EXPECT_EQ(make_subject("agent:echo hello", SubjectSettings{.limit = 500ms}).subject, nullptr);
  EXPECT_EQ(make_subject("agent:sleep 1000", SubjectSettings{.limit = 300ms}).subject, nullptr);
  EXPECT_FALSE(make_subject("agent:no-such-program").error.usage);
}

TEST(MountCommand, PlacesAreFilledInAndEmptyWordsLeftOut) {
  const MountFilling filling{.paths = {.lowers = {"/a", "/b"}, .upper = "", .work = ""},
                             .options = {"x=1", "y"},
                             .mount_point = "/m",
                             .state = "/s"};
  const auto words =
      filled({"p", "-o", "a{,options}", "{upper}", "{lowers|,|+|=RO}", "--l={lower}", "{mount}"}, filling);
  EXPECT_EQ(words, (std::vector<std::string>{"p", "-o", "a,x=1,y", "+/a=RO,+/b=RO", "--l=/a", "--l=/b", "/m"}));
  EXPECT_EQ(unknown_place({"{lowers}", "{uper}"}), "uper");
  EXPECT_EQ(unknown_place({"${HOME}", "{}"}), std::nullopt);
}

TEST(MountCommand, WordsAreThoseOfAShell) {
  EXPECT_EQ(split_words(R"(a 'b c' "d'e" f\ g '')"), (std::vector<std::string>{"a", "b c", "d'e", "f g", ""}));
  EXPECT_EQ(split_words("'a"), std::nullopt);
}

}  // namespace
}  // namespace ovlspec::oracle
