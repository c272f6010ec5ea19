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

constexpr std::string_view kCase = " case ";

// Whose violation a file is, and of which case, is in its first comments.
std::optional<std::uint64_t> case_as_met(const std::string& subject, const std::filesystem::path& path) {
  if (path.extension() != ".trace") return std::nullopt;
  std::ifstream file(path);
  bool is_of_subject = false;
  std::string line;
  std::getline(file, line);
  while (std::getline(file, line) && line.starts_with("# ")) {
    is_of_subject = is_of_subject || line.starts_with("# " + subject + " breaks ");
    const auto at = line.rfind(kCase);
    if (is_of_subject && line.starts_with("# key: ") && at != std::string::npos)
      return parse_number<std::uint64_t>(std::string_view(line).substr(at + kCase.size()));
  }
  return std::nullopt;
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

std::string key_as_met(const std::string& key, std::uint64_t number) {
  return fmt::format("{}{}{}", key, kCase, number);
}

std::map<std::uint64_t, std::vector<std::string>> saved_as_met(const std::string& subject,
                                                               const std::string& directory) {
  std::map<std::uint64_t, std::vector<std::string>> saved;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(directory, ignored))
    if (const auto number = case_as_met(subject, entry.path())) saved[*number].push_back(entry.path().string());
  return saved;
}

void remove_file(const std::string& path) {
  std::error_code ignored;
  std::filesystem::remove(path, ignored);
}

}  // namespace ovlspec::oracle
