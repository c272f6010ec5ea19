// Violations that are known: `--known FILE`. They are counted, not failed; one that no longer shows is to be removed.
//
//   [[known]]
//   subject = "fuse-overlayfs"            # with options, or its kind alone
//   key = "OVL-STAT-2 stat 0123456789ab"  # as reports print it
//   trace = "known/link-count.trace"      # beside this file; it shows the violation
//   reason = "link counts are not kept"
//   link = "https://..."
//   expires = 2027-01-31                  # from then on it is new again; may be missing
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "oracle/trace.h"

namespace ovlspec::oracle {

struct KnownIssue {
  std::string subject;
  std::string key;
  std::string reason;
  std::string link;
  std::string expires;  // YYYY-MM-DD; empty: never
  std::string file;     // of the trace
  Trace trace;
};

struct KnownIssuesOrError {
  std::vector<KnownIssue> issues;
  std::string error;  // text for a person
};
KnownIssuesOrError load_known_issues(const std::string& path);

// Whether an issue of `subject` ("fuse-overlayfs", or with its options) is one of `name`.
bool is_of(const KnownIssue& issue, std::string_view name);
// `today` as YYYY-MM-DD.
bool has_expired(const KnownIssue& issue, std::string_view today);
std::string today();

}  // namespace ovlspec::oracle
