#include "oracle/summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <set>

#include "oracle/journal.h"
#include "oracle/known_issues.h"
#include "oracle/ledger.h"
#include "oracle/report.h"
#include "oracle/report_files.h"

namespace ovlspec::oracle {
namespace {

struct Source {
  std::string path;
  JournalText text;
};

std::string value_of(const JournalHead& head, const std::string& name) {
  const auto found = head.find(name);
  return found == head.end() ? "" : found->second;
}

// A campaign without its shard.
JournalHead without_shard(JournalHead head) {
  head.erase("shard");
  return head;
}

Shard shard_of(const Source& source) { return parse_shard(value_of(source.text.head, "shard")).value_or(Shard()); }

std::string journal_of(const std::string& path) {
  std::error_code error;
  return std::filesystem::is_directory(path, error) ? path + "/journal.jsonl" : path;
}

// One subject's parts of all journals.
class Summary {
 public:
  Summary(const std::string& subject, const JournalHead& head, const std::vector<KnownIssue>& known,
          const std::string& out)
      : profile_(profile_of(subject, profiles_of(head))),
        ledger_(subject, Ledger::Context{.profile = profile_.profile, .known = known, .out = out}) {}

  const std::string& error() const { return profile_.error; }

  // What the campaign had the subject play; null where it came to nothing.
  void add(const JournalPart* found) {
    static const JournalPart kNothing;
    const JournalPart& part = found != nullptr ? *found : kNothing;
    SubjectReport& report = ledger_.report();
    for (const Played& played : part.played) ledger_.add(played);
    report.seconds += part.seconds;
    report.stopped = report.stopped || !part.ended || part.ended->stopped;
    if (!part.ended) return;
    if (!report.failure) report.failure = part.ended->failure;
    for (const std::string& key : part.ended->stale)
      if (std::find(report.stale.begin(), report.stale.end(), key) == report.stale.end()) report.stale.push_back(key);
  }

  SubjectReport finish() {
    ledger_.find_unexpected();
    return std::move(ledger_.report());
  }

 private:
  static std::vector<std::string> profiles_of(const JournalHead& head) {
    return listed_words(value_of(head, "profiles"));
  }

  ProfileOrError profile_;
  Ledger ledger_;
};

// Shards that are there twice would count twice; nothing where each is there once.
std::optional<std::string> twice(const std::vector<Source>& sources) {
  std::map<JournalHead, std::string> seen;
  for (const Source& source : sources)
    if (const auto [other, is_new] = seen.emplace(source.text.head, source.path); !is_new)
      return fmt::format("{} and {}: the same shard of the same campaign", other->second, source.path);
  return std::nullopt;
}

// Deviations are counted by their places in profiles: those must be this program's, and the same everywhere.
std::optional<std::string> of_another_kind(const std::vector<Source>& sources) {
  const JournalHead own = journal_head(CheckOptions{}, "");
  const JournalHead& first = sources.front().text.head;
  for (const Source& source : sources)
    for (const auto& [name, expected] : {std::pair{"version", own.at("version")},
                                         {"program", own.at("program")},
                                         {"profiles", value_of(first, "profiles")},
                                         {"digests of profiles", value_of(first, "digests of profiles")}})
      if (value_of(source.text.head, name) != expected)
        return fmt::format("{}: its campaign had another {}", source.path, name);
  return std::nullopt;
}

// Shards of two counts have cases in common.
std::optional<std::string> of_another_count(const std::vector<Source>& sources) {
  std::map<JournalHead, const Source*> seen;
  for (const Source& source : sources) {
    const Source& first = *seen.emplace(without_shard(source.text.head), &source).first->second;
    if (shard_of(first).count != shard_of(source).count)
      return fmt::format("{} and {}: shards {} and {} of one campaign, which are not parts of one whole", first.path,
                         source.path, shard_text(shard_of(first)), shard_text(shard_of(source)));
  }
  return std::nullopt;
}

std::vector<std::string> missing_shards(const std::vector<Source>& sources) {
  std::map<JournalHead, std::set<std::uint64_t>> there;
  std::map<JournalHead, std::uint64_t> counts;
  for (const Source& source : sources) {
    const JournalHead campaign = without_shard(source.text.head);
    there[campaign].insert(shard_of(source).index);
    counts[campaign] = shard_of(source).count;
  }
  std::vector<std::string> missing;
  for (const auto& [head, shards] : there)
    for (std::uint64_t index = 1; index <= counts[head]; ++index)
      if (shards.count(index) == 0) missing.push_back(shard_text({.index = index, .count = counts[head]}));
  return missing;
}

std::optional<std::string> read_all(const std::vector<std::string>& paths, std::vector<Source>& sources) {
  for (const std::string& path : paths) {
    JournalTextOrError read = read_journal(journal_of(path));
    if (!read.text) return read.error;
    sources.push_back({.path = path, .text = std::move(*read.text)});
  }
  if (const auto why = of_another_kind(sources)) return why;
  if (const auto why = twice(sources)) return why;
  return of_another_count(sources);
}

// By subject, in the order in which they are met.
std::optional<std::string> add_up(const std::vector<Source>& sources, const std::vector<KnownIssue>& known,
                                  const std::string& out, std::vector<SubjectReport>& reports) {
  std::vector<std::string> subjects;
  std::map<std::string, std::unique_ptr<Summary>> summaries;
  for (const Source& source : sources) {
    std::set<std::string> added;
    for (const std::string& subject : listed_words(value_of(source.text.head, "subjects"))) {
      if (!added.insert(subject).second) continue;
      auto& summary = summaries[subject];
      if (summary == nullptr) {
        subjects.push_back(subject);
        summary = std::make_unique<Summary>(subject, source.text.head, known, out);
        if (!summary->error().empty()) return summary->error();
      }
      const auto part = source.text.parts.find(subject);
      summary->add(part == source.text.parts.end() ? nullptr : &part->second);
    }
  }
  for (const std::string& subject : subjects) reports.push_back(summaries[subject]->finish());
  return std::nullopt;
}

}  // namespace

ExitStatus summarise(const SummaryOptions& options) {
  std::vector<Source> sources;
  const KnownIssuesOrError known = options.known.empty() ? KnownIssuesOrError{} : load_known_issues(options.known);
  auto why = known.error.empty() ? read_all(options.journals, sources) : known.error;
  std::vector<SubjectReport> reports;
  if (!why) why = add_up(sources, known.issues, options.out, reports);
  if (why) {
    fmt::print(stderr, "ovlspec: {}\n", *why);
    return ExitStatus::kUsage;
  }
  fmt::print("{}{}", report_text(reports), coverage_text(reports));
  const auto missing = missing_shards(sources);
  for (const std::string& shard : missing) fmt::print("\nMissing: shard {}\n", shard);
  if (const auto unwritten = write_report_files(reports, options.out)) fmt::print(stderr, "ovlspec: {}\n", *unwritten);
  const ExitStatus status = exit_status(reports);
  return status == ExitStatus::kConforms && !missing.empty() ? ExitStatus::kInconclusive : status;
}

}  // namespace ovlspec::oracle
