// The specification says "a normal file system": here is one. Random operations of several callers go to the model and
// to a tmpfs of the kernel's own; each answer must be one that the model permits, and the trees be equal at the end.
//
// Left out are the operations of the rules NP-*, whose point is that an overlay differs from a normal file system.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "model/describe.h"
#include "model/invariants.h"
#include "model/step.h"
#include "model/testing/arbitrary.h"
#include "oracle/posix_access.h"
#include "oracle/private_namespace.h"
#include "oracle/scan.h"
#include "oracle/syscall_executor.h"
#include "oracle/trace_text.h"

namespace ovlspec::model {
namespace {

using testing::SeededChoices;

constexpr std::uint64_t kSequences = 150;
constexpr int kStepsOfEach = 500;

bool differs_by_intention(const Operation& operation) {
  if (const auto* rename = std::get_if<Rename>(&operation)) return rename->mode == RenameMode::kWhiteout;
  if (const auto* mknod = std::get_if<Mknod>(&operation))
    return mknod->type == FileType::kCharDevice && mknod->device == Device{};
  return false;
}

// A tmpfs in the private mount namespace; gone with this object.
class PlainMount {
 public:
  PlainMount() {
    std::string name = (std::filesystem::temp_directory_path() / "ovlspec-plain-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) return;
    path_ = name;
    mounted_ = ::mount("none", name.c_str(), "tmpfs", MS_NODEV | MS_NOSUID, "mode=0777,size=256m") == 0;
  }
  ~PlainMount() {
    if (mounted_) ::umount2(path_.c_str(), MNT_DETACH);
    if (!path_.empty()) ::rmdir(path_.c_str());
  }
  bool mounted() const { return mounted_; }
  const std::string& path() const { return path_; }
  oracle::Descriptor open() const {
    return oracle::Descriptor(::open(path_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  }

 private:
  std::string path_;
  bool mounted_ = false;
};

std::string told(const Caller& caller, const Operation& operation, const Outcome& outcome, const Plan& plan) {
  std::string text = oracle::operation_text(operation) + "\n  by " + std::to_string(caller.uid) + ":" +
                     std::to_string(caller.gid) + " umask " + octal(caller.umask) + " capabilities " +
                     std::to_string(caller.capabilities.bits()) + "\n  answered " +
                     std::string(errno_name(outcome.error)) + ", permitted:";
  if (plan.success()) text += " OK";
  for (std::size_t i = 0; i < plan.errors(); ++i) {
    const Permit& permit = plan.error(i);
    text += " " + std::string(errno_name(permit.error)) + " (" + std::string(text_of(permit.rule).id) + ")";
  }
  return text;
}

using Counts = std::array<std::uint64_t, std::variant_size_v<Operation>>;

class Comparison {
 public:
  explicit Comparison(std::uint64_t seed) : choices_(seed), callers_(testing::callers(choices_)) {
    world_.tree[kRoot].mode = 0777;
    world_.tree[kRoot].modify_time = FreeTime::unknown();
    world_.tree[kRoot].access_time = FreeTime::unknown();
  }

  void run(const PlainMount& mount) {
    executor_.attach(mount.open());
    for (int i = 0; i < kStepsOfEach && !::testing::Test::HasFailure(); ++i) step();
    executor_.detach();
    if (!::testing::Test::HasFailure()) compare_trees(mount);
  }
  int judged() const { return judged_; }
  // How often each kind of operation succeeded.
  const Counts& successes() const { return successes_; }

 private:
  void step() {
    const Operation operation = testing::operation(choices_, world_);
    if (!differs_by_intention(operation)) judge(choices_.pick(callers_), operation);
    judge(superuser(), Stat{Target::at(testing::path(choices_, world_.tree), Follow::kNoFollow)});
  }

  void judge(const Caller& caller, const Operation& operation) {
    const Plan plan = check(world_, caller, operation);
    const Outcome outcome = executor_.apply(caller, operation);
    ++judged_;
    ASSERT_TRUE(plan.permits(outcome.error).has_value()) << told(caller, operation, outcome, plan);
    if (!outcome.ok()) return refuse(world_, operation, outcome.error);
    ++successes_[operation.index()];
    const auto mismatch = check_answer(world_, caller, operation, plan, outcome);
    ASSERT_FALSE(mismatch.has_value()) << told(caller, operation, outcome, plan) << "\n  " << mismatch->what;
    apply(world_, caller, operation, plan, outcome);
    bind_times(plan.first.object, outcome);
    const auto broken = broken_invariant(world_);
    ASSERT_FALSE(broken.has_value()) << told(caller, operation, outcome, plan) << "\n  " << *broken;
  }

  // A time that was free is from now on what was seen.
  void bind_times(ObjectId object, const Outcome& outcome) {
    const auto* seen = std::get_if<Attributes>(&outcome.payload);
    if (seen != nullptr && !world_[object].modify_time.known)
      world_[object].modify_time = FreeTime::at(seen->modify_time);
  }

  void compare_trees(const PlainMount& mount) {
    auto access = oracle::PosixAccess::open(mount.path());
    ASSERT_TRUE(access.ok());
    const auto seen = oracle::read_tree(**access);
    ASSERT_TRUE(seen.ok()) << seen.failure.what;
    const auto difference = first_difference(*seen.value, world_.tree);
    EXPECT_FALSE(difference.has_value()) << difference->path << ": " << difference->what;
  }

  SeededChoices choices_;
  std::vector<Caller> callers_;
  World world_;
  oracle::SyscallExecutor executor_;
  int judged_ = 0;
  Counts successes_{};
};

std::uint64_t number_from_environment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

TEST(PlainFileSystem, AnswersAsTheModelPermitsAndLeadsToTheSameTree) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root: it mounts a tmpfs and acts for several users";
  const auto entered = oracle::enter_private_namespace();
  if (!entered.ok()) GTEST_SKIP() << entered.failure.what;
  const std::uint64_t first = number_from_environment("OVLSPEC_SEED", 1);
  const std::uint64_t count = number_from_environment("OVLSPEC_CASES", kSequences);
  std::uint64_t judged = 0;
  Counts successes{};
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    const PlainMount mount;
    if (!mount.mounted()) GTEST_SKIP() << "cannot mount a tmpfs: " << std::strerror(errno);
    Comparison comparison(seed);
    comparison.run(mount);
    judged += static_cast<std::uint64_t>(comparison.judged());
    for (std::size_t i = 0; i < successes.size(); ++i) successes[i] += comparison.successes()[i];
    ASSERT_FALSE(HasFailure()) << "repeat with OVLSPEC_SEED=" << seed << " OVLSPEC_CASES=1";
  }
  std::printf("%llu operations judged\n", static_cast<unsigned long long>(judged));
  if (count < kSequences) return;
  for (std::size_t i = 0; i < successes.size(); ++i) EXPECT_GT(successes[i], 10U) << "of operation " << i;
}

}  // namespace
}  // namespace ovlspec::model
