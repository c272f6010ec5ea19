// What one operation may answer, and what its success would act on. Checks are independent clauses: each that applies
// adds its error to the permitted ones, whatever the others say; success is permitted where none refuses.
#pragma once

#include <array>
#include <cassert>
#include <cstdint>
#include <optional>
#include <string>

#include "model/resolve.h"
#include "model/rules.h"
#include "model/vocabulary/errno.h"

namespace ovlspec::model {

struct Permit {
  Errno error = Errno::kOk;
  Rule rule = Rule::kPathMissing;
};

class Plan {
 public:
  explicit Plan(Rule rule) : rule_(rule) {}

  // The operation fails, with this error or another that is permitted.
  void refuse(Errno error, Rule rule) {
    allow(error, rule);
    success_ = false;
  }
  // As refuse, where the condition holds.
  void refuse_if(bool condition, Errno error, Rule rule) {
    if (condition) refuse(error, rule);
  }
  // The operation may fail so.
  void allow(Errno error, Rule rule) {
    assert(count_ < errors_.size());
    errors_[count_++] = Permit{error, rule};
  }
  // Takes a path's error over, if it has one. Whether it had none.
  bool accept(const Found& found) {
    if (found.guarded) allow(Errno::kEACCES, Rule::kPathProtected);
    if (found.failed()) refuse(found.error, found.rule);
    return !found.failed();
  }

  bool success() const { return success_; }
  Rule rule() const { return rule_; }  // of the success
  // The rule that permits `error`; nothing where none does.
  std::optional<Rule> permits(Errno error) const {
    if (error == Errno::kOk) return success_ ? std::optional(rule_) : std::nullopt;
    for (std::size_t i = 0; i < count_; ++i)
      if (errors_[i].error == error) return errors_[i].rule;
    return std::nullopt;
  }
  std::size_t errors() const { return count_; }
  const Permit& error(std::size_t i) const { return errors_[i]; }

  Found first;   // what the (first) path or target leads to; object alone for a slot
  Found second;  // the second path

 private:
  std::array<Permit, 16> errors_{};
  std::size_t count_ = 0;
  bool success_ = true;
  Rule rule_;
};

}  // namespace ovlspec::model
