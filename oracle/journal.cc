#include "oracle/journal.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "oracle/program_digest.h"
#include "oracle/subject_programs.h"

namespace ovlspec::oracle {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kVersion = "1";

std::string listed(const std::vector<std::string>& words) { return Json(words).dump(); }

std::string line_of(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

// Whether the line is one of a journal, whose first has the head.
bool take_line(const std::string& line, JournalText& text) {
  const Json json = Json::parse(line, nullptr, false);
  if (!json.is_object()) return false;
  try {
    if (text.head.empty()) {
      text.head = json.at("journal").get<JournalHead>();
      return !text.head.empty();
    }
    const auto subject = json.at("subject").get<std::string>();
    JournalPart& part = text.parts[subject];
    part.next = json.at("next").get<std::uint64_t>();
    if (json.contains("ended")) {
      const Json& ended = json["ended"];
      part.ended = JournalEnd{.stale = ended.at("stale").get<std::vector<std::string>>(),
                              .failure = std::nullopt,
                              .stopped = ended.at("interrupted").get<bool>()};
      if (ended.at("failure").is_string()) part.ended->failure = ended["failure"].get<std::string>();
      return true;
    }
    auto played = parse_played(json.at("played").dump());
    if (!played) return false;
    part.played.push_back(std::move(*played));
    part.seconds += json.at("seconds").get<double>();
    part.ended.reset();
    return true;
  } catch (const Json::exception&) {
    return false;
  }
}

std::optional<std::string> refusal(const std::string& line, JournalText& text) {
  return take_line(line, text) ? std::nullopt : std::optional<std::string>("no line of a journal");
}

std::optional<std::string> difference(const JournalHead& found, const JournalHead& head) {
  for (const auto& [name, value] : head)
    if (const auto there = found.find(name); there == found.end() || there->second != value)
      return fmt::format("its campaign had another {}: {}, not {}", name, there == found.end() ? "none" : there->second,
                         value);
  return std::nullopt;
}

}  // namespace

JournalHead journal_head(const CheckOptions& options, const std::string& cases) {
  std::vector<std::string> profiles;
  for (const std::string& file : options.profiles) profiles.push_back(digest_of_file(file));
  std::vector<std::string> programs;
  for (const std::string& subject : options.subjects)
    for (std::string& program : programs_of(subject)) programs.push_back(std::move(program));
  return {{"version", kVersion},
          {"program", program_digest()},
          {"seed", std::to_string(options.seed)},
          {"shard", shard_text(options.shard)},
          {"subjects", listed(options.subjects)},
          {"operations", std::to_string(options.operations)},
          {"steered", options.steered ? "yes" : "no"},
          {"mutations", options.mutations ? "yes" : "no"},
          {"layers", listed(options.layers)},
          {"traces", options.traces},
          {"profiles", listed(options.profiles)},
          {"digests of profiles", listed(profiles)},
          {"digest of cases", cases},
          {"programs of subjects", listed(programs)}};
}

std::vector<std::string> listed_words(const std::string& value) {
  const Json json = Json::parse(value, nullptr, false);
  return json.is_array() ? json.get<std::vector<std::string>>() : std::vector<std::string>{};
}

JournalTextOrError read_journal(const std::string& path) {
  JournalText text;
  if (auto why = LineLog::read(path, [&text](const std::string& line) { return refusal(line, text); }))
    return {std::nullopt, std::move(*why)};
  if (text.head.empty()) return {std::nullopt, path + ": is no journal"};
  return {std::move(text), {}};
}

std::optional<std::string> Journal::open(const std::string& path, const JournalHead& head, Journal& journal) {
  JournalText& before = journal.before_;
  return journal.log_.open(path, line_of(Json{{"journal", head}}), [&](const std::string& line) {
    const bool is_head = before.head.empty();
    auto why = refusal(line, before);
    return why || !is_head ? why : difference(before.head, head);
  });
}

std::optional<std::string> Journal::add(const std::string& subject, std::uint64_t next, double seconds,
                                        const Played& played) {
  const Json json{{"subject", subject}, {"next", next}, {"seconds", seconds}};
  std::string line = line_of(json);
  // What is printed already is not parsed again.
  line.replace(line.size() - 1, 1, ",\"played\":" + print_played(played) + "}");
  return log_.append(line);
}

std::optional<std::string> Journal::end(const std::string& subject, std::uint64_t next, const JournalEnd& end) {
  const Json ended{
      {"stale", end.stale}, {"failure", end.failure ? Json(*end.failure) : Json()}, {"interrupted", end.stopped}};
  return log_.append(line_of(Json{{"subject", subject}, {"next", next}, {"ended", ended}}));
}

}  // namespace ovlspec::oracle
