// Operations by system calls: on the kernel's overlay, whose layers are on tmpfs.
#include "oracle/syscall_executor.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <set>

#include "oracle/disk_test_support.h"
#include "oracle/thread_session.h"

namespace ovlspec::oracle {
namespace {

class Executor : public MountTest {
 protected:
  void SetUp() override {
    MountTest::SetUp();
    if (IsSkipped()) return;
    model::Inode mine{.type = FileType::kRegular, .mode = 0600, .uid = 1000, .gid = 1000};
    auto lower = WorldLayer()
                     .file("f", "content")
                     .directory("d")
                     .file("d/g")
                     .symlink("absolute", "/f")
                     .symlink("outside", "../../../../f")
                     .put("mine", mine)
                     .directory("private", 0700)
                     .put("fifo", {.type = FileType::kFifo, .mode = 0666})
                     .put("null", {.type = FileType::kCharDevice, .mode = 0666, .device = {1, 3}})
                     .done();
    OVLSPEC_ASSERT_DONE(subject_.prepare(stack_of({std::move(lower)})));
    OVLSPEC_ASSERT_DONE(subject_.mount());
  }

  Outcome as(const Caller& caller, const Operation& operation) { return subject_.apply(caller, operation); }
  Outcome root(const Operation& operation) { return as(superuser(), operation); }
  Errno error(const Operation& operation) { return root(operation).error; }
  template <typename T>
  T got(const Operation& operation) {
    const Outcome outcome = root(operation);
    EXPECT_TRUE(outcome.ok()) << operation.index() << ": " << errno_name(outcome.error);
    const T* payload = std::get_if<T>(&outcome.payload);
    EXPECT_NE(payload, nullptr);
    return payload != nullptr ? *payload : T{};
  }

  KernelSubject subject_{"kernel", {}};
  const Caller user_{.uid = 1000, .gid = 1000, .groups = {50}, .umask = 027, .capabilities = Capabilities::none()};
};

TEST_F(Executor, OpenReadWriteAndCloseGoThroughASlot) {
  EXPECT_TRUE(root(Open{.path = "f", .flags = {.access = Access::kReadWrite}, .slot = 3}).ok());
  EXPECT_EQ(got<std::string>(Read{3, 1, 3}), "ont");
  EXPECT_EQ(got<std::uint64_t>(Write{3, 7, "more"}), 4U);
  EXPECT_EQ(got<Attributes>(Stat{Target::of(3)}).size, 11U);
  EXPECT_TRUE(root(Sync{3, true}).ok());
  EXPECT_TRUE(root(Truncate{Target::of(3), 2}).ok());
  EXPECT_EQ(got<std::string>(Read{3, 0, 100}), "co");
  EXPECT_TRUE(root(Close{3}).ok());
  for (const Operation& operation :
       std::vector<Operation>{Close{3}, Read{3, 0, 1}, Write{3, 0, "x"}, Stat{Target::of(3)}, Sync{3, false},
                              ReadDirectory{3, 0}, RewindDirectory{3}, Chmod{Target::of(3), 0},
                              Utimens{Target::of(3), {}, {}}, GetXattr{Target::of(3), "user.x"}, Read{200, 0, 1}})
    EXPECT_EQ(error(operation), Errno::kEBADF) << operation.index();
}

TEST_F(Executor, SymlinksAndDotsDoNotLeaveTheMount) {
  const auto file = got<Attributes>(Stat{Target::at("f")});
  for (const char* path : {"absolute", "outside", "/f", "../../f", "d/../../f", "/../f"})
    EXPECT_EQ(got<Attributes>(Stat{Target::at(path)}).number, file.number) << path;
  EXPECT_EQ(got<Attributes>(Stat{Target::at("/..")}).number, got<Attributes>(Stat{Target::at("/")}).number);
  EXPECT_EQ(error(Stat{Target::at("/proc/self")}), Errno::kENOENT);
}

TEST_F(Executor, OpeningAFifoNeverWaits) {
  EXPECT_EQ(error(Open{.path = "fifo", .flags = {.access = Access::kWrite}, .slot = 0}), Errno::kENXIO);
  EXPECT_TRUE(root(Open{.path = "fifo", .slot = 0}).ok());
  EXPECT_TRUE(root(Open{.path = "fifo", .flags = {.access = Access::kWrite}, .slot = 1}).ok());
  EXPECT_EQ(error(Read{0, 0, 1}), Errno::kESPIPE);
}

TEST_F(Executor, DeviceNodesCannotBeOpenedByAnybody) {
  EXPECT_EQ(error(Open{.path = "null", .slot = 0}), Errno::kEACCES);
  EXPECT_EQ(as(user_, Open{.path = "null", .slot = 0}).error, Errno::kEACCES);
}

TEST_F(Executor, ActsInTheCallersName) {
  EXPECT_EQ(as(user_, Open{.path = "private/x", .slot = 0}).error, Errno::kEACCES);
  EXPECT_EQ(as(user_, Mkdir{"new", 0777}).error, Errno::kEACCES);
  EXPECT_TRUE(root(Chmod{Target::at("d"), 01777}).ok());
  EXPECT_TRUE(as(user_, Mkdir{"d/new", 0777}).ok());
  const auto made = got<Attributes>(Stat{Target::at("d/new")});
  EXPECT_EQ(made.uid, 1000U);
  EXPECT_EQ(made.gid, 1000U);
  EXPECT_EQ(made.mode, 0750U);
  EXPECT_TRUE(as(user_, Chown{Target::at("mine"), std::nullopt, 50}).ok());
  EXPECT_EQ(as(user_, Chown{Target::at("mine"), std::nullopt, 51}).error, Errno::kEPERM);
  EXPECT_EQ(as(user_, Unlink{"d/g"}).error, Errno::kEPERM);
  Caller owner = user_;
  owner.capabilities = Capabilities::none().with(Capability::kFowner);
  EXPECT_TRUE(as(owner, Unlink{"d/g"}).ok());
  EXPECT_EQ(as(user_, SetXattr{Target::at("mine"), "trusted.x", "v", XattrMode::kAny}).error, Errno::kEPERM);
  EXPECT_TRUE(root(SetXattr{Target::at("mine"), "trusted.x", "v", XattrMode::kAny}).ok());
  Caller powerless = superuser();
  powerless.capabilities = Capabilities::none();
  EXPECT_EQ(as(powerless, Open{.path = "mine", .slot = 0}).error, Errno::kEACCES);
}

TEST_F(Executor, TheThreadIsItselfAgainOutside) {
  const mode_t mask = ::umask(0);
  ::umask(mask);
  char before[4096];
  ASSERT_NE(::getcwd(before, sizeof before), nullptr);
  EXPECT_EQ(as(user_, Mkdir{"x", 0}).error, Errno::kEACCES);
  ThreadSession::current().leave();
  char after[4096];
  ASSERT_NE(::getcwd(after, sizeof after), nullptr);
  EXPECT_STREQ(before, after);
  EXPECT_EQ(::access("/proc/self", F_OK), 0);
  EXPECT_EQ(::umask(mask), mask);
  const std::string made = subject_.name() + "-made-by-root";
  EXPECT_TRUE(root(Mkdir{made, 0700}).ok());
  EXPECT_EQ(got<Attributes>(Stat{Target::at(made)}).uid, 0U);
}

TEST_F(Executor, TwoMountsTakeTurnsOnOneThread) {
  KernelSubject other("kernel", {});
  OVLSPEC_ASSERT_DONE(other.prepare(stack_of({WorldLayer().file("only-here").done()})));
  OVLSPEC_ASSERT_DONE(other.mount());
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(other.apply(user_, Stat{Target::at("only-here")}).ok());
    EXPECT_EQ(error(Stat{Target::at("only-here")}), Errno::kENOENT);
  }
  OVLSPEC_ASSERT_DONE(other.unmount());
  EXPECT_TRUE(root(Stat{Target::at("f")}).ok());
}

TEST_F(Executor, DirectoryIsReadInPiecesOfTheSizeAskedFor) {
  for (int i = 0; i < 40; ++i)
    EXPECT_TRUE(root(Mknod{.path = "d/" + std::string(60, 'n') + std::to_string(i), .mode = 0644}).ok());
  EXPECT_TRUE(root(Open{.path = "d", .flags = {.directory = true}, .slot = 1}).ok());
  std::multiset<std::string> names;
  for (;;) {
    const auto entries = got<std::vector<DirectoryEntry>>(ReadDirectory{1, 3});
    for (const DirectoryEntry& entry : entries) names.insert(entry.name);
    if (entries.size() < 3) break;
  }
  EXPECT_EQ(names.size(), 43U);
  EXPECT_EQ(names.count("."), 1U);
  EXPECT_EQ(names.count("g"), 1U);
  EXPECT_TRUE(got<std::vector<DirectoryEntry>>(ReadDirectory{1, 0}).empty());
  EXPECT_TRUE(root(RewindDirectory{1}).ok());
  EXPECT_EQ(got<std::vector<DirectoryEntry>>(ReadDirectory{1, 0}).size(), 43U);
  EXPECT_EQ(got<std::vector<DirectoryEntry>>(ListDirectory{"d"}).size(), 43U);
}

TEST_F(Executor, AttributesShowTheMountsDeviceAndWhatWasSet) {
  const TimeChange at{.kind = TimeChange::Kind::kSet, .value = {-1, 5}};
  EXPECT_TRUE(root(Utimens{Target::at("f"), {}, at}).ok());
  EXPECT_TRUE(root(Chmod{Target::at("f"), 04711}).ok());
  const auto file = got<Attributes>(Stat{Target::at("f")});
  EXPECT_EQ(file.modify_time, (Time{-1, 5}));
  EXPECT_EQ(file.mode, 04711U);
  EXPECT_EQ(file.type, FileType::kRegular);
  EXPECT_EQ(file.file_system, got<Attributes>(Stat{Target::at("/")}).file_system);
  EXPECT_EQ(got<Attributes>(Stat{Target::at("absolute", Follow::kNoFollow)}).type, FileType::kSymlink);
  EXPECT_EQ(error(Chmod{Target::at("absolute", Follow::kNoFollow), 0600}), Errno::kEOPNOTSUPP);
  EXPECT_EQ(got<std::string>(Readlink{"outside"}), "../../../../f");
  EXPECT_EQ(got<FileSystemStatus>(StatFileSystem{"/"}).name_max, 255U);
}

TEST_F(Executor, ExtendedAttributesGoToTheTarget) {
  EXPECT_TRUE(root(SetXattr{Target::at("absolute"), "trusted.x", "file", XattrMode::kCreate}).ok());
  EXPECT_TRUE(root(SetXattr{Target::at("absolute", Follow::kNoFollow), "trusted.x", "link", XattrMode::kAny}).ok());
  EXPECT_EQ(got<std::string>(GetXattr{Target::at("f"), "trusted.x"}), "file");
  EXPECT_EQ(got<std::string>(GetXattr{Target::at("absolute", Follow::kNoFollow), "trusted.x"}), "link");
  EXPECT_EQ(got<std::vector<std::string>>(ListXattr{Target::at("f")}), std::vector<std::string>{"trusted.x"});
  EXPECT_EQ(error(SetXattr{Target::at("f"), "trusted.x", "", XattrMode::kCreate}), Errno::kEEXIST);
  EXPECT_TRUE(root(RemoveXattr{Target::at("f"), "trusted.x"}).ok());
  EXPECT_EQ(error(GetXattr{Target::at("f"), "trusted.x"}), Errno::kENODATA);
}

TEST_F(Executor, NamesChangeAsAsked) {
  EXPECT_EQ(error(Rename{"f", "mine", RenameMode::kNoReplace}), Errno::kEEXIST);
  EXPECT_TRUE(root(Rename{"f", "mine", RenameMode::kExchange}).ok());
  EXPECT_EQ(got<Attributes>(Stat{Target::at("mine")}).size, 7U);
  EXPECT_TRUE(root(Link{"mine", "second", Follow::kNoFollow}).ok());
  EXPECT_EQ(got<Attributes>(Stat{Target::at("second")}).links, 2U);
  EXPECT_TRUE(root(Link{"absolute", "followed", Follow::kFollow}).ok());
  EXPECT_EQ(got<Attributes>(Stat{Target::at("followed", Follow::kNoFollow)}).type, FileType::kRegular);
  EXPECT_TRUE(root(Symlink{"target", "link"}).ok());
  EXPECT_EQ(error(Mknod{"link", FileType::kFifo, 0644, {}}), Errno::kEEXIST);
  EXPECT_EQ(error(Rmdir{"d"}), Errno::kENOTEMPTY);
  EXPECT_EQ(error(Unlink{"d"}), Errno::kEISDIR);
}

TEST_F(Executor, AnOpenSlotIsClosedByTheNextOpenThatSucceedsOnIt) {
  EXPECT_TRUE(root(Open{.path = "f", .slot = 5}).ok());
  EXPECT_EQ(error(Open{.path = "missing", .slot = 5}), Errno::kENOENT);
  EXPECT_EQ(got<std::string>(Read{5, 0, 3}), "con");
  EXPECT_TRUE(root(Open{.path = "d/g", .slot = 5}).ok());
  EXPECT_EQ(got<std::string>(Read{5, 0, 3}), "");
}

}  // namespace
}  // namespace ovlspec::oracle
