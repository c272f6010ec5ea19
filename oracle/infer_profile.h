// `ovlspec infer-profile`: what a subject has, and where it differs from the specification, as a profile to begin with.
#pragma once

#include <string>
#include <vector>

#include "oracle/check.h"

namespace ovlspec::oracle {

struct InferOptions {
  std::string subject;
  std::uint64_t seed = 1;
  double seconds = 20;
  std::string out;  // the file; empty: standard output
  SubjectSettings settings;
};

// Plays small cases, and takes every violation as a deviation. Each needs a source before it may stand for one: what is
// written cites the trace's seed and number alone, and says so.
ExitStatus infer_profile(const InferOptions& options);

// The deviation that a violation is an instance of.
Deviation deviation_of(const Finding& finding);
// As a profile's text.
std::string profile_text(const Profile& profile);

}  // namespace ovlspec::oracle
