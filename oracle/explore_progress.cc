#include "oracle/explore_progress.h"

#include <nlohmann/json.hpp>
#include <utility>

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
      .dump();
}

bool take_line(const std::string& line, std::map<std::uint64_t, Explored>& finished) {
  try {
    const Json json = Json::parse(line);
    const auto number = [&json](const char* name) { return json.at(name).get<std::uint64_t>(); };
    Explored explored = {.sequences = number("sequences"),
                         .answers = number("answers"),
                         .states = number("states"),
                         .merged = number("merged"),
                         .unjudged = number("unjudged"),
                         .digest = number("digest"),
                         .met = {}};
    for (const Json& id : json.at("met")) model::add(explored.met, model::rule_from_id(id.get<std::string>()).value());
    finished[number("stack")] = explored;
    return true;
  } catch (const std::exception&) {
    return false;
  }
}

}  // namespace

std::optional<std::string> ExploreProgress::open(const std::string& path, const std::string& what,
                                                 ExploreProgress& progress) {
  const std::string head = Json{{"explore", what}}.dump();
  bool is_head = true;
  return progress.log_.open(path, head, [&](const std::string& line) -> std::optional<std::string> {
    if (std::exchange(is_head, false))
      return line == head ? std::nullopt : std::optional("another exploration, or by another program: " + line);
    if (take_line(line, progress.finished_)) return std::nullopt;
    return "no line of an exploration";
  });
}

std::optional<std::string> ExploreProgress::add(std::uint64_t stack, const Explored& explored) {
  return log_.append(line_of(stack, explored));
}

}  // namespace ovlspec::oracle
