#include "oracle/campaign.h"

#include <fmt/format.h>

#include <algorithm>

#include "oracle/finding_file.h"

namespace ovlspec::oracle {
namespace {

constexpr std::uint64_t kDefaultCases = 200;
constexpr std::size_t kViolationsAtMost = 50;  // by one subject, after which its campaign ends
constexpr std::uint64_t kFailuresInARow = 20;  // cases that could not be played, after which the campaign ends
constexpr std::uint64_t kAhead = 256;          // cases that may be played before one that is not yet
constexpr double kShareOfCases = 0.75;         // of a subject's time; the rest is for reproducers of what it showed
constexpr double kBatchSeconds = 1;            // a journal's line for so long, or for a violation

}  // namespace

Campaign::Campaign(const CampaignContext& context, std::string subject, Progress& progress, Journal* journal)
    : context_(context), progress_(progress), journal_(journal), subject_(std::move(subject)) {}

SubjectReport Campaign::run() {
  ProfileOrError profile = profile_of(subject_, context_.options.profiles);
  profile_ = std::move(profile.profile);
  ledger_.emplace(subject_, Ledger::Context{.profile = profile_, .known = context_.known, .out = context_.options.out});
  SubjectReport& report = ledger_->report();
  const auto& gates = context_.options.gates;
  report.gated = gates.empty() || std::find(gates.begin(), gates.end(), subject_) != gates.end();
  const JudgedSubject judged{.name = subject_, .profile = profile_};
  const auto players = make_players(context_, judged);
  if (context_.options.steered) steering_.emplace(context_.options.seed);
  start_ = Clock::now();
  resume();
  if (!profile.error.empty()) report.failure = "its profile: " + profile.error;
  if (!report.failure) report.failure = players->start();
  if (!report.failure) {
    report.stale = players->stale();
    play_all(*players);
    write_batch();
    report.stopped = is_stopped();
  }
  report.seconds = seconds();
  if (report.stopped) report_interrupted();
  ledger_->find_unexpected();
  if (journal_ != nullptr)
    note(journal_->end(subject_, next_, {.stale = report.stale, .failure = report.failure, .stopped = report.stopped}));
  return std::move(report);
}

void Campaign::resume() {
  if (journal_ == nullptr) return;
  as_met_ = saved_as_met(subject_, context_.options.out);
  const auto found = journal_->before().parts.find(subject_);
  if (found == journal_->before().parts.end()) return;
  for (const Played& played : found->second.played) {
    ledger_->add(played);
    if (steering_) steering_->learn(played.shown);
  }
  next_ = asked_ = found->second.next;
  seconds_before_ = seconds_written_ = found->second.seconds;
}

// Cases may be played in any order; they are added up in theirs.
void Campaign::play_all(Players& players) {
  while (true) {
    for (; players.has_free() && asked_ - next_ < kAhead && goes_on(asked_); ++playing_, ++asked_)
      players.ask(context_.options.shard.number(asked_), steering_ ? steering_->of(asked_) : Emphasis::kOrdinary,
                  ledger_->exhausted());
    if (playing_ == 0) return;
    --playing_;
    take(players.answer());
  }
}

void Campaign::take(PlayedCase played) {
  const std::uint64_t place = played.number / context_.options.shard.count;
  waiting_.emplace(place, std::move(played));
  for (auto first = waiting_.begin(); first != waiting_.end(); first = waiting_.begin()) {
    if (first->first != next_ || first->second.interrupted || !may_add(next_)) break;
    add(first->second);
    waiting_.erase(first);
  }
  progress_.show(ledger_->report());
}

void Campaign::add(const PlayedCase& played) {
  Played settled = played.played;
  ledger_->settle(settled);
  if (steering_) {
    settled.shown[static_cast<std::size_t>(played.emphasis)] = {
        .cases = 1, .novelty = novelty_of(ledger_->report().coverage, settled.coverage)};
    steering_->learn(settled.shown);
  }
  ledger_->add(settled);
  batch_.add(settled);
  // They are small now, or enough is known of their kind.
  if (const auto left = as_met_.find(played.number); left != as_met_.end() && !played.crashed)
    std::for_each(left->second.begin(), left->second.end(), remove_file);
  ++next_;
  SubjectReport& report = ledger_->report();
  report.seconds = seconds();
  const bool is_first = report.cases == 1 && !played.crashed;
  if (settled.failed_at_end > 0 && (is_first || ledger_->failed_in_a_row() >= kFailuresInARow))
    report.failure = fmt::format("case {}: {}", played.number, settled.failures.begin()->first);
  const bool ends_epoch = steering_ && next_ % Steering::kEpoch == 0;
  if (ends_epoch || !settled.sightings.empty() || seconds() - seconds_written_ >= kBatchSeconds) write_batch();
}

// What was found is told; the journal has those cases played again.
void Campaign::report_interrupted() {
  for (auto& [place, played] : waiting_) {
    ledger_->settle(played.played);
    ledger_->add(played.played);
  }
}

bool Campaign::may_add(std::uint64_t place) const {
  const SubjectReport& report = ledger_->report();
  const CheckOptions& options = context_.options;
  if (report.failure || report.violations.size() >= kViolationsAtMost) return false;
  if (options.until_coverage && percent_met(report.met) >= *options.until_coverage) return false;
  const std::uint64_t number = options.shard.number(place);
  const auto count = context_.cases.count();
  if (count && number >= *count) return false;
  if (options.cases && number >= *options.cases) return false;
  return options.cases || options.seconds || options.until_coverage || count || number < kDefaultCases;
}

bool Campaign::goes_on(std::uint64_t place) const {
  if (is_stopped() || !may_add(place) || (steering_ && place >= steering_->end())) return false;
  const auto share = share_of(context_.options);
  return !share || seconds() < *share * (has_reproducers_to_make() ? kShareOfCases : 1);
}

bool Campaign::has_reproducers_to_make() const {
  return context_.options.reproducers && !ledger_->report().violations.empty();
}

double Campaign::seconds() const {
  return seconds_before_ + std::chrono::duration<double>(Clock::now() - start_).count();
}

void Campaign::write_batch() {
  if (journal_ == nullptr || batch_.cases == 0) return;
  const double now = seconds();
  note(journal_->add(subject_, next_, now - seconds_written_, batch_));
  seconds_written_ = now;
  batch_ = Played{};
}

// A journal that cannot be written ends the campaign: what it would be asked for is gone.
void Campaign::note(const std::optional<std::string>& why_unwritten) {
  SubjectReport& report = ledger_->report();
  if (why_unwritten && !report.failure) report.failure = "the journal: " + *why_unwritten;
}

}  // namespace ovlspec::oracle
