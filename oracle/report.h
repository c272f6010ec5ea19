// What a campaign says in the end.
#pragma once

#include <string>
#include <vector>

#include "oracle/check.h"

namespace ovlspec::oracle {

// The table of subjects, their deviations, and each violation with its rule, trace and the command that replays it.
std::string report_text(const std::vector<SubjectReport>& reports);
// One violation's paragraph.
std::string violation_text(const Violation& violation);
// In one or two words: "conforms", "violations", ...
std::string verdict_of(const SubjectReport& report);
// `ovlspec rules`: every rule; where `met` is given, also whether it is one of those.
std::string rules_text(const model::RuleSet* met);

// Whether it fails a run: it is new, and shows again.
bool fails(const Violation& violation);
ExitStatus exit_status(const std::vector<SubjectReport>& reports);

}  // namespace ovlspec::oracle
