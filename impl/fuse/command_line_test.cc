#include "impl/fuse/command_line.h"

#include <gtest/gtest.h>

namespace ovlspec::fuse {
namespace {

MountRequest request(const std::vector<std::string>& arguments) {
  Attempt<CommandLine> line = parse_command_line(arguments);
  EXPECT_TRUE(line.ok()) << line.failure().message;
  if (!line || !std::holds_alternative<MountRequest>(*line)) return {};
  return std::get<MountRequest>(*line);
}

std::string refusal(const std::vector<std::string>& arguments) {
  const Attempt<CommandLine> line = parse_command_line(arguments);
  if (line) return "accepted";
  EXPECT_EQ(line.failure().exit_status, kExitUsage);
  EXPECT_EQ(line.failure().message.find('\n'), std::string::npos);
  return line.failure().message;
}

TEST(CommandLine, AMountHelperPassesSourceMountPointAndOptions) {
  const MountRequest asked = request({"none", "/mnt", "-o", "rw,lowerdir=/a:/b,dev,suid"});
  EXPECT_EQ(asked.source, "none");
  EXPECT_EQ(asked.mount_point, "/mnt");
  EXPECT_EQ(asked.options.lowers, (std::vector<std::string>{"/a", "/b"}));
  EXPECT_EQ(asked.presence, Presence::kDaemon);
}

TEST(CommandLine, AContainerEnginePassesOptionsFirstAndNoSource) {
  const MountRequest asked = request({"-o", "lowerdir=/a,upperdir=/u,workdir=/w", "/mnt"});
  EXPECT_EQ(asked.source, "fuse-ovlspec");
  EXPECT_EQ(asked.mount_point, "/mnt");
}

TEST(CommandLine, OptionsMayStickToTheirLetterAndComeSeveralTimes) {
  const MountRequest asked = request({"-olowerdir=/a", "/mnt", "-o", "ro", "-f", "-s"});
  EXPECT_TRUE(asked.options.flags.has(MountFlag::kReadOnly));
  EXPECT_EQ(asked.presence, Presence::kForeground);
  EXPECT_EQ(asked.options.threads, 1U);
}

TEST(CommandLine, DebuggingStaysInTheForeground) {
  EXPECT_EQ(request({"/mnt", "-o", "lowerdir=/a", "-d"}).presence, Presence::kForeground);
  EXPECT_EQ(request({"/mnt", "-o", "lowerdir=/a,debug"}).presence, Presence::kForeground);
  EXPECT_EQ(request({"/mnt", "-o", "lowerdir=/a", "-d"}).options.verbosity, Verbosity::kDebug);
}

TEST(CommandLine, TheSourceMayBeAnOption) {
  EXPECT_EQ(request({"/mnt", "-o", "lowerdir=/a,fsname=image"}).source, "image");
}

TEST(CommandLine, VersionAndHelpAskForNoMount) {
  for (const std::string argument : {"-V", "--version", "-h", "--help"}) {
    const Attempt<CommandLine> line = parse_command_line({argument});
    ASSERT_TRUE(line.ok()) << argument;
    ASSERT_TRUE(std::holds_alternative<Information>(*line)) << argument;
    EXPECT_NE(std::get<Information>(*line).text.find("fuse-ovlspec"), std::string::npos) << argument;
  }
}

TEST(CommandLine, EachRefusalIsOneLineThatNamesTheArgument) {
  EXPECT_EQ(refusal({}), "the mount point is missing");
  EXPECT_EQ(refusal({"-o", "lowerdir=/a"}), "the mount point is missing");
  EXPECT_EQ(refusal({"none", "/mnt", "more", "-o", "lowerdir=/a"}), "unexpected argument \"more\"");
  EXPECT_EQ(refusal({"/mnt"}), "option lowerdir is missing");
  EXPECT_NE(refusal({"/mnt", "-q", "-o", "lowerdir=/a"}).find("-q"), std::string::npos);
  EXPECT_NE(refusal({"/mnt", "-o"}).find("-o"), std::string::npos);
  EXPECT_EQ(refusal({std::string(5000, 'm'), "-o", "lowerdir=/a"}).substr(0, 13), "mount point \"");
  EXPECT_EQ(refusal({std::string(5000, 's'), "/mnt", "-o", "lowerdir=/a"}).substr(0, 8), "source \"");
}

}  // namespace
}  // namespace ovlspec::fuse
