#include "oracle/profile.h"

#include <toml++/toml.h>
#include <algorithm>
#include <fstream>
#include <sstream>

#include "oracle/profile_files.h"

namespace ovlspec::oracle {
namespace {

std::optional<Where> where_of(std::string_view word) {
  if (word == "any") return Where::kAny;
  if (word == "linked-lower") return Where::kLinkedLower;
  if (word == "lower") return Where::kLower;
  if (word == "lower-directory") return Where::kLowerDirectory;
  if (word == "several-file-systems") return Where::kSeveralFileSystems;
  if (word == "root") return Where::kRoot;
  if (word == "directory") return Where::kDirectory;
  if (word == "after-mutation") return Where::kAfterMutation;
  return std::nullopt;
}

std::optional<Action> action_of(std::string_view word) {
  if (word == "permit") return Action::kPermit;
  if (word == "relax") return Action::kRelax;
  if (word == "end") return Action::kEnd;
  return std::nullopt;
}

std::optional<Shows> shows_of(std::string_view word) {
  if (word == "always") return Shows::kAlways;
  if (word == "sometimes") return Shows::kSometimes;
  if (word == "rarely") return Shows::kRarely;
  return std::nullopt;
}

std::vector<std::string> words_of(const toml::table& table, std::string_view key) {
  std::vector<std::string> words;
  if (const toml::array* array = table[key].as_array())
    for (const auto& item : *array) words.push_back(item.value_or(std::string{}));
  return words;
}

std::string text_of_key(const toml::table& table, std::string_view key) { return table[key].value_or(std::string{}); }

struct DeviationOrError {
  Deviation deviation;
  std::string error;
};

DeviationOrError read_deviation(const toml::table& table) {
  DeviationOrError result;
  Deviation& deviation = result.deviation;
  const std::string id = text_of_key(table, "rule");
  const auto rule = model::rule_from_id(id);
  const auto where = where_of(table["where"].value_or("any"));
  const auto action = action_of(text_of_key(table, "action"));
  const auto shows = shows_of(table["shows"].value_or("sometimes"));
  const std::string error = text_of_key(table, "errno");
  if (!rule) result.error = "no rule has the ID `" + id + "`";
  if (!where) result.error = id + ": `where` is none of its words";
  if (!action) result.error = id + ": `action` is not permit, relax or end";
  if (!shows) result.error = id + ": `shows` is not always, sometimes or rarely";
  if (!error.empty() && !errno_from_name(error)) result.error = id + ": no error is named `" + error + "`";
  deviation.source = text_of_key(table, "source");
  deviation.reason = text_of_key(table, "reason");
  if (deviation.source.empty() || deviation.reason.empty()) result.error = id + ": source and reason must be given";
  if (!result.error.empty()) return result;
  deviation.rule = *rule;
  deviation.where = *where;
  deviation.action = *action;
  deviation.shows = *shows;
  if (!error.empty()) deviation.error = errno_from_name(error);
  deviation.versions = text_of_key(table, "versions");
  deviation.seen = text_of_key(table, "seen");
  deviation.operations = words_of(table, "operations");
  deviation.when = words_of(table, "when");
  deviation.unless = words_of(table, "unless");
  return result;
}

bool has(const std::vector<std::string>& options, const std::string& option) {
  return std::find(options.begin(), options.end(), option) != options.end();
}

bool is_for(const Deviation& deviation, const std::vector<std::string>& options) {
  const auto given = [&options](const std::string& option) { return has(options, option); };
  return std::all_of(deviation.when.begin(), deviation.when.end(), given) &&
         std::none_of(deviation.unless.begin(), deviation.unless.end(), given);
}

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const auto comma = text.find(',');
    parts.emplace_back(text.substr(0, comma));
    text = comma == std::string_view::npos ? std::string_view{} : text.substr(comma + 1);
  }
  return parts;
}

}  // namespace

ProfileOrError parse_profile(std::string_view toml, const std::vector<std::string>& options) {
  ProfileOrError result;
  toml::table root;
  try {
    root = toml::parse(toml);
  } catch (const toml::parse_error& error) {
    result.error = std::string(error.description());
    return result;
  }
  result.profile.subject = text_of_key(root, "subject");
  result.profile.features = words_of(root, "features");
  const toml::array* deviations = root["deviation"].as_array();
  if (deviations == nullptr) return result;
  for (const auto& item : *deviations) {
    if (!item.is_table()) continue;
    DeviationOrError read = read_deviation(*item.as_table());
    if (!read.error.empty()) return ProfileOrError{{}, read.error};
    if (is_for(read.deviation, options)) result.profile.deviations.push_back(std::move(read.deviation));
  }
  return result;
}

ProfileOrError profile_of(std::string_view subject, const std::vector<std::string>& files) {
  const auto colon = subject.find(':');
  const auto name = subject.substr(0, colon);
  const auto options = colon == std::string_view::npos ? std::vector<std::string>{} : split(subject.substr(colon + 1));
  for (const std::string& path : files) {
    std::ifstream file(path);
    std::stringstream text;
    text << file.rdbuf();
    if (!file) return ProfileOrError{{}, path + ": cannot be read"};
    ProfileOrError read = parse_profile(text.str(), options);
    if (!read.error.empty()) read.error = path + ": " + read.error;
    const std::string& wanted = read.profile.subject;
    if (!read.error.empty() || wanted.empty() || wanted == name || wanted == subject) return read;
  }
  for (const ProfileFile& file : kProfileFiles)
    if (file.subject == name) return parse_profile(file.toml, options);
  return {};
}

}  // namespace ovlspec::oracle
