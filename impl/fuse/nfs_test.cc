// File handles that an NFS client holds, over restarts of the server and of the mount, with the layers changed between.
#include <nfsc/libnfs-raw-nfs4.h>
#include <unistd.h>

#include <filesystem>
#include <map>

#include "impl/fuse/mount_fixture.h"
#include "impl/fuse/nfs_fixture.h"

namespace ovlspec::fuse {
namespace {

namespace fs = std::filesystem;

class Nfs : public MountTest {
 protected:
  void SetUp() override {
    if (const auto why = NfsServer::unavailable()) GTEST_SKIP() << *why;
    MountTest::SetUp();
    if (IsSkipped()) return;
    fs::create_directories(lower("d"));
    for (const std::string name : {"renamed", "changed", "gone", "replaced", "d/x"})
      write_file(lower(name), "lower " + name);
    write_file(deeper("below"), "deeper below");
  }

  // What is there, before the layers change.
  void take_handles() {
    NfsServer server(at(""), state());
    NfsClient client(server);
    for (const std::string name : {"renamed", "changed", "gone", "replaced", "below"})
      handles_[name] = client.handle({name});
    handles_["x"] = client.handle({"d", "x"});
    handles_["d"] = client.handle({"d"});
    EXPECT_EQ(client.read(handles_["renamed"]).content, "lower renamed");
  }

  void change_lower() {
    fs::rename(lower("renamed"), lower("d/elsewhere"));
    fs::remove(lower("gone"));
    write_file(lower("fresh"), "another file");
    fs::remove(lower("replaced"));
    write_file(lower("replaced"), "another file");
    write_file(lower("below"), "above it now");
  }

  void expect_handles_after_the_change(const std::string& changed) {
    NfsServer server(at(""), state());
    NfsClient client(server);
    for (auto& [name, handle] : handles_) handle = client.of_this_mount(handle);
    EXPECT_EQ(client.read(handles_["renamed"]).content, "lower renamed");
    EXPECT_EQ(client.read(handles_["changed"]).content, changed);
    EXPECT_EQ(client.read(handles_["x"]).content, "lower d/x");
    EXPECT_EQ(client.status(handles_["d"]), NFS4_OK);
    for (const char* name : {"gone", "replaced", "below"})
      EXPECT_EQ(client.read(handles_[name]).status, NFS4ERR_STALE) << name;
  }

  std::string state() const { return root() + "/nfs"; }

  std::map<std::string, std::string> handles_;
};

TEST_F(Nfs, HandlesOpenTheSameObjectAfterALayerChanged) {
  mount_writable();
  take_handles();
  write_file(at("changed"), "in the upper layer");
  unmount();
  change_lower();
  mount_writable();
  expect_handles_after_the_change("in the upper layer");
}

TEST_F(Nfs, HandlesOpenTheSameObjectOnAReadOnlyStack) {
  mount_read_only();
  take_handles();
  unmount();
  change_lower();
  mount_read_only();
  expect_handles_after_the_change("lower changed");
}

TEST_F(Nfs, HandlesHoldOverARestartOfTheServerAlone) {
  mount_writable();
  take_handles();
  NfsServer server(at(""), state());
  NfsClient client(server);
  for (const auto& [name, handle] : handles_) EXPECT_EQ(client.status(handle), NFS4_OK) << name;
  ASSERT_EQ(unlink(at("gone").c_str()), 0);
  write_file(at("fresh"), "another file");
  EXPECT_EQ(client.read(handles_["gone"]).status, NFS4ERR_STALE);
}

// The counterexample to keeping the map in memory: a client that goes on has lost its files.
TEST_F(Nfs, HandlesAreStaleWhereTheMapIsForgotten) {
  mount_writable(",identity=volatile");
  take_handles();
  unmount();
  mount_writable(",identity=volatile");
  NfsServer server(at(""), state());
  NfsClient client(server);
  int stale = 0;
  for (const auto& [name, handle] : handles_) {
    if (name == "d") continue;
    const NfsClient::Answer answer = client.read(client.of_this_mount(handle));
    if (answer.status == NFS4_OK) {
      EXPECT_NE(answer.content.find(name), std::string::npos) << "another file's bytes";
    }
    stale += answer.status == NFS4ERR_STALE ? 1 : 0;
  }
  EXPECT_GT(stale, 0);
}

TEST_F(Nfs, AHandleOfRandomBytesOpensNothing) {
  mount_writable();
  take_handles();
  NfsServer server(at(""), state());
  NfsClient client(server);
  // The server's own header stays, what it holds of ours changes.
  for (std::size_t at_byte = 1; at_byte <= 12; ++at_byte) {
    std::string handle = handles_["renamed"];
    handle[handle.size() - at_byte] = static_cast<char>(handle[handle.size() - at_byte] ^ 0x5a);
    EXPECT_NE(client.read(handle).status, NFS4_OK) << at_byte;
  }
}

}  // namespace
}  // namespace ovlspec::fuse
