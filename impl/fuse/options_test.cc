#include "impl/fuse/options.h"

#include <gtest/gtest.h>

#include "model/vocabulary/names.h"

namespace ovlspec::fuse {
namespace {

using Strings = std::vector<std::string>;

MountOptions parsed(const std::string& text) {
  Attempt<MountOptions> options = parse_options({text});
  EXPECT_TRUE(options.ok()) << text << ": " << options.failure().message;
  return options ? *options : MountOptions{};
}

std::string refusal(const std::string& text) {
  const Attempt<MountOptions> options = parse_options({text});
  if (options) return "accepted";
  EXPECT_EQ(options.failure().exit_status, kExitUsage);
  EXPECT_EQ(options.failure().message.find('\n'), std::string::npos);
  return options.failure().message;
}

TEST(Options, LowersAreListedTopmostFirst) { EXPECT_EQ(parsed("lowerdir=/a:/b:c").lowers, (Strings{"/a", "/b", "c"})); }

TEST(Options, AnUpperComesWithItsWorkDirectory) {
  const MountOptions options = parsed("lowerdir=/a,upperdir=/u,workdir=/w");
  EXPECT_EQ(options.upper, "/u");
  EXPECT_EQ(options.work, "/w");
}

TEST(Options, EscapedColonsCommasAndBackslashesBelongToTheName) {
  EXPECT_EQ(parsed(R"(lowerdir=/a\:b:/c\,d:/e\\f)").lowers, (Strings{"/a:b", "/c,d", R"(/e\f)"}));
  EXPECT_EQ(parsed(R"(lowerdir=/l,upperdir=/u\,1,workdir=/w:2)").upper, "/u,1");
  EXPECT_EQ(parsed(R"(lowerdir=/l,upperdir=/u\,1,workdir=/w:2)").work, "/w:2");
}

TEST(Options, AnEscapedBackslashBeforeASeparatorDoesNotEscapeIt) {
  EXPECT_EQ(parsed(R"(lowerdir=/a\\:/b)").lowers, (Strings{R"(/a\)", "/b"}));
}

TEST(Options, AnEqualsSignBelongsToTheValue) { EXPECT_EQ(parsed("lowerdir=/a=b").lowers, Strings{"/a=b"}); }

TEST(Options, SeveralTextsAddUp) {
  const Attempt<MountOptions> options = parse_options({"lowerdir=/a", "ro", "userxattr,volatile,noacl"});
  ASSERT_TRUE(options.ok());
  EXPECT_EQ(options->access_lists, impl::AccessLists::kIgnored);
  EXPECT_TRUE(options->flags.has(MountFlag::kReadOnly));
  EXPECT_EQ(options->xattrs, impl::XattrNamespace::kUser);
  EXPECT_EQ(options->durability, impl::Durability::kVolatile);
}

TEST(Options, TheLastOfOppositeFlagsHolds) {
  EXPECT_FALSE(parsed("lowerdir=/a,ro,nosuid,rw,suid").flags.has(MountFlag::kReadOnly));
  EXPECT_TRUE(parsed("lowerdir=/a,dev,nodev,noexec,noatime").flags.has(MountFlag::kNoDevices));
}

TEST(Options, NoFsyncIsVolatile) {
  EXPECT_EQ(parsed("lowerdir=/a,fsync=0").durability, impl::Durability::kVolatile);
  EXPECT_EQ(parsed("lowerdir=/a,fsync=1").durability, impl::Durability::kSynced);
}

TEST(Options, ThreadsAreCounted) {
  EXPECT_EQ(parsed("lowerdir=/a").threads, 0U);
  EXPECT_EQ(parsed("lowerdir=/a,threads=3,max_idle_threads=2,timeout=1.5").threads, 3U);
  EXPECT_EQ(parsed("lowerdir=/a,descriptors=500").descriptors, 500U);
  EXPECT_EQ(parsed("lowerdir=/a,threaded=0").threads, 1U);
  EXPECT_EQ(parsed("lowerdir=/a,threaded").threads, 0U);
}

TEST(Options, WordsOfMountAndFstabHaveNoEffect) {
  EXPECT_EQ(parsed("lowerdir=/a,defaults,_netdev,nofail,x-systemd.automount,x-a=b,comment=c,default_permissions,auto"),
            parsed("lowerdir=/a"));
}

TEST(Options, LayersAreAppendedWithTheirColons) {
  EXPECT_EQ(parsed("lowerdir=/a:/b,lowerdir+=/c:d").lowers, (Strings{"/a", "/b", "/c:d"}));
  EXPECT_EQ(parsed("lowerdir+=/a,lowerdir+=/b").lowers, (Strings{"/a", "/b"}));
}

TEST(Options, OwnersAreMappedAndSquashed) {
  const Presentation shown = parsed("lowerdir=/a,uidmapping=0:1000:1:1:110000:65536,gidmapping=0:5:1").presentation;
  EXPECT_EQ(shown.users.shown(1), 110000U);
  EXPECT_EQ(shown.groups.shown(0), 5U);
  EXPECT_FALSE(shown.squashes());
  for (const std::string text : {"squash_to_root,squash_to_uid=7", "squash_to_uid=7,squash_to_root"}) {
    const Presentation squashed = parsed("lowerdir=/a," + text).presentation;
    EXPECT_EQ(squashed.squashed_user, Uid{7}) << text;
    EXPECT_EQ(squashed.squashed_group, Gid{0}) << text;
  }
}

TEST(Options, OfFuseOverlayfsAreKnown) {
  EXPECT_EQ(parsed("lowerdir=/a,static_nlink").presentation.directory_links, DirectoryLinks::kOne);
  EXPECT_EQ(parsed("lowerdir=/a,private").propagation, Propagation::kPrivate);
  EXPECT_EQ(parsed("lowerdir=/a,noacl").access_lists, impl::AccessLists::kIgnored);
  EXPECT_EQ(parsed("lowerdir=/a,writeback=0,fast_ino=1,noxattrs=0,xattr_permissions=0,kernel_cache,max_write=65536,"
                   "splice_read,splice_write,splice_move"),
            parsed("lowerdir=/a"));
}

TEST(Options, OfTheKernelThatHoldAnywayChangeNothing) {
  EXPECT_EQ(
      parsed("lowerdir=/a,index=on,index=off,nfs_export=on,nfs_export=off,xino=on,xino=auto,xino=off,metacopy=off,"
             "verity=off,uuid=null,uuid=auto,redirect_dir=on,override_creds,nooverride_creds,default_permissions"),
      parsed("lowerdir=/a"));
}

TEST(Options, RedirectsMayOnlyBeFollowed) {
  EXPECT_EQ(parsed("lowerdir=/a,redirect_dir=off").redirects, impl::Redirects::kFollowed);
  EXPECT_EQ(parsed("lowerdir=/a,redirect_dir=follow").redirects, impl::Redirects::kFollowed);
  EXPECT_EQ(parsed("lowerdir=/a,redirect_dir=off,redirect_dir=on").redirects, impl::Redirects::kMade);
}

TEST(Options, ASecurityContextKeepsItsQuotesAndCommas) {
  EXPECT_EQ(parsed(R"(lowerdir=/a,context="u:r:t:s0:c1,c2,c3",ro)").security, R"(context="u:r:t:s0:c1,c2,c3")");
  EXPECT_TRUE(parsed(R"(lowerdir=/a,context="u:r:t:s0:c1,c2",ro)").flags.has(MountFlag::kReadOnly));
  EXPECT_EQ(parsed("lowerdir=/a,context=u:r:t,rootcontext=x").security, "context=u:r:t,rootcontext=x");
}

TEST(Options, WhatCannotBeKeptIsRefusedWithTheReason) {
  for (const std::string text :
       {"verity=on", "verity=require", "uuid=on", "uuid=off", "noxattrs=1", "xattr_permissions=1",
        "xattr_permissions=2", "plugins=/p", "ino32_t", "allow_root", "auto_unmount"}) {
    const std::string name = text.substr(0, text.find("=/"));
    EXPECT_EQ(refusal("lowerdir=/a," + text).find("option " + name + " is refused: "), 0U) << text;
  }
}

TEST(Options, ValuesOfOtherOverlaysAreChecked) {
  EXPECT_EQ(refusal("lowerdir=/a,index=1"), R"(option index: expected one of on, off, not "1")");
  EXPECT_EQ(refusal("lowerdir=/a,xino"), "option xino needs a value");
  EXPECT_EQ(refusal("lowerdir=/a,xattr_permissions=3"),
            R"(option xattr_permissions: expected one of 0, 1, 2, not "3")");
  EXPECT_EQ(refusal("lowerdir=/a,kernel_cache=1"), "option kernel_cache takes no value");
}

TEST(Options, DataOnlyLayersFollowDoubleColons) {
  EXPECT_EQ(parsed("lowerdir=/a:/b::/c::/d").lowers, (Strings{"/a", "/b"}));
  EXPECT_EQ(parsed("lowerdir=/a:/b::/c::/d").data_layers, (Strings{"/c", "/d"}));
  EXPECT_EQ(parsed(R"(lowerdir=/a\:\:b::/c)").lowers, Strings{"/a::b"});
  EXPECT_EQ(parsed("lowerdir+=/a,datadir+=/b:c,datadir+=/d").data_layers, (Strings{"/b:c", "/d"}));
}

TEST(Options, FiveHundredLowersAreTheMost) {
  std::string text = "lowerdir=/0";
  for (int i = 1; i < 500; ++i) text += ":/" + std::to_string(i);
  EXPECT_EQ(parsed(text).lowers.size(), names::kLayersMax);
  EXPECT_EQ(refusal(text + ":/500"), "lowerdir has 501 layers, more than 500");
  EXPECT_EQ(refusal(text + ",lowerdir+=/500"), "more than 500 lower layers");
}

TEST(Options, EachRefusalNamesTheOption) {
  const std::vector<std::pair<std::string, std::string>> table = {
      {"", "option lowerdir is missing"},
      {"lowerdir", "option lowerdir needs a value"},
      {"lowerdir=", "lowerdir is empty"},
      {"lowerdir=/a,lowerdir=/b", "option lowerdir is given twice"},
      {"lowerdir=/a:", R"(lowerdir "/a:": an empty layer name)"},
      {"lowerdir=::/a", R"(lowerdir "::/a": an empty layer name)"},
      {"lowerdir=/a::", R"(lowerdir "/a::": an empty layer name)"},
      {"lowerdir=/a:::/b", R"(lowerdir "/a:::/b": an empty layer name)"},
      {"lowerdir=/a::/b:/c", R"(lowerdir "/a::/b:/c": an ordinary layer below a data-only one)"},
      {"lowerdir=/a::/b,lowerdir+=/c", "option lowerdir+: an ordinary layer below a data-only one"},
      {"datadir+=/a", "option datadir+: a data-only layer above all others"},
      {R"(lowerdir=/a\)", R"(lowerdir "/a\": a backslash at the end)"},
      {"lowerdir=/a,upperdir=/u", "upperdir is given without workdir"},
      {"lowerdir=/a,workdir=/w", "workdir is given without upperdir"},
      {"lowerdir=/a,upperdir=", "upperdir is empty"},
      {"lowerdir=/a,upperdir=/u,upperdir=/v,workdir=/w", "option upperdir is given twice"},
      {"lowerdir=/a,lowerdir+=", "lowerdir+ is empty"},
      {"lowerdir=/a,timeout=1.5.2", R"(option timeout: expected seconds, not "1.5.2")"},
      {"lowerdir=/a,timeout=-1", R"(option timeout: expected seconds, not "-1")"},
      {"lowerdir=/a,redirect_dir=nofollow", "option redirect_dir=nofollow is refused: redirects are always followed"},
      {"lowerdir=/a,redirect_dir=1", R"(option redirect_dir: expected on, off or follow, not "1")"},
      {"lowerdir=/a,whiteouts=aufs", R"(option whiteouts: expected devices or files, not "aufs")"},
      {"lowerdir=/a,uidmapping=0:1", R"(option uidmapping "0:1": expected three numbers a range)"},
      {"lowerdir=/a,gidmapping=0:1:1,gidmapping=0:1:1", "option gidmapping is given twice"},
      {"lowerdir=/a,squash_to_uid=root", R"(option squash_to_uid: expected an id, not "root")"},
      {"lowerdir=/a,squash_to_gid=4294967295", R"(option squash_to_gid: expected an id, not "4294967295")"},
      {"lowerdir=/a,squash_to_root=1", R"(unknown option "squash_to_root=1")"},
      {"lowerdir=/a,context=", "context is empty"},
      {"lowerdir=/a,max_write=much", R"(option max_write: expected a number, not "much")"},
      {"lowerdir=/a,frobnicate", R"(unknown option "frobnicate")"},
      {"lowerdir=/a,ro=1", R"(unknown option "ro=1")"},
      {"lowerdir=/a,identity=upfront", "this identity keeps a map: a stack without workdir needs statedir"},
      {"lowerdir=/a,identity=none", R"(option identity: expected derived, upfront, on-lookup or volatile, not "none")"},
      {"lowerdir=/a,seal=sum", R"(option seal: expected verify, digest or trust, not "sum")"},
      {"lowerdir=/a,fsync=2", R"(option fsync: expected 0 or 1, not "2")"},
      {"lowerdir=/a,threads=0", R"(option threads: expected a number from 1 to 256, not "0")"},
      {"lowerdir=/a,descriptors=5", R"(option descriptors: expected a number from 100, not "5")"},
      {"lowerdir=/a,threads=many", R"(option threads: expected a number from 1 to 256, not "many")"},
      {"lowerdir=/a,timeout=soon", R"(option timeout: expected seconds, not "soon")"},
      {"lowerdir=/a,passthrough=on", R"(option passthrough: expected auto or off, not "on")"},
      {"lowerdir=/a,io_uring=yes", R"(option io_uring: expected auto, on or off, not "yes")"},
  };
  for (const auto& [text, expected] : table) EXPECT_EQ(refusal(text), expected) << text;
}

TEST(Options, ANameThatIsTooLongIsRefusedAndShownShortened) {
  const std::string name(names::kNameMax + 1, 'n');
  EXPECT_EQ(parsed("lowerdir=/" + name.substr(1)).lowers.size(), 1U);
  EXPECT_EQ(refusal("lowerdir=/" + name),
            "lowerdir \"/" + std::string(99, 'n') + "...\" has a name that is too long: 256 bytes, at most 255");
}

TEST(Options, APathThatIsTooLongIsRefused) {
  std::string path;
  while (path.size() <= names::kPathMax) path += "/d";
  EXPECT_NE(refusal("lowerdir=" + path).find("is too long: 4096 bytes, at most 4095"), std::string::npos);
}

TEST(Options, OptionsThatAreTooLongAreRefused) {
  EXPECT_NE(refusal("lowerdir=/a," + std::string(kOptionTextMax, 'x')).find("the options are too long"),
            std::string::npos);
}

TEST(Options, UnprintableBytesOfANameAreShownAsNumbers) {
  EXPECT_EQ(refusal("lowerdir=/a,bad\nword"), R"(unknown option "bad\x0aword")");
}

TEST(SplitEscaped, UndoesJoiningWithEscapes) {
  const Strings parts = {"a", "b,c", R"(d\)", "", R"(\,)"};
  std::string text;
  for (const std::string& part : parts) {
    if (&part != &parts.front()) text += ',';
    for (const char c : part) {
      if (c == ',' || c == '\\') text += '\\';
      text += c;
    }
  }
  Strings again;
  for (const std::string& part : split_escaped(text, ',')) again.push_back(*unescape(part));
  EXPECT_EQ(again, parts);
}

}  // namespace
}  // namespace ovlspec::fuse
