// A file that several processes may want to write, that may be torn, and that may be damaged.
#include "oracle/line_log.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <vector>

#include "oracle/disk_test_support.h"

namespace ovlspec::oracle {
namespace {

class LineLogTest : public testing::Test {
 protected:
  std::string path() const { return directory_.path() + "/log"; }
  std::string text() const {
    std::ifstream file(path());
    return {std::istreambuf_iterator<char>(file), {}};
  }
  void write(const std::string& text) const { std::ofstream(path()) << text; }
  // Takes what is no "bad".
  LineLog::Take take() {
    return [this](const std::string& line) -> std::optional<std::string> {
      if (line == "bad") return "it is bad";
      taken_.push_back(line);
      return std::nullopt;
    };
  }

  const TestDirectory directory_;
  std::vector<std::string> taken_;
};

TEST_F(LineLogTest, WhatWasWrittenIsReadAndGoneOnWith) {
  for (const char* line : {"one", "two"}) {
    LineLog log;
    taken_.clear();
    ASSERT_EQ(log.open(path(), "head", take()), std::nullopt);
    ASSERT_EQ(log.append(line), std::nullopt);
  }
  EXPECT_EQ(taken_, (std::vector<std::string>{"head", "one"}));
  EXPECT_EQ(text(), "head\none\ntwo\n");
}

TEST_F(LineLogTest, LinesLongerThanABufferAreReadWhole) {
  const std::string longest(200000, 'x');
  write("head\n" + longest + "\nlast\n");
  ASSERT_EQ(LineLog::read(path(), take()), std::nullopt);
  EXPECT_EQ(taken_, (std::vector<std::string>{"head", longest, "last"}));
}

TEST_F(LineLogTest, TornLastLineIsCutOffWhereItIsWrittenOnly) {
  write("head\none\nba");
  ASSERT_EQ(LineLog::read(path(), take()), std::nullopt);
  EXPECT_EQ(text(), "head\none\nba");
  LineLog log;
  ASSERT_EQ(log.open(path(), "head", take()), std::nullopt);
  ASSERT_EQ(log.append("two"), std::nullopt);
  EXPECT_EQ(text(), "head\none\ntwo\n");
}

TEST_F(LineLogTest, TornHeadIsBegunAnew) {
  write("he");
  LineLog log;
  ASSERT_EQ(log.open(path(), "head", take()), std::nullopt);
  EXPECT_EQ(text(), "head\n");
}

TEST_F(LineLogTest, DamagedLineIsToldByItsNumberAndNothingIsChanged) {
  for (const std::string damaged : {"head\none\nbad\ntwo\nto", "head\none\nbad\n"}) {
    write(damaged);
    LineLog log;
    EXPECT_EQ(log.open(path(), "head", take()), path() + ": line 3: it is bad");
    EXPECT_EQ(LineLog::read(path(), take()), path() + ": line 3: it is bad");
    EXPECT_EQ(text(), damaged);
  }
}

TEST_F(LineLogTest, FileOfAnotherKindIsNotEmptied) {
  write("a letter");
  LineLog log;
  EXPECT_TRUE(log.open(path(), "head", take()));
  EXPECT_EQ(text(), "a letter");
}

// Another process sees the lock, and looks at nothing before it has it; this one keeps it although it read the file.
TEST_F(LineLogTest, IsReadByTheOneProcessAloneThatMayWriteIt) {
  LineLog log;
  ASSERT_EQ(log.open(path(), "head", take()), std::nullopt);
  ASSERT_EQ(log.append("one"), std::nullopt);
  taken_.clear();
  const pid_t child = ::fork();
  if (child == 0) {
    LineLog other;
    const auto why = other.open(path(), "head", take());
    const bool is_locked = why && why->find("another process writes it") != std::string::npos;
    ::_exit(is_locked && taken_.empty() ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(text(), "head\none\n");
}

}  // namespace
}  // namespace ovlspec::oracle
