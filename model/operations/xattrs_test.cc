#include "model/testing/bench.h"

namespace ovlspec::model {
namespace {

using testing::Answers;
using testing::fails;
using testing::ok;

class XattrsOperation : public testing::Bench {
 protected:
  XattrsOperation() {
    put_owned("mine", testing::file_inode("", 0644), 1000, 1000);
    file("roots", 0644);
    directory("d");
    symlink("s", "mine");
    set_xattr(at("mine"), "user.a", "1");
    set_xattr(at("mine"), "trusted.t", "2");
  }
  static SetXattr set(std::string path, std::string name, XattrMode mode = XattrMode::kAny, std::string value = "v") {
    return SetXattr{Target::at(std::move(path), Follow::kNoFollow), std::move(name), std::move(value), mode};
  }
  static GetXattr get(std::string path, std::string name) {
    return GetXattr{Target::at(std::move(path), Follow::kNoFollow), std::move(name)};
  }
  static RemoveXattr remove(std::string path, std::string name) {
    return RemoveXattr{Target::at(std::move(path), Follow::kNoFollow), std::move(name)};
  }
};

TEST_F(XattrsOperation, ReadAsTheyWereSet) {
  EXPECT_EQ(permitted(alice(), set("mine", "user.b")), ok(Rule::kXattr));
  run(alice(), set("mine", "user.b", XattrMode::kAny, std::string("\0x", 2)));
  EXPECT_EQ(permitted(alice(), get("mine", "user.b")), ok(Rule::kXattr));
  EXPECT_EQ(mismatch(get("mine", "user.b"), std::string("\0x", 2)), "");
  EXPECT_EQ(mismatch(get("mine", "user.b"), std::string("x")),
            "OVL-XATTR-1: 1 bytes (expected 2) \"x\", expected \"\\x00x\"");
  run(alice(), remove("mine", "user.b"));
  EXPECT_EQ(at("mine").xattr("user.b"), nullptr);
}

TEST_F(XattrsOperation, ThatAreNotThereAreMissing) {
  EXPECT_EQ(permitted(alice(), get("mine", "user.x")),
            (Answers{{Errno::kENODATA, Rule::kXattrMissing}, {Errno::kEOPNOTSUPP, Rule::kXattrMissing}}));
  EXPECT_EQ(permitted(alice(), remove("mine", "user.x")), fails(Errno::kENODATA, Rule::kXattrMissing));
}

TEST_F(XattrsOperation, AreCreatedOrReplacedAsWished) {
  EXPECT_EQ(permitted(set("mine", "user.a", XattrMode::kCreate)), fails(Errno::kEEXIST, Rule::kXattrExists));
  EXPECT_EQ(permitted(set("mine", "user.x", XattrMode::kReplace)), fails(Errno::kENODATA, Rule::kXattrExists));
  EXPECT_EQ(permitted(set("mine", "user.a", XattrMode::kReplace)), ok(Rule::kXattr));
}

TEST_F(XattrsOperation, OfUsersAreForFilesAndDirectories) {
  EXPECT_EQ(permitted(set("s", "user.x")), fails(Errno::kEPERM, Rule::kXattrUser));
  EXPECT_EQ(permitted(get("s", "user.x")), (Answers{{Errno::kENODATA, Rule::kXattrUser},
                                                    {Errno::kENODATA, Rule::kXattrMissing},
                                                    {Errno::kEOPNOTSUPP, Rule::kXattrMissing}}));
  EXPECT_EQ(permitted(set("s", "trusted.x")), ok(Rule::kXattr));
  EXPECT_EQ(permitted(set("d", "user.x")), ok(Rule::kXattr));
}

TEST_F(XattrsOperation, OfAStickyDirectoryAreItsOwners) {
  at("d").mode = 01777;
  EXPECT_EQ(permitted(alice(), set("d", "user.x")), fails(Errno::kEPERM, Rule::kXattrUser));
  at("d").uid = 1000;
  EXPECT_EQ(permitted(alice(), set("d", "user.x")), ok(Rule::kXattr));
}

TEST_F(XattrsOperation, OfUsersNeedPermissions) {
  EXPECT_EQ(permitted(alice(), set("roots", "user.x")), fails(Errno::kEACCES, Rule::kXattrPermission));
  EXPECT_EQ(permitted(alice(), remove("roots", "user.x")),
            (Answers{{Errno::kEACCES, Rule::kXattrPermission}, {Errno::kENODATA, Rule::kXattrMissing}}));
  at("mine").mode = 0200;
  EXPECT_EQ(permitted(alice(), get("mine", "user.a")),
            (Answers{{Errno::kEACCES, Rule::kXattrPermission}, {Errno::kEOPNOTSUPP, Rule::kXattrMissing}}));
}

TEST_F(XattrsOperation, OfTheTrustedAreNotForOthers) {
  EXPECT_EQ(permitted(alice(), set("mine", "trusted.t")), fails(Errno::kEPERM, Rule::kXattrTrusted));
  EXPECT_EQ(permitted(alice(), get("mine", "trusted.t")),
            (Answers{{Errno::kENODATA, Rule::kXattrTrusted}, {Errno::kEOPNOTSUPP, Rule::kXattrMissing}}));
  EXPECT_EQ(permitted(get("mine", "trusted.t")), ok(Rule::kXattr));
}

TEST_F(XattrsOperation, OfSecurityAreSetByTheSystem) {
  EXPECT_EQ(permitted(alice(), set("mine", "security.x")), fails(Errno::kEPERM, Rule::kXattrSecurity));
  EXPECT_EQ(permitted(with(alice(), Capability::kSysAdmin), set("mine", "security.x")), ok(Rule::kXattr));
}

TEST_F(XattrsOperation, NeedANameThatCanBe) {
  EXPECT_EQ(permitted(set("mine", "none.x")),
            (Answers{{Errno::kEOPNOTSUPP, Rule::kXattrName}, {Errno::kEINVAL, Rule::kXattrName}}));
  EXPECT_EQ(permitted(set("mine", "user.")),
            (Answers{{Errno::kEINVAL, Rule::kXattrName}, {Errno::kEOPNOTSUPP, Rule::kXattrName}}));
  EXPECT_EQ(permitted(set("mine", "")), fails(Errno::kERANGE, Rule::kXattrName));
  EXPECT_EQ(permitted(set("mine", "user." + std::string(251, 'n'))), fails(Errno::kERANGE, Rule::kXattrName));
  EXPECT_EQ(permitted(set("mine", "user." + std::string(250, 'n'))), ok(Rule::kXattr));
  EXPECT_EQ(permitted(alice(), set("roots", "none.x")), (Answers{{Errno::kEOPNOTSUPP, Rule::kXattrName},
                                                                 {Errno::kEINVAL, Rule::kXattrName},
                                                                 {Errno::kEACCES, Rule::kXattrPermission}}));
}

TEST_F(XattrsOperation, HaveALimitedSize) {
  const auto sized = [](std::size_t size) { return set("mine", "user.x", XattrMode::kAny, std::string(size, 'v')); };
  EXPECT_EQ(permitted(sized(1024)), ok(Rule::kXattr));
  EXPECT_EQ(
      permitted(sized(65536)),
      (Answers{{Errno::kOk, Rule::kXattr}, {Errno::kENOSPC, Rule::kXattrSize}, {Errno::kERANGE, Rule::kXattrSize}}));
  EXPECT_EQ(permitted(sized(65537))[0], (testing::Answer{Errno::kE2BIG, Rule::kXattrSize}));
}

TEST_F(XattrsOperation, InTheOverlaysOwnNamespaceMayBeRefused) {
  EXPECT_EQ(permitted(set("mine", "trusted.overlay.x")), (Answers{{Errno::kOk, Rule::kXattr},
                                                                  {Errno::kEPERM, Rule::kXattrPrivate},
                                                                  {Errno::kEOPNOTSUPP, Rule::kXattrPrivate}}));
  EXPECT_EQ(permitted(get("mine", "trusted.overlay.x")), (Answers{{Errno::kEOPNOTSUPP, Rule::kXattrPrivate},
                                                                  {Errno::kENODATA, Rule::kXattrMissing},
                                                                  {Errno::kEOPNOTSUPP, Rule::kXattrMissing}}));
  EXPECT_EQ(permitted(set("mine", "trusted.overlayx")), ok(Rule::kXattr));
}

TEST_F(XattrsOperation, AreListedOnceEach) {
  using Names = std::vector<std::string>;
  const ListXattr list{Target::at("mine")};
  EXPECT_EQ(permitted(alice(), list), ok(Rule::kXattrList));
  EXPECT_EQ(mismatch(list, Names{"trusted.t", "user.a"}), "");
  EXPECT_EQ(mismatch(list, Names{"user.a"}), "OVL-XATTR-10: the attribute \"trusted.t\" is missing");
  EXPECT_EQ(mismatch(list, Names{"user.a", "user.a", "trusted.t"}),
            "OVL-XATTR-10: the attribute \"user.a\" appears twice");
  EXPECT_EQ(mismatch(list, Names{"user.a", "user.z", "trusted.t"}),
            "OVL-XATTR-10: the attribute \"user.z\" should not be there");
  EXPECT_EQ(mismatch(list, Names{"user.a", "trusted.t", "trusted.overlay.origin"}),
            "NP-3: the attribute \"trusted.overlay.origin\" should not be there");
  EXPECT_EQ(mismatch(list, Names{"user.a", "trusted.t", "security.selinux"}), "");
}

TEST_F(XattrsOperation, OfTheTrustedAreNotListedForOthers) {
  using Names = std::vector<std::string>;
  const ListXattr list{Target::at("mine")};
  EXPECT_EQ(mismatch(alice(), list, Names{"user.a"}), "");
  EXPECT_EQ(mismatch(alice(), list, Names{"user.a", "trusted.t"}), "OVL-XATTR-6: the attribute \"trusted.t\" is shown");
}

TEST_F(XattrsOperation, OnAReadOnlyStackDoNotChange) {
  world.writable = Writable::kNo;
  EXPECT_EQ(permitted(set("mine", "user.a")), fails(Errno::kEROFS, Rule::kReadOnly));
  EXPECT_EQ(permitted(remove("mine", "user.a")), fails(Errno::kEROFS, Rule::kReadOnly));
  EXPECT_EQ(permitted(get("mine", "user.a")), ok(Rule::kXattr));
}

TEST_F(XattrsOperation, GoByOpenSlotsToo) {
  run(Open{"roots", {}, 0, 0});
  run(SetXattr{Target::of(0), "user.slot", "v", XattrMode::kAny});
  EXPECT_EQ(at("roots").xattr("user.slot")->value, "v");
  EXPECT_EQ(permitted(SetXattr{Target::of(7), "user.slot", "v", XattrMode::kAny}),
            fails(Errno::kEBADF, Rule::kSlotClosed));
}

}  // namespace
}  // namespace ovlspec::model
