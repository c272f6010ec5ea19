// The kernel's table of inode properties, on the kernel.
#include "oracle/inode_cells.h"

#include <algorithm>

#include "oracle/disk_test_support.h"

namespace ovlspec::oracle {
namespace {

class InodeCells : public MountTest {
 protected:
  void SetUp() override {
    MountTest::SetUp();
    if (IsSkipped()) return;
    measured_ = measure_inode_cells();
    ASSERT_TRUE(measured_.ok()) << measured_.failure.what;
    ASSERT_EQ(measured_.value->size(), model::kInodeCells);
  }
  const std::vector<MeasuredCell>& cells() const { return *measured_.value; }

  static std::string name_of(const model::InodeCell& cell) {
    return std::string(describe(cell.layering)) + ", " + std::string(describe(cell.property)) +
           (cell.directory ? ", dir" : ", !dir");
  }

 private:
  Attempt<std::vector<MeasuredCell>> measured_;
};

TEST_F(InodeCells, KernelKeepsWhatTheDocumentPromisesButForTheExceptions) {
  for (const MeasuredCell& measured : cells())
    for (const InodeBreach& breach : unexpected_breaches(measured))
      ADD_FAILURE() << name_of(measured.cell) << ": " << breach.counterexample;
}

TEST_F(InodeCells, WhatTheDocumentDoesNotPromiseIsSeenToFail) {
  for (const MeasuredCell& measured : cells())
    EXPECT_TRUE(measured.cell.promised || !measured.held()) << name_of(measured.cell) << ": no counterexample";
}

TEST_F(InodeCells, EveryExceptionIsSeenInAPromisedCell) {
  for (const KernelException& exception : kKernelExceptions) {
    const bool seen = std::any_of(cells().begin(), cells().end(), [&](const MeasuredCell& measured) {
      return measured.cell.promised &&
             std::any_of(measured.breaches.begin(), measured.breaches.end(),
                         [&](const InodeBreach& breach) { return concerns(exception, measured.cell, breach); });
    });
    EXPECT_TRUE(seen) << describe(exception.layering) << ", " << describe(exception.property) << ", "
                      << exception.objects << ": the kernel keeps this promise";
  }
}

}  // namespace
}  // namespace ovlspec::oracle
