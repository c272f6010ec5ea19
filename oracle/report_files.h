// What a campaign found, for other programs: JSON lines, JUnit XML, TAP 14 and SARIF 2.1.0, and the entries that would
// make its violations known issues.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "oracle/check.h"

namespace ovlspec::oracle {

// One object a line: subjects, their deviations and their violations.
std::string report_jsonl(const std::vector<SubjectReport>& reports);
// A suite for each subject, a test case for each rule that was met.
std::string report_junit(const std::vector<SubjectReport>& reports);
// A test for each subject and rule that was met. Known violations are expected to fail.
std::string report_tap(const std::vector<SubjectReport>& reports);
// A result for each violation, at its trace; known ones are suppressed.
std::string report_sarif(const std::vector<SubjectReport>& reports);
// What `--known` reads, with reasons and links to be filled in. Traces are beside it.
std::string suggested_known_issues(const std::vector<SubjectReport>& reports);

// Writes report.jsonl, report.xml, report.tap, report.sarif, index.html (report_page.h) and, where there are
// violations, known.toml. Why not, where one could not be written.
std::optional<std::string> write_report_files(const std::vector<SubjectReport>& reports, const std::string& directory);

}  // namespace ovlspec::oracle
