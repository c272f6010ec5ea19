#include "oracle/finding_file.h"

#include <fmt/format.h>
#include <algorithm>
#include <filesystem>
#include <fstream>

#include "oracle/trace_text.h"
#include "oracle/trace_words.h"

namespace ovlspec::oracle {
namespace {

std::string file_name(const Violation& violation) {
  const std::string operation =
      violation.finding.operation ? std::string(operation_word(*violation.finding.operation)) : "layers";
  std::string name = fmt::format("{}-{}-{}", violation.subject, text_of(violation.finding.rule).id, operation);
  std::replace_if(
      name.begin(), name.end(), [](char c) { return c == '/' || c == ':' || c == ',' || c == '='; }, '-');
  return name + ".trace";
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
       << text.substr(header);
  file.close();
  return file ? std::optional(path) : std::nullopt;
}

}  // namespace ovlspec::oracle
