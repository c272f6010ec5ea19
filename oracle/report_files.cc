#include "oracle/report_files.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "oracle/finding_key.h"
#include "oracle/report.h"
#include "oracle/report_page.h"
#include "oracle/trace_text.h"
#include "oracle/trace_words.h"

namespace ovlspec::oracle {
namespace {

using Json = nlohmann::ordered_json;

// Bytes that are no UTF-8 become replacement characters.
std::string line_of(const Json& json, int indent = -1) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace) + "\n";
}

// One line for people: what was asked, and what was seen.
std::string seen_text(const Finding& finding) {
  const std::string place = finding.operation ? operation_text(*finding.operation) : "the layers, or the mount";
  return fmt::format("{}: {}", place, finding.what);
}

std::string_view status_of(const Violation& violation) {
  if (violation.known) return "known";
  return violation.steadiness.is_flaky() ? "flaky" : "new";
}

Json reproducers_json(const Violation& violation) {
  Json all = Json::array();
  for (const Reproducer& reproducer : violation.reproducers)
    all.push_back({{"what", words_of(reproducer.language)},
                   {"file", reproducer.file},
                   {"verified", reproducer.state == Reproducer::State::kVerified},
                   {"words", words_of(reproducer)}});
  return all;
}

Json json_of(const Violation& violation) {
  const model::RuleText& rule = text_of(violation.finding.rule);
  Json json{{"type", "violation"},
            {"subject", violation.subject},
            {"key", violation.key},
            {"status", status_of(violation)},
            {"rule", rule.id},
            {"sentence", rule.sentence},
            {"source", rule.source},
            {"operation", operation_of(violation.finding)},
            {"event", violation.finding.event + 1},
            {"in-walk", violation.finding.observed},
            {"seen", seen_text(violation.finding)},
            {"cases", violation.count},
            {"likely-cases", violation.likely},
            {"replays", violation.steadiness.replays},
            {"shown-in-replays", violation.steadiness.shown},
            {"file", violation.file},
            {"reproducers", reproducers_json(violation)},
            {"trace", print_text(violation.trace)}};
  if (violation.known) json["known"] = {{"reason", violation.known->reason}, {"link", violation.known->link}};
  return json;
}

Json json_of(const SubjectReport& report) {
  Json rules = Json::array();
  for (std::size_t i = 0; i < model::kRuleCount; ++i)
    if (report.met.test(i)) rules.push_back(model::kRules[i].id);
  return Json{{"type", "subject"},
              {"subject", report.subject},
              {"verdict", verdict_of(report)},
              {"gated", report.gated},
              {"cases", report.cases},
              {"operations", report.operations},
              {"ended-early", report.unjudged},
              {"seconds", report.seconds},
              {"rules-met", std::move(rules)},
              {"stale-known-issues", report.stale},
              {"unexpected-deviations", report.unexpected},
              {"declined", report.declined},
              {"failed-cases", report.failures},
              {"failure", report.failure ? Json(*report.failure) : Json()},
              {"interrupted", report.stopped}};
}

std::string xml(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '<': escaped += "&lt;"; break;
      case '>': escaped += "&gt;"; break;
      case '&': escaped += "&amp;"; break;
      case '"': escaped += "&quot;"; break;
      case '\n': escaped += "&#10;"; break;
      // What XML cannot hold, and bytes of traces that are no UTF-8.
      default: escaped += c >= ' ' && c <= '~' ? c : '?';
    }
  }
  return escaped;
}

// What became of one rule on one subject.
struct RuleResult {
  const model::RuleText* rule = nullptr;
  std::vector<const Violation*> violations;
  bool fails() const {
    return std::any_of(violations.begin(), violations.end(), [](const Violation* v) { return oracle::fails(*v); });
  }
};

std::vector<RuleResult> results_of(const SubjectReport& report) {
  std::vector<RuleResult> results;
  for (std::size_t i = 0; i < model::kRuleCount; ++i) {
    RuleResult result{.rule = &model::kRules[i], .violations = {}};
    for (const Violation& violation : report.violations)
      if (violation.finding.rule == static_cast<model::Rule>(i)) result.violations.push_back(&violation);
    if (report.met.test(i) || !result.violations.empty()) results.push_back(std::move(result));
  }
  return results;
}

// What is wrong with a run beside the rules, a line each.
std::vector<std::string> complaints_of(const SubjectReport& report) {
  std::vector<std::string> lines;
  for (const std::string& key : report.stale) lines.push_back("known violation no longer shows: " + key);
  for (const std::string& text : report.unexpected) lines.push_back("deviation does not show: " + text);
  for (const auto& [what, count] : report.failures)
    lines.push_back(fmt::format("{} cases not played: {}", count, what));
  if (report.failure) lines.push_back(*report.failure);
  if (report.stopped) lines.emplace_back("interrupted");
  return lines;
}

std::string violation_lines(const RuleResult& result) {
  std::string text;
  for (const Violation* violation : result.violations) text += violation_text(*violation);
  return text;
}

std::string junit_case(const SubjectReport& report, const RuleResult& result) {
  const std::string head = fmt::format("    <testcase classname=\"{}\" name=\"{} {}\"", xml(report.subject),
                                       result.rule->id, xml(result.rule->sentence));
  if (result.violations.empty()) return head + "/>\n";
  const std::string what = xml(seen_text(result.violations.front()->finding));
  const std::string_view element = result.fails() ? "failure" : "skipped";
  return fmt::format("{}>\n      <{} message=\"{}\">{}</{}>\n    </testcase>\n", head, element, what,
                     xml(violation_lines(result)), element);
}

std::string yaml_block(const std::string& key, const std::string& text) {
  std::string block = "  " + key + ": |\n    ";
  for (const char c : text) {
    block += (c >= ' ' && c <= '~') || c == '\n' ? c : '?';
    if (c == '\n') block += "    ";
  }
  return block + "\n";
}

// `#` and `\` have a meaning in a TAP line.
std::string tap_text(std::string_view text) {
  std::string escaped;
  for (const char c : text) (c == '#' || c == '\\' ? escaped += '\\' : escaped) += c == '\n' ? ' ' : c;
  return escaped;
}

std::string tap_rule(const SubjectReport& report, const RuleResult& result, std::size_t number) {
  // A test that is expected to fail, in TAP's own word.
  static const std::string kExpected = std::string(" # TO") + "DO ";
  std::string line = fmt::format("{} {} - {} {} {}", result.violations.empty() ? "ok" : "not ok", number,
                                 tap_text(report.subject), result.rule->id, tap_text(result.rule->sentence));
  if (result.violations.empty()) return line + "\n";
  const Violation& first = *result.violations.front();
  if (!result.fails()) line += kExpected + tap_text(first.known ? first.known->reason : "flaky");
  line += "\n  ---\n" + yaml_block("source", std::string(result.rule->source));
  return line + yaml_block("violations", violation_lines(result)) + "  ...\n";
}

Json sarif_result(const Violation& violation) {
  const Json location{{"physicalLocation", {{"artifactLocation", {{"uri", violation.file}}}}}};
  Json result{{"ruleId", text_of(violation.finding.rule).id},
              {"ruleIndex", static_cast<std::size_t>(violation.finding.rule)},
              {"level", violation.steadiness.is_flaky() ? "warning" : "error"},
              {"message", {{"text", fmt::format("{}: {}", violation.subject, seen_text(violation.finding))}}},
              {"partialFingerprints", {{"ovlspecKey/v1", violation.key}}},
              {"occurrenceCount", violation.count + violation.likely}};
  if (!violation.file.empty()) result["locations"] = Json::array({location});
  if (violation.known)
    result["suppressions"] = Json::array({{{"kind", "external"}, {"justification", violation.known->reason}}});
  return result;
}

std::string toml_text(std::string_view text) {
  std::string escaped = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') escaped += '\\';
    escaped += c >= ' ' && c <= '~' ? c : '?';
  }
  return escaped + '"';
}

bool write_file(const std::string& path, const std::string& text) {
  std::ofstream file(path);
  file << text;
  file.close();
  return !file.fail();
}

}  // namespace

std::string report_jsonl(const std::vector<SubjectReport>& reports) {
  std::string text;
  for (const SubjectReport& report : reports) {
    text += line_of(json_of(report));
    for (const auto& [name, count] : report.deviations)
      text += line_of(Json{{"type", "deviation"},
                           {"subject", report.subject},
                           {"deviation", name},
                           {"shown", count.shown},
                           {"ideal", count.ideal}});
    for (const Violation& violation : report.violations) text += line_of(json_of(violation));
  }
  return text;
}

std::string report_junit(const std::vector<SubjectReport>& reports) {
  std::string text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"ovlspec\">\n";
  for (const SubjectReport& report : reports) {
    const auto results = results_of(report);
    const auto failures = std::count_if(results.begin(), results.end(), [](const RuleResult& r) { return r.fails(); });
    const auto skipped = std::count_if(results.begin(), results.end(),
                                       [](const RuleResult& r) { return !r.violations.empty() && !r.fails(); });
    const auto complaints = complaints_of(report);
    text += fmt::format(
        "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" "
        "time=\"{:.3f}\">\n",
        xml(report.subject), results.size() + complaints.size(), failures, complaints.size(), skipped, report.seconds);
    for (const RuleResult& result : results) text += junit_case(report, result);
    for (const std::string& complaint : complaints)
      text += fmt::format(
          "    <testcase classname=\"{}\" name=\"the run\">\n      <error message=\"{}\"/>\n"
          "    </testcase>\n",
          xml(report.subject), xml(complaint));
    text += "  </testsuite>\n";
  }
  return text + "</testsuites>\n";
}

std::string report_tap(const std::vector<SubjectReport>& reports) {
  std::string lines;
  std::size_t number = 0;
  for (const SubjectReport& report : reports) {
    for (const RuleResult& result : results_of(report)) lines += tap_rule(report, result, ++number);
    for (const std::string& complaint : complaints_of(report))
      lines += fmt::format("not ok {} - {} {}\n", ++number, tap_text(report.subject), tap_text(complaint));
  }
  return fmt::format("TAP version 14\n1..{}\n{}", number, lines);
}

std::string report_sarif(const std::vector<SubjectReport>& reports) {
  Json rules = Json::array();
  for (const model::RuleText& rule : model::kRules)
    rules.push_back({{"id", rule.id},
                     {"shortDescription", {{"text", rule.sentence}}},
                     {"help", {{"text", fmt::format("Source: {}", rule.source)}}}});
  Json results = Json::array();
  for (const SubjectReport& report : reports)
    for (const Violation& violation : report.violations) results.push_back(sarif_result(violation));
  const Json driver{{"name", "ovlspec"}, {"rules", std::move(rules)}};
  return line_of(Json{{"$schema", "https://json.schemastore.org/sarif-2.1.0.json"},
                      {"version", "2.1.0"},
                      {"runs", Json::array({{{"tool", {{"driver", driver}}}, {"results", std::move(results)}}})}},
                 2);
}

std::string suggested_known_issues(const std::vector<SubjectReport>& reports) {
  std::string text = "# Violations of this run as known issues: give each a reason and a link.\n";
  for (const SubjectReport& report : reports)
    for (const Violation& violation : report.violations) {
      if (!fails(violation)) continue;
      const std::string trace = std::filesystem::path(violation.file).filename().string();
      text += fmt::format("\n# {}\n[[known]]\nsubject = {}\nkey = {}\ntrace = {}\nreason = \"\"\nlink = \"\"\n",
                          toml_text(seen_text(violation.finding)), toml_text(violation.subject),
                          toml_text(violation.key), toml_text(trace));
    }
  return text;
}

std::optional<std::string> write_report_files(const std::vector<SubjectReport>& reports, const std::string& directory) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) return directory + ": " + error.message();
  std::vector<std::pair<const char*, std::string>> files = {{"report.jsonl", report_jsonl(reports)},
                                                            {"report.xml", report_junit(reports)},
                                                            {"report.tap", report_tap(reports)},
                                                            {"report.sarif", report_sarif(reports)},
                                                            {"index.html", report_page(reports)}};
  const bool found = std::any_of(reports.begin(), reports.end(), [](const SubjectReport& report) {
    return std::any_of(report.violations.begin(), report.violations.end(), fails);
  });
  if (found) files.emplace_back("known.toml", suggested_known_issues(reports));
  for (const auto& [name, text] : files) {
    const std::string path = directory + "/" + name;
    if (!write_file(path, text)) return path + ": cannot be written";
  }
  return std::nullopt;
}

}  // namespace ovlspec::oracle
