// Those who play a campaign's cases: this process, or several of its children, each in a mount namespace of its own.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "oracle/player.h"

namespace ovlspec::oracle {

class Players {
 public:
  virtual ~Players() = default;
  // Why the subject cannot be run; nothing where it can. Called first.
  virtual std::optional<std::string> start() = 0;
  // As Player::stale. REQUIRES: no case was asked for yet.
  virtual std::vector<std::string> stale() = 0;
  // Whether one more case can be asked for.
  virtual bool has_free() const = 0;
  virtual void ask(std::uint64_t number, Emphasis emphasis, const std::set<std::string>& exhausted) = 0;
  // A case that was asked for, as soon as one is played, in any order. REQUIRES: there is one.
  virtual PlayedCase answer() = 0;
};

// `options.jobs` processes, or this one. All that they are given outlives them.
std::unique_ptr<Players> make_players(const CampaignContext& context, const JudgedSubject& judged);

}  // namespace ovlspec::oracle
