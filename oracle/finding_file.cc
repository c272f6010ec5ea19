#include "oracle/finding_file.h"

#include <fmt/format.h>
#include <algorithm>
#include <filesystem>
#include <fstream>

#include "oracle/trace_text.h"
#include "oracle/trace_words.h"

namespace ovlspec::oracle {
namespace {

// Of letters, digits and dashes, and not too long: subjects are command lines, too.
std::string plain(const std::string& text) {
  constexpr std::size_t kLength = 60;
  std::string name;
  for (const char c : text.substr(0, kLength)) {
    const bool fits = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.';
    if (fits || (!name.empty() && name.back() != '-')) name += fits ? c : '-';
  }
  return name;
}

std::string file_name(const Violation& violation) {
  return plain(violation.subject) + "-" + plain(violation.key) + ".trace";
}

}  // namespace

std::optional<std::string> save_violation(const Violation& violation, const std::string& directory) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) return std::nullopt;
  const std::string path = directory + "/" + file_name(violation);
  const model::RuleText& rule = text_of(violation.finding.rule);
  std::string what = violation.finding.what;
  std::replace(what.begin(), what.end(), '\n', ' ');
  const std::string text = print_text(violation.trace);
  const auto header = text.find('\n') + 1;
  std::ofstream file(path);
  file << text.substr(0, header)
       << fmt::format("# {} breaks {}: {}\n# source: {}\n# at event {}: {}\n", violation.subject, rule.id,
                      rule.sentence, rule.source, violation.finding.event + 1, what)
       << fmt::format("# key: {}\n", violation.key) << text.substr(header);
  file.close();
  return file ? std::optional(path) : std::nullopt;
}

void remove_file(const std::string& path) {
  std::error_code ignored;
  std::filesystem::remove(path, ignored);
}

}  // namespace ovlspec::oracle
