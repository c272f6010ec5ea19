#include "impl/engine/access_lists.h"

#include <gtest/gtest.h>

#include <initializer_list>

namespace ovlspec::impl {
namespace {

struct Line {
  char tag;
  char permissions;
  char id;
};

std::string list(std::initializer_list<Line> lines) {
  std::string bytes("\2\0\0\0", 4);
  for (const Line& line : lines) {
    bytes += std::string({line.tag, 0, line.permissions, 0, line.id, 0, 0, 0});
  }
  return bytes;
}

TEST(AccessLists, AListThatSaysNoMoreThanAModeLimitsTheMode) {
  const auto made = inherit(list({{1, 7, 0}, {4, 5, 0}, {32, 0, 0}}), FileType::kRegular, 02666);
  ASSERT_TRUE(made.ok());
  EXPECT_EQ(made->mode, 02640U);
  EXPECT_EQ(made->access, "");
  EXPECT_EQ(made->for_objects, "");
}

TEST(AccessLists, TheMaskTakesTheGroupsPlaceAndTheModeLimitsTheList) {
  const std::string given = list({{1, 7, 0}, {2, 7, 9}, {4, 5, 0}, {16, 7, 0}, {32, 4, 0}});
  const auto made = inherit(given, FileType::kRegular, 0640);
  ASSERT_TRUE(made.ok());
  EXPECT_EQ(made->mode, 0640U);
  EXPECT_EQ(made->access, list({{1, 6, 0}, {2, 7, 9}, {4, 5, 0}, {16, 4, 0}, {32, 0, 0}}));
}

TEST(AccessLists, ADirectoryHandsItsListOn) {
  const std::string given = list({{1, 7, 0}, {4, 5, 0}, {32, 5, 0}});
  const auto made = inherit(given, FileType::kDirectory, 0777);
  ASSERT_TRUE(made.ok());
  EXPECT_EQ(made->mode, 0755U);
  EXPECT_EQ(made->for_objects, given);
}

TEST(AccessLists, WhatIsNoListIsAnError) {
  for (const std::string& bytes :
       {std::string(), std::string("\2\0\0\0", 4), std::string("\1\0\0\0\1\0\7\0\0\0\0\0", 12),
        list({{1, 7, 0}, {32, 0, 0}}), list({{1, 7, 0}, {4, 0, 0}, {64, 0, 0}}), list({{4, 7, 0}}) + "x"}) {
    EXPECT_EQ(inherit(bytes, FileType::kRegular, 0644).error(), Errno::kEIO);
  }
}

}  // namespace
}  // namespace ovlspec::impl
