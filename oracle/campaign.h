// One subject's part of `ovlspec check`: has the cases played, adds up what they give, and keeps the journal.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "oracle/journal.h"
#include "oracle/ledger.h"
#include "oracle/players.h"
#include "oracle/progress.h"

namespace ovlspec::oracle {

class Campaign {
 public:
  // `journal` may be null. All that it is given outlives it.
  Campaign(const CampaignContext& context, std::string subject, Progress& progress, Journal* journal);
  SubjectReport run();

 private:
  using Clock = std::chrono::steady_clock;

  void resume();
  void play_all(Players& players);
  // Whether a case may be asked for, by its place in the shard, or be added up.
  bool goes_on(std::uint64_t place) const;
  bool may_add(std::uint64_t place) const;
  void take(PlayedCase played);
  void add(const PlayedCase& played);
  void report_interrupted();
  void write_batch();
  void note(const std::optional<std::string>& why_unwritten);
  bool has_reproducers_to_make() const;
  double seconds() const;
  bool is_stopped() const { return context_.options.settings.stop != nullptr && *context_.options.settings.stop; }

  const CampaignContext& context_;
  Progress& progress_;
  Journal* journal_;
  std::string subject_;
  Profile profile_;
  std::optional<Ledger> ledger_;
  std::uint64_t next_ = 0;                                    // the place of the first case that was not added up
  std::uint64_t asked_ = 0;                                   // and of the first that was not asked for
  std::uint64_t playing_ = 0;                                 // cases that were asked for and not answered
  std::map<std::uint64_t, PlayedCase> waiting_;               // by place: played, and one before them is not
  Played batch_;                                              // added up, and not in the journal yet
  std::map<std::uint64_t, std::vector<std::string>> as_met_;  // files of a run that was killed, by case
  std::optional<Steering> steering_;                          // of a campaign that is steered
  double seconds_before_ = 0;                                 // of earlier runs
  double seconds_written_ = 0;
  Clock::time_point start_;
};

}  // namespace ovlspec::oracle
