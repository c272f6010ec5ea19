// What a page of reports says; how it looks is for report_page_test.py.
#include <gtest/gtest.h>

#include "oracle/report_page.h"
#include "oracle/trace_text.h"

namespace ovlspec::oracle {
namespace {

SubjectReport report_with_violation() {
  const TraceOrError parsed =
      parse_text("ovlspec trace 1\nlower 0\n  file \"<b>\" 644 \"x\"\nupper\nmount\n  unlink a\n");
  Violation violation{.subject = "agent:<script>", .trace = *parsed.trace};
  violation.finding = {.rule = model::Rule::kUnlink, .event = 1, .what = "EIO, permitted: success (OVL-UNLINK-1)"};
  violation.file = "out/a.trace";
  violation.reproducers.push_back(
      {.language = Language::kShell, .state = Reproducer::State::kVerified, .file = "out/a.sh", .why = {}});
  SubjectReport report;
  report.subject = violation.subject;
  report.violations.push_back(violation);
  return report;
}

TEST(ReportPage, EscapesWhatIsNotItsOwn) {
  const std::string page = report_page({report_with_violation()});
  EXPECT_EQ(page.find("<script"), std::string::npos);
  EXPECT_EQ(page.find("<b>"), std::string::npos);
  EXPECT_NE(page.find("agent:&lt;script&gt;"), std::string::npos);
}

TEST(ReportPage, LinksToFilesBesideIt) {
  const std::string page = report_page({report_with_violation()});
  EXPECT_NE(page.find("<a href=\"a.sh\">"), std::string::npos);
  EXPECT_NE(page.find("<a href=\"a.trace\">"), std::string::npos);
}

TEST(ReportPage, NeedsNothingFromElsewhere) {
  const std::string page = report_page({report_with_violation()});
  for (const char* word : {"http:", "https:", "src=", "@import", "url("})
    EXPECT_EQ(page.find(word), std::string::npos) << word;
}

TEST(ReportPage, TellsWhatWasSeenFromWhatWasPermitted) {
  EXPECT_EQ(seen_and_permitted("EIO, permitted: success (OVL-STAT-1)").permitted, "success (OVL-STAT-1)");
  EXPECT_EQ(seen_and_permitted("size 2, expected 19").seen, "size 2");
  EXPECT_EQ(seen_and_permitted("st_ino 4, it was 3").permitted, "as before: 3");
  EXPECT_EQ(seen_and_permitted("left behind: work/#1").permitted, "");
}

}  // namespace
}  // namespace ovlspec::oracle
