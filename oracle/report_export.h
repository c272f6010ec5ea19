// A case in the form of other people's suites: a test that passes where the specification is kept.
#pragma once

#include <string>
#include <vector>

#include "oracle/check.h"
#include "oracle/report_record.h"
#include "oracle/report_script.h"

namespace ovlspec::oracle {

enum class Suite : std::uint8_t { kXfstests, kUnionmount };

struct ExportedFile {
  std::string name;
  std::string text;
};
struct ExportedOrWhy {
  std::vector<ExportedFile> files;
  std::string why_not;  // why the suite cannot express the case
};

// `tests/overlay/NUMBER` and its golden output. Whatever the rules do not permit is a line of output, and golden output
// has none; after each mount and before each unmount the tree is looked at.
ExportedOrWhy export_xfstests(const Trace& trace, const std::string& number);
// `tests/NAME.py`. The suite makes the layers itself: a file of the trace is one of its files, a directory one of its
// directories, and what it cannot be is refused.
ExportedOrWhy export_unionmount(const Trace& trace, const std::string& name);

struct ExportOptions {
  std::string trace;  // the file's path
  Suite suite = Suite::kXfstests;
  std::string name;  // of the test; a number for xfstests
  std::string out = ".";
};
// `ovlspec export`.
ExitStatus export_command(const Trace& trace, const ExportOptions& options);

// A script that tells whether the trace's answers break a rule on the mount: any of its claims does.
ScriptOrWhy rule_script(const Trace& trace, const SubjectMount& mount);

// What our engine, which keeps the rules, does with the trace; or why that tells nothing.
struct RecordOrWhy {
  std::vector<Moment> moments;
  std::string why_not;
};
RecordOrWhy record_on_engine(const Trace& trace);

}  // namespace ovlspec::oracle
