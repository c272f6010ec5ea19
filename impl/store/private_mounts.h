// For test programs that mount: the whole program lives in a mount namespace of its own.
#pragma once

#include <gtest/gtest.h>

#include <string>

namespace ovlspec::impl {

// Has a tmpfs over a directory that only this process sees; gone with the process at the latest.
class PrivateMounts final : public ::testing::Environment {
 public:
  void SetUp() override;
  void TearDown() override;
  // The tmpfs; empty where there are no mounts to be had, and reason() says why.
  std::string path() const { return mounted_ ? path_ : ""; }
  const std::string& reason() const { return reason_; }

 private:
  void refuse(const std::string& what);

  std::string path_;
  std::string reason_;
  bool mounted_ = false;
};

// The one of this program, registered with GoogleTest.
PrivateMounts& mounts();

}  // namespace ovlspec::impl
