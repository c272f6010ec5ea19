// Played as JSON, for journals and between processes.
#include <nlohmann/json.hpp>

#include "oracle/played.h"
#include "oracle/trace_text.h"
#include "oracle/trace_words.h"

namespace ovlspec::oracle {
namespace {

using Json = nlohmann::ordered_json;

// Which rules met, four bits a digit. Of one case that follows from the rules.
std::string pairs_text(const Coverage& coverage) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (std::size_t i = 0; i < coverage.pairs.size(); i += 4) {
    unsigned digit = 0;
    for (std::size_t bit = 0; bit < 4 && i + bit < coverage.pairs.size(); ++bit)
      digit |= static_cast<unsigned>(coverage.pairs.test(i + bit)) << bit;
    text += kDigits[digit];
  }
  return text;
}

void read_pairs(const std::string& text, Coverage& coverage) {
  for (std::size_t i = 0; i < coverage.pairs.size(); ++i)
    coverage.pairs.set(i, (*hex_digit(text.at(i / 4)) >> (i % 4) & 1U) != 0);
}

Json json_of(const Coverage& coverage, std::uint64_t cases) {
  Json rules = Json::object();
  for (std::size_t i = 0; i < model::kRuleCount; ++i)
    if (coverage.rules[i] > 0) rules[std::string(model::kRules[i].id)] = coverage.rules[i];
  Json answers = Json::array();
  for (const auto& [answered, count] : coverage.answers)
    answers.push_back(
        {operation_word(operation_from_index(answered.first)), std::string(errno_name(answered.second)), count});
  Json json{{"rules", std::move(rules)}, {"answers", std::move(answers)}};
  if (cases > 1) json["pairs"] = pairs_text(coverage);
  return json;
}

// An operation is written as the trace of it alone.
std::string text_of_operation(const Operation& operation) {
  Trace trace;
  trace.lowers.emplace_back();
  trace.callers.push_back({"root", superuser()});
  trace.events.emplace_back(Step{0, operation});
  return print_text(trace);
}

Operation operation_of_text(const std::string& text) {
  const TraceOrError parsed = parse_text(text);
  if (!parsed.ok() || parsed.trace->events.size() != 1) throw std::invalid_argument("no operation");
  return std::get<Step>(parsed.trace->events.front()).operation;
}

Json json_of(const Sighting& sighting) {
  Json json{{"kind", sighting.kind}};
  if (!sighting.small) return json;
  const Violation& violation = *sighting.small;
  json["rule"] = text_of(violation.finding.rule).id;
  json["case"] = violation.number;
  json["event"] = violation.finding.event;
  if (violation.finding.operation) json["operation"] = text_of_operation(*violation.finding.operation);
  json["observed"] = violation.finding.observed;
  json["what"] = hex_text(violation.finding.what);
  json["key"] = violation.key;
  json["replays"] = violation.steadiness.replays;
  json["shown"] = violation.steadiness.shown;
  json["trace"] = print_text(violation.trace);
  return json;
}

Sighting sighting_of(const Json& json) {
  Sighting sighting{.kind = json.at("kind").get<std::string>(), .small = std::nullopt};
  if (!json.contains("rule")) return sighting;
  Violation& violation = sighting.small.emplace();
  violation.finding.rule = model::rule_from_id(json.at("rule").get<std::string>()).value();
  violation.finding.event = json.at("event").get<std::size_t>();
  if (json.contains("operation")) violation.finding.operation = operation_of_text(json["operation"].get<std::string>());
  violation.finding.observed = json.at("observed").get<bool>();
  violation.finding.what = parse_hex(json.at("what").get<std::string>()).value();
  violation.key = json.at("key").get<std::string>();
  violation.number = json.at("case").get<std::uint64_t>();
  violation.steadiness = {.replays = json.at("replays").get<unsigned>(), .shown = json.at("shown").get<unsigned>()};
  TraceOrError trace = parse_text(json.at("trace").get<std::string>());
  violation.trace = std::move(trace.trace).value();
  return sighting;
}

Coverage coverage_of(const Json& json) {
  Coverage coverage;
  for (const auto& [id, count] : json.at("rules").items())
    coverage.rules[static_cast<std::size_t>(model::rule_from_id(id).value())] = count.get<std::uint64_t>();
  if (json.contains("pairs")) {
    read_pairs(json["pairs"].get<std::string>(), coverage);
  } else {
    const model::RuleSet met = coverage.met();
    coverage.rules = {};
    coverage.add_case(met);
  }
  for (const Json& answer : json.at("answers")) {
    const std::size_t operation = operation_from_word(answer.at(0).get<std::string>()).value().index();
    const Errno error = errno_from_name(answer.at(1).get<std::string>()).value();
    coverage.answers[{operation, error}] = answer.at(2).get<std::uint64_t>();
  }
  return coverage;
}

Played played_of(const Json& json) {
  Played played{.cases = json.at("cases").get<std::uint64_t>(),
                .operations = json.at("operations").get<std::uint64_t>(),
                .unjudged = json.at("unjudged").get<std::uint64_t>(),
                .failed_at_end = json.at("failed-at-end").get<std::uint64_t>(),
                .coverage = coverage_of(json.at("coverage"))};
  for (const Json& count : json.at("deviations"))
    played.deviations[count.at(0).get<std::size_t>()] = {.ideal = count.at(1).get<std::uint64_t>(),
                                                         .shown = count.at(2).get<std::uint64_t>()};
  for (const auto& [word, shown] : json.at("shown").items())
    for (std::size_t i = 0; i < kEmphases; ++i)
      if (kEmphasisWords[i] == word)
        played.shown[i] = {.cases = shown.at(0).get<std::uint64_t>(), .novelty = shown.at(1).get<std::uint64_t>()};
  played.declined = json.at("declined").get<std::map<std::string, std::uint64_t>>();
  played.failures = json.at("failures").get<std::map<std::string, std::uint64_t>>();
  for (const Json& sighting : json.at("sightings")) played.sightings.push_back(sighting_of(sighting));
  return played;
}

}  // namespace

std::string print_played(const Played& played) {
  Json deviations = Json::array();
  for (const auto& [place, count] : played.deviations) deviations.push_back({place, count.ideal, count.shown});
  Json shown = Json::object();
  for (std::size_t i = 0; i < kEmphases; ++i)
    if (played.shown[i].cases > 0)
      shown[std::string(kEmphasisWords[i])] = {played.shown[i].cases, played.shown[i].novelty};
  Json sightings = Json::array();
  for (const Sighting& sighting : played.sightings) sightings.push_back(json_of(sighting));
  const Json json{{"cases", played.cases},
                  {"operations", played.operations},
                  {"unjudged", played.unjudged},
                  {"failed-at-end", played.failed_at_end},
                  {"coverage", json_of(played.coverage, played.cases)},
                  {"deviations", std::move(deviations)},
                  {"shown", std::move(shown)},
                  {"declined", played.declined},
                  {"failures", played.failures},
                  {"sightings", std::move(sightings)}};
  // Words of a subject need be no UTF-8.
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::optional<Played> parse_played(const std::string& text) {
  try {
    return played_of(Json::parse(text));
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

}  // namespace ovlspec::oracle
