#include "oracle/report_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "oracle/finding_key.h"
#include "oracle/known_issues.h"
#include "oracle/report.h"
#include "oracle/report_calls.h"
#include "oracle/trace_text.h"

namespace ovlspec::oracle {
namespace {

using model::Rule;

std::string letter_of(std::size_t subject) {
  constexpr std::size_t kLetters = 26;
  if (subject < kLetters) return std::string(1, static_cast<char>('A' + subject));
  return std::to_string(subject + 1);
}

std::string tag(const char* kind, const std::string& text) {
  return fmt::format("<span class=\"tag {}\">{}</span>", kind, html_text(text));
}

const char* kind_of(const SubjectReport& report) {
  const std::string verdict = verdict_of(report);
  return verdict == "conforms" ? "good" : verdict == "violations" ? "bad" : "known";
}

std::string times_text(std::size_t times, const std::string& what) {
  return fmt::format("{} {}{}", times, what, times == 1 ? "" : "s");
}

std::string subjects_text(const std::vector<SubjectReport>& reports) {
  std::string text = "<ul class=\"subjects\">\n";
  for (std::size_t i = 0; i < reports.size(); ++i) {
    const SubjectReport& report = reports[i];
    text += fmt::format(
        "<li class=\"panel\"><div class=\"name\"><span class=\"letter\">{}</span><span>{}</span></div>\n"
        "<p>{} <span class=\"soft small\">{}, {}, {} judged</span></p>\n",
        letter_of(i), html_text(report.subject), tag(kind_of(report), verdict_of(report)),
        times_text(report.violations.size(), "violation"), times_text(report.cases, "case"),
        times_text(report.operations, "operation"));
    if (report.failure) text += "<p class=\"small soft\">" + html_text(*report.failure) + "</p>\n";
    text += "</li>\n";
  }
  return text + "</ul>\n";
}

// How often the rule's deviations were seen.
std::uint64_t deviations_of(const SubjectReport& report, const model::RuleText& rule) {
  const std::string beginning = std::string(rule.id) + ":";
  std::uint64_t times = 0;
  for (const auto& [name, count] : report.deviations)
    if (name.rfind(beginning, 0) == 0) times += count.shown;
  return times;
}

std::string anchor_of(std::size_t subject, std::size_t violation) {
  return fmt::format("violation-{}-{}", letter_of(subject), violation + 1);
}

std::string cell(const SubjectReport& report, std::size_t subject, std::size_t rule) {
  std::size_t broken = 0;
  std::size_t first = 0;
  bool all_known = true;
  for (std::size_t i = report.violations.size(); i > 0; --i) {
    const Violation& violation = report.violations[i - 1];
    if (static_cast<std::size_t>(violation.finding.rule) != rule) continue;
    ++broken;
    first = i - 1;
    all_known = all_known && violation.known.has_value();
  }
  if (broken > 0)
    return fmt::format("<td class=\"cell {}\"><a href=\"#{}\" title=\"broken: {}\">{} &#10007;</a></td>",
                       all_known ? "known" : "bad", anchor_of(subject, first), times_text(broken, "violation"), broken);
  if (const std::uint64_t times = deviations_of(report, model::kRules[rule]); times > 0)
    return fmt::format("<td class=\"cell known\" title=\"a deviation that its profile names, seen {}\">&#8776;</td>",
                       times_text(times, "time"));
  if (report.met.test(rule)) return "<td class=\"cell good\" title=\"met, and kept\">&#10003;</td>";
  return "<td class=\"cell soft\" title=\"not met\">&#183;</td>";
}

// Rows of the rules that `shows` has a place for.
template <typename Shows>
std::string matrix(const std::vector<SubjectReport>& reports, const Shows& shows) {
  std::string text = "<div class=\"panel scroll\"><table>\n<thead><tr><th scope=\"col\">Rule</th>";
  for (std::size_t i = 0; i < reports.size(); ++i)
    text += fmt::format("<th scope=\"col\" class=\"cell\" title=\"{}\">{}</th>", html_text(reports[i].subject),
                        letter_of(i));
  text += "</tr></thead>\n<tbody>\n";
  for (std::size_t rule = 0; rule < model::kRuleCount; ++rule) {
    if (!shows(rule)) continue;
    text += fmt::format("<tr><th scope=\"row\"><span class=\"id\">{}</span><span class=\"soft\">{}</span></th>",
                        model::kRules[rule].id, html_text(model::kRules[rule].sentence));
    for (std::size_t i = 0; i < reports.size(); ++i) text += cell(reports[i], i, rule);
    text += "</tr>\n";
  }
  return text + "</tbody></table></div>\n";
}

std::string matrices(const std::vector<SubjectReport>& reports) {
  const auto is_guarantee = [](std::size_t rule) { return model::kRules[rule].id.substr(0, 3) == "ID-"; };
  const auto is_special = [&](std::size_t rule) {
    return std::any_of(reports.begin(), reports.end(), [rule](const SubjectReport& report) {
      const auto& violations = report.violations;
      return deviations_of(report, model::kRules[rule]) > 0 ||
             std::any_of(violations.begin(), violations.end(), [rule](const Violation& violation) {
               return static_cast<std::size_t>(violation.finding.rule) == rule;
             });
    });
  };
  const std::string legend =
      "<p class=\"legend\"><span>&#10003; met, and kept</span><span>&#10007; broken, how many ways</span>"
      "<span>&#8776; a deviation that its profile names</span><span>&#183; not met</span></p>\n";
  std::string text = "<h2>Guarantees of identity</h2>\n" + matrix(reports, is_guarantee) + legend;
  const auto is_other_special = [&](std::size_t rule) { return !is_guarantee(rule) && is_special(rule); };
  bool any = false;
  for (std::size_t rule = 0; rule < model::kRuleCount; ++rule) any = any || is_other_special(rule);
  if (any) text += "<h2>Rules that somebody does not keep</h2>\n" + matrix(reports, is_other_special);
  const auto is_rest = [&](std::size_t rule) { return !is_guarantee(rule) && !is_special(rule); };
  return text + "<details><summary>All other rules</summary>\n" + matrix(reports, is_rest) + "</details>\n";
}

std::string steps_text(const Violation& violation) {
  std::string text = "<ol class=\"steps\">\n";
  for (std::size_t i = 0; i < violation.trace.events.size(); ++i) {
    const Event& event = violation.trace.events[i];
    const char* kind = std::holds_alternative<Step>(event)     ? "step"
                       : std::holds_alternative<Mutate>(event) ? "change"
                                                               : "stack";
    std::string line = event_text(event, violation.trace.callers);
    line = line.substr(0, line.find('\n'));
    text += fmt::format("<li class=\"{}{}\"><code>{}</code></li>\n", kind, i == violation.finding.event ? " here" : "",
                        html_text(line));
  }
  return text + "</ol>\n";
}

std::string files_text(const Violation& violation) {
  const auto link = [](const std::string& file) {
    const std::string name = html_text(std::filesystem::path(file).filename().string());
    return fmt::format("<a href=\"{0}\"><code>{0}</code></a>", name);
  };
  std::string text = "<ul class=\"files\">\n";
  for (const Reproducer& reproducer : violation.reproducers) {
    const std::string what =
        reproducer.file.empty() ? std::string(words_of(reproducer.language)) : link(reproducer.file);
    text += fmt::format("<li>{} <span class=\"soft\">{}</span></li>\n", what, html_text(words_of(reproducer)));
  }
  if (!violation.file.empty()) text += "<li>" + link(violation.file) + " <span class=\"soft\">the trace</span></li>\n";
  return text + "</ul>\n";
}

model::Layers images_of(const Trace& trace) {
  model::Layers layers;
  for (const LayerImage& lower : trace.lowers) layers.lowers.push_back(lower.layer);
  if (trace.upper) layers.upper = trace.upper->layer;
  return layers;
}

std::string violation_article(const Violation& violation, const std::string& anchor) {
  const Finding& finding = violation.finding;
  const model::RuleText& rule = text_of(finding.rule);
  const char* status = violation.known ? "known" : violation.steadiness.is_flaky() ? "flaky" : "new";
  std::string text = fmt::format(
      "<article class=\"violation panel\" id=\"{}\">\n<header><h3>{}</h3>{}<span class=\"soft small\">{}</span>"
      "</header>\n<p>{}</p>\n<p class=\"soft small\">Source: {}</p>\n",
      anchor, rule.id, tag(violation.known ? "known" : "bad", status), html_text(violation.subject),
      html_text(rule.sentence), html_text(rule.source));
  if (violation.known)
    text += fmt::format("<p class=\"small\">{} (<code>{}</code>)</p>\n", html_text(violation.known->reason),
                        html_text(violation.known->link));
  const SeenAndPermitted words = seen_and_permitted(finding.what);
  const std::string place = finding.operation ? operation_text(*finding.operation) : "the layers, or the mount";
  text += fmt::format(
      "<div class=\"verdict\"><div><h4>Asked{}</h4><code>{}</code></div><div "
      "class=\"seen\"><h4>Seen</h4><code>{}</code>"
      "</div>",
      finding.observed ? ", in a walk through the tree" : "", html_text(place), html_text(words.seen));
  if (!words.permitted.empty())
    text += fmt::format("<div class=\"permitted\"><h4>Permitted</h4><code>{}</code></div>", html_text(words.permitted));
  const model::Layers before = images_of(violation.trace);
  text += fmt::format("</div>\n<div class=\"story\">\n<section><h4>Layers before</h4>\n{}</section>\n",
                      drawing_of(before, nullptr));
  text += fmt::format("<section><h4>Steps</h4>\n{}</section>\n", steps_text(violation));
  if (violation.layers_after)
    text += fmt::format("<section><h4>Layers as they were then</h4>\n{}</section>\n",
                        drawing_of(*violation.layers_after, &before));
  return text + "</div>\n" + files_text(violation) + "</article>\n";
}

std::string violations_text(const std::vector<SubjectReport>& reports) {
  std::string text;
  for (std::size_t i = 0; i < reports.size(); ++i) {
    if (reports[i].violations.empty()) continue;
    text += fmt::format("<h2>Violations by {}</h2>\n", html_text(reports[i].subject));
    for (std::size_t j = 0; j < reports[i].violations.size(); ++j)
      text += violation_article(reports[i].violations[j], anchor_of(i, j));
  }
  return text;
}

}  // namespace

std::string html_text(std::string_view text, Newlines newlines) {
  std::string escaped;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool is_kept = (byte >= 0x20 && byte < 0x7f) || (c == '\n' && newlines == Newlines::kKept);
    switch (c) {
      case '<': escaped += "&lt;"; break;
      case '>': escaped += "&gt;"; break;
      case '&': escaped += "&amp;"; break;
      case '"': escaped += "&quot;"; break;
      default: escaped += is_kept ? std::string(1, c) : fmt::format("\\x{:02x}", byte);
    }
  }
  return escaped;
}

SeenAndPermitted seen_and_permitted(const std::string& what) {
  for (const std::string_view between : {", permitted: ", ", expected ", ", it was ", ", the mount's is "}) {
    const auto at = what.find(between);
    if (at == std::string::npos) continue;
    const bool is_before = between == ", it was ";
    return {.seen = what.substr(0, at),
            .permitted = (is_before ? "as before: " : "") + what.substr(at + between.size())};
  }
  return {.seen = what, .permitted = {}};
}

std::string report_page(const std::vector<SubjectReport>& reports) {
  std::size_t violations = 0;
  std::size_t known = 0;
  for (const SubjectReport& report : reports)
    for (const Violation& violation : report.violations) ++(violation.known ? known : violations);
  const std::string sum = fmt::format("{} judged, {}{}.", times_text(reports.size(), "subject"),
                                      violations == 0 ? "no new violation" : times_text(violations, "new violation"),
                                      known == 0 ? "" : fmt::format(", {} known", known));
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<link rel=\"icon\" href=\"data:,\">\n"
      "<title>Overlays, judged</title>\n<style>\n{}</style>\n</head>\n<body>\n<h1>Overlays, judged</h1>\n"
      "<p class=\"soft\">{}</p>\n<h2>Subjects</h2>\n{}{}{}</body>\n</html>\n",
      reproducer_file("report_page.css"), sum, subjects_text(reports), matrices(reports), violations_text(reports));
}

}  // namespace ovlspec::oracle
