#include "oracle/vfs/vfs_fixture.h"

namespace ovlspec::oracle {
namespace {

class Xattrs : public VfsFixture {
 protected:
  Errno set_as(const Caller& caller, std::string path, std::string name, std::string value = "v") {
    return error_as(caller, SetXattr{Target::at(std::move(path), Follow::kNoFollow), std::move(name), std::move(value),
                                     XattrMode::kAny});
  }
  Errno set(std::string path, std::string name, std::string value = "v") {
    return set_as(superuser(), std::move(path), std::move(name), std::move(value));
  }
  Errno get_as(const Caller& caller, std::string path, std::string name) {
    return error_as(caller, GetXattr{Target::at(std::move(path), Follow::kNoFollow), std::move(name)});
  }
};

TEST_F(Xattrs, EmptyAndLongNamesAreErangeBeforeThePathIsSeen) {
  EXPECT_EQ(set("absent", ""), Errno::kERANGE);
  EXPECT_EQ(set("absent", "user." + std::string(251, 'a')), Errno::kERANGE);
  EXPECT_EQ(get_as(superuser(), "absent", ""), Errno::kERANGE);
  EXPECT_EQ(set("absent", "user." + std::string(250, 'a')), Errno::kENOENT);
}

TEST_F(Xattrs, ValueOver64KiBIsE2big) {
  lower("f", file());
  EXPECT_EQ(set("f", "user.a", std::string(65537, 'x')), Errno::kE2BIG);
  EXPECT_EQ(set("f", "user.a", std::string(65536, 'x')), Errno::kOk);
}

TEST_F(Xattrs, PrefixAloneIsEinvalAndUnknownOnesAreEopnotsupp) {
  lower("f", file());
  for (const char* name : {"user.", "trusted.", "security."}) EXPECT_EQ(set("f", name), Errno::kEINVAL) << name;
  for (const char* name : {"user", "other.a", "system.posix_acl_access", "system."})
    EXPECT_EQ(set("f", name), Errno::kEOPNOTSUPP) << name;
}

TEST_F(Xattrs, UserAttributesFollowTheMode) {
  lower("f", file("x", 0600, kAlice));
  EXPECT_EQ(set_as(user(kBob), "f", "user.a"), Errno::kEACCES);
  EXPECT_EQ(set_as(user(kAlice), "f", "user.a"), Errno::kOk);
  EXPECT_EQ(get_as(user(kBob), "f", "user.a"), Errno::kEACCES);
  EXPECT_EQ(get_as(user(kAlice), "f", "user.a"), Errno::kOk);
}

TEST_F(Xattrs, UserAttributesAreForFilesAndDirectoriesOnly) {
  lower("l", symlink("x"));
  lower("p", an_inode(FileType::kFifo, 0666, 0));
  lower("d", directory());
  EXPECT_EQ(set("l", "user.a"), Errno::kEPERM);
  EXPECT_EQ(get_as(superuser(), "l", "user.a"), Errno::kENODATA);
  EXPECT_EQ(set("p", "user.a"), Errno::kEPERM);
  EXPECT_EQ(set("d", "user.a"), Errno::kOk);
  EXPECT_EQ(set("l", "trusted.a"), Errno::kOk);
}

TEST_F(Xattrs, UserAttributesOfStickyDirectoriesAreTheOwners) {
  lower("d", directory(01777, kAlice));
  EXPECT_EQ(set_as(user(kBob), "d", "user.a"), Errno::kEPERM);
  EXPECT_EQ(set_as(user(kAlice), "d", "user.a"), Errno::kOk);
  EXPECT_EQ(get_as(user(kBob), "d", "user.a"), Errno::kOk);
}

TEST_F(Xattrs, TrustedAttributesAreInvisibleWithoutCapSysAdmin) {
  lower("f", file("x", 0666, kAlice));
  EXPECT_EQ(set("f", "trusted.a"), Errno::kOk);
  EXPECT_EQ(set("f", "user.a"), Errno::kOk);
  EXPECT_EQ(set_as(user(kAlice), "f", "trusted.a"), Errno::kEPERM);
  EXPECT_EQ(get_as(user(kAlice), "f", "trusted.a"), Errno::kENODATA);
  EXPECT_EQ(error_as(user(kAlice), RemoveXattr{Target::at("f"), "trusted.a"}), Errno::kEPERM);
  const auto names = [](const Outcome& outcome) { return std::get<std::vector<std::string>>(outcome.payload); };
  EXPECT_EQ(names(as(user(kAlice), ListXattr{Target::at("f")})), std::vector<std::string>{"user.a"});
  EXPECT_EQ(names(root(ListXattr{Target::at("f")})).size(), 2U);
}

TEST_F(Xattrs, SecurityAttributesNeedCapSysAdminToSetAndNothingToRead) {
  lower("f", file("x", 0600, kAlice));
  EXPECT_EQ(set_as(user(kAlice), "f", "security.a"), Errno::kEPERM);
  EXPECT_EQ(set("f", "security.a"), Errno::kOk);
  EXPECT_EQ(get_as(user(kBob), "f", "security.a"), Errno::kOk);
  EXPECT_EQ(error_as(user(kAlice), RemoveXattr{Target::at("f"), "security.a"}), Errno::kEPERM);
}

TEST_F(Xattrs, FileCapabilitiesMustBeWellFormedAndNeedCapSetfcap) {
  lower("f", file("x", 0644, kAlice));
  const std::string capability = std::string("\x01\x00\x00\x02", 4) + std::string(16, '\1');
  EXPECT_EQ(set("f", "security.capability", "nonsense"), Errno::kEINVAL);
  EXPECT_EQ(set_as(user(kAlice), "f", "security.capability", capability), Errno::kEPERM);
  EXPECT_EQ(set_as(user_with(kBob, Capability::kSetfcap), "f", "security.capability", capability), Errno::kOk);
}

TEST_F(Xattrs, CreateAndReplaceAskForAbsenceAndPresence) {
  lower("f", file());
  const Target target = Target::at("f");
  EXPECT_EQ(error(SetXattr{target, "user.a", "1", XattrMode::kReplace}), Errno::kENODATA);
  EXPECT_EQ(error(SetXattr{target, "user.a", "1", XattrMode::kCreate}), Errno::kOk);
  EXPECT_EQ(error(SetXattr{target, "user.a", "2", XattrMode::kCreate}), Errno::kEEXIST);
  EXPECT_EQ(error(SetXattr{target, "user.a", "2", XattrMode::kReplace}), Errno::kOk);
  EXPECT_EQ(root(GetXattr{target, "user.a"}).payload, Outcome::Payload(std::string("2")));
  EXPECT_EQ(error(RemoveXattr{target, "user.a"}), Errno::kOk);
  EXPECT_EQ(error(RemoveXattr{target, "user.a"}), Errno::kENODATA);
}

}  // namespace
}  // namespace ovlspec::oracle
