// What the tests of operations work on: a world, callers, and the exact set of answers that an operation is permitted.
#pragma once

#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "model/invariants.h"
#include "model/layer_edit.h"
#include "model/step.h"
#include "model/testing/stack.h"

namespace ovlspec::model::testing {

// An answer that is permitted, and why.
struct Answer {
  Errno error;
  Rule rule;
  bool operator==(const Answer&) const = default;
};
using Answers = std::vector<Answer>;
inline std::ostream& operator<<(std::ostream& out, const Answer& answer) {
  return out << errno_name(answer.error) << " (" << text_of(answer.rule).id << ")";
}

inline Answers answers_of(const Plan& plan) {
  Answers answers;
  if (plan.success()) answers.push_back({Errno::kOk, plan.rule()});
  for (std::size_t i = 0; i < plan.errors(); ++i) {
    const Answer answer{plan.error(i).error, plan.error(i).rule};
    if (std::find(answers.begin(), answers.end(), answer) == answers.end()) answers.push_back(answer);
  }
  return answers;
}

class Bench : public ::testing::Test {
 public:
  static Caller alice() { return Caller{.uid = 1000, .gid = 1000, .groups = {2000}, .umask = 0, .capabilities = {}}; }
  static Caller bob() { return Caller{.uid = 1001, .gid = 1001, .groups = {2000}, .umask = 0, .capabilities = {}}; }
  static Caller with(Caller caller, Capability capability) {
    caller.capabilities = caller.capabilities.with(capability);
    return caller;
  }

  // Objects of the tree, of root's unless owned() says otherwise. Parents must be there.
  void put(const std::string& path, Inode inode) { put_owned(path, std::move(inode), 0, 0); }
  void put_owned(const std::string& path, Inode inode, Uid uid, Gid gid) {
    inode.uid = uid;
    inode.gid = gid;
    Layer layer{.tree = std::move(world.tree), .marks = {}};
    layer.marks.resize(layer.tree.inodes.size());
    ASSERT_EQ(model::put(layer, path, inode, {}), Edit::kDone) << path;
    world.tree = std::move(layer.tree);
  }
  void file(const std::string& path, Mode mode = 0644, std::string content = "") {
    put(path, file_inode(std::move(content), mode));
  }
  void directory(const std::string& path, Mode mode = 0755) { put(path, directory_inode(mode)); }
  void symlink(const std::string& path, std::string target) { put(path, symlink_inode(std::move(target))); }
  void special(const std::string& path, FileType type, Mode mode = 0666) {
    put(path, Inode{.type = type, .mode = mode});
  }

  Inode& at(const std::string& path) { return world.tree[world.tree.at(path).value()]; }
  bool there(const std::string& path) const { return world.tree.at(path).has_value(); }

  Answers permitted(const Caller& caller, const Operation& operation) const {
    return answers_of(check(world, caller, operation));
  }
  // By root.
  Answers permitted(const Operation& operation) const { return permitted(superuser(), operation); }

  // Success must be permitted, and is applied.
  void run(const Caller& caller, const Operation& operation, const Outcome& outcome = Outcome::success()) {
    const Plan plan = check(world, caller, operation);
    ASSERT_TRUE(plan.success()) << ::testing::PrintToString(answers_of(plan));
    apply(world, caller, operation, plan, outcome);
    const auto broken = broken_invariant(world);
    ASSERT_FALSE(broken) << *broken;
  }
  void run(const Operation& operation) { run(superuser(), operation); }

  // The mismatch's rule and words, where the payload is not what the tree says; "" where it is.
  std::string mismatch(const Caller& caller, const Operation& operation, Outcome::Payload payload) const {
    const Plan plan = check(world, caller, operation);
    EXPECT_TRUE(plan.success());
    const auto found = check_answer(world, caller, operation, plan, Outcome::success(std::move(payload)));
    return found ? std::string(text_of(found->rule).id) + ": " + found->what : "";
  }
  std::string mismatch(const Operation& operation, Outcome::Payload payload) const {
    return mismatch(superuser(), operation, std::move(payload));
  }

  World world;
};

inline Answers ok(Rule rule) { return {{Errno::kOk, rule}}; }
inline Answers fails(Errno error, Rule rule) { return {{error, rule}}; }

}  // namespace ovlspec::model::testing
