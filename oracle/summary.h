// `ovlspec summary`: what the shards of a campaign, or several campaigns, found together.
#pragma once

#include <string>
#include <vector>

#include "oracle/check.h"

namespace ovlspec::oracle {

struct SummaryOptions {
  std::vector<std::string> journals;    // files, or directories that hold a journal.jsonl
  std::string known;                    // as for check
  std::string out = "ovlspec-summary";  // violations and reports are saved here
};

// Prints the report of all, what they witnessed, and which shards are missing. Violations are the union by their keys.
// A part that was broken off, or that a subject could not play, and a shard that is missing, make it inconclusive; a
// subject that played nothing anywhere, exit status 4. Shards of different counts are refused.
ExitStatus summarise(const SummaryOptions& options);

// What was witnessed, in words: how many rules by how many subjects, pairs of rules, answers by operation, and the
// rules that no case met.
std::string coverage_text(const std::vector<SubjectReport>& reports);

}  // namespace ovlspec::oracle
