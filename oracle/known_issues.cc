#include "oracle/known_issues.h"

#include <toml++/toml.h>

#include <chrono>
#include <ctime>
#include <filesystem>
#include <sstream>

#include "oracle/trace_file.h"

namespace ovlspec::oracle {
namespace {

std::string date_of(const toml::table& table) {
  if (const auto* date = table["expires"].as_date()) {
    std::ostringstream text;
    text << date->get();
    return text.str();
  }
  return table["expires"].value_or(std::string());
}

std::string read_issue(const toml::table& table, const std::filesystem::path& directory, KnownIssue& issue) {
  const auto text = [&table](const char* key) { return table[key].value_or(std::string()); };
  issue.subject = text("subject");
  issue.key = text("key");
  issue.reason = text("reason");
  issue.link = text("link");
  issue.expires = date_of(table);
  for (const char* key : {"subject", "key", "trace", "reason", "link"})
    if (text(key).empty()) return "known `" + issue.key + "`: `" + key + "` must be given";
  issue.file = (directory / text("trace")).string();
  TraceOrError loaded = load_trace(issue.file);
  if (!loaded.ok()) return issue.file + ": " + loaded.error.describe();
  issue.trace = std::move(*loaded.trace);
  return {};
}

}  // namespace

KnownIssuesOrError load_known_issues(const std::string& path) {
  KnownIssuesOrError result;
  toml::table root;
  try {
    root = toml::parse_file(path);
  } catch (const toml::parse_error& error) {
    result.error = path + ": " + std::string(error.description());
    return result;
  }
  const toml::array* known = root["known"].as_array();
  if (known == nullptr) return result;
  for (const auto& item : *known) {
    if (!item.is_table()) continue;
    const std::string error =
        read_issue(*item.as_table(), std::filesystem::path(path).parent_path(), result.issues.emplace_back());
    if (!error.empty()) return KnownIssuesOrError{{}, path + ": " + error};
  }
  return result;
}

bool is_of(const KnownIssue& issue, std::string_view name) {
  return issue.subject == name || issue.subject == name.substr(0, name.find(':'));
}

bool has_expired(const KnownIssue& issue, std::string_view today) {
  return !issue.expires.empty() && issue.expires <= today;
}

std::string today() {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  char text[sizeof "2000-01-01"];
  std::strftime(text, sizeof text, "%Y-%m-%d", &parts);
  return text;
}

}  // namespace ovlspec::oracle
