#include "model/proofs/mutation.h"

#include <algorithm>
#include <cassert>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace ovlspec::proofs {
namespace {

thread_local MutationScope* current_scope = nullptr;

std::string_view words_of(Change change) {
  switch (change) {
    case Change::kFirstOperand: return "only the first operand";
    case Change::kSecondOperand: return "only the second operand";
    case Change::kNegated: return "negated";
    case Change::kOneMore: return "one more";
    case Change::kOneLess: return "one less";
    case Change::kOther: return "its counterpart";
  }
  return "";
}

std::string_view file_name(std::string_view path) { return path.substr(path.find_last_of('/') + 1); }

}  // namespace

std::string describe(const Mutant& mutant) {
  return fmt::format("{}:{}:{} {}: {}", file_name(mutant.place.file), mutant.place.line, mutant.place.column,
                     mutant.operation, words_of(mutant.change));
}

MutationScope::MutationScope(std::optional<Mutant> mutant) : mutant_(std::move(mutant)) {
  assert(current_scope == nullptr);
  current_scope = this;
}

MutationScope::~MutationScope() { current_scope = nullptr; }

std::vector<Mutant> MutationScope::mutants() const {
  std::vector<Mutant> all;
  for (const Site& site : sites_)
    for (Change change : site.changes)
      all.push_back(Mutant{.place = site.place, .operation = site.operation, .change = change});
  return all;
}

std::optional<Change> MutationScope::change_at(const Place& place, std::string_view operation,
                                               const std::vector<Change>& changes) {
  if (current_scope == nullptr) return std::nullopt;
  current_scope->note(place, operation, changes);
  const std::optional<Mutant>& mutant = current_scope->mutant_;
  if (!mutant || mutant->place != place || mutant->operation != operation) return std::nullopt;
  return mutant->change;
}

void MutationScope::note(const Place& place, std::string_view operation, const std::vector<Change>& changes) {
  const auto known = [&](const Site& site) { return site.place == place && site.operation == operation; };
  if (std::any_of(sites_.begin(), sites_.end(), known)) return;
  sites_.push_back(Site{.place = place, .operation = std::string(operation), .changes = changes});
}

}  // namespace ovlspec::proofs
