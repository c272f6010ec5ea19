#include "oracle/explore_progress.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <fstream>
#include <nlohmann/json.hpp>

namespace ovlspec::oracle {
namespace {

using Json = nlohmann::ordered_json;

Json ids_of(const model::RuleSet& rules) {
  Json ids = Json::array();
  for (std::size_t i = 0; i < model::kRuleCount; ++i)
    if (rules.test(i)) ids.push_back(model::kRules[i].id);
  return ids;
}

std::string line_of(std::uint64_t stack, const Explored& explored) {
  return Json{{"stack", stack},
              {"sequences", explored.sequences},
              {"answers", explored.answers},
              {"states", explored.states},
              {"merged", explored.merged},
              {"unjudged", explored.unjudged},
              {"digest", explored.digest},
              {"met", ids_of(explored.met)}}
             .dump() +
         "\n";
}

bool take_line(const std::string& line, std::map<std::uint64_t, Explored>& finished) {
  try {
    const Json json = Json::parse(line);
    const auto number = [&json](const char* name) { return json.at(name).get<std::uint64_t>(); };
    Explored& explored = finished[number("stack")];
    explored = {.sequences = number("sequences"),
                .answers = number("answers"),
                .states = number("states"),
                .merged = number("merged"),
                .unjudged = number("unjudged"),
                .digest = number("digest"),
                .met = {}};
    for (const Json& id : json.at("met"))
      if (const auto rule = model::rule_from_id(id.get<std::string>())) model::add(explored.met, *rule);
    return true;
  } catch (const Json::exception&) {
    return false;
  }
}

}  // namespace

std::optional<std::string> ExploreProgress::open(const std::string& path, const std::string& what,
                                                 ExploreProgress& progress) {
  progress.path_ = path;
  const std::string head = Json{{"explore", what}}.dump();
  std::uint64_t length = 0;
  {
    std::ifstream file(path, std::ios::binary);
    for (std::string line; std::getline(file, line) && !file.eof(); length += line.size() + 1) {
      if (length == 0 && line != head) return path + ": another exploration, or by another program: " + line;
      if (length > 0 && !take_line(line, progress.finished_)) break;
    }
  }
  progress.file_.reset(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
  if (!progress.file_.open() || ::ftruncate(progress.file_.get(), static_cast<off_t>(length)) != 0)
    return fmt::format("{}: {}", path, errno_name(last_error()));
  return length == 0 ? progress.append(head + "\n") : std::nullopt;
}

std::optional<std::string> ExploreProgress::add(std::uint64_t stack, const Explored& explored) {
  return append(line_of(stack, explored));
}

std::optional<std::string> ExploreProgress::append(const std::string& line) {
  if (::write(file_.get(), line.data(), line.size()) == static_cast<ssize_t>(line.size())) return std::nullopt;
  return fmt::format("{}: {}", path_, errno_name(last_error()));
}

}  // namespace ovlspec::oracle
