#include "model/proofs/kernels.h"

#include <array>
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "impl/engine/identity_encoder.h"
#include "impl/engine/identity_kernel.h"
#include "model/proofs/kernel_numbers.h"
#include "model/proofs/term_domain.h"
#include "model/proofs/visibility_stack.h"

namespace ovlspec::proofs {
namespace {

struct Answers {  // everything that a kernel says
  std::vector<Word> words;
  std::vector<Truth> truths;
};

Answers visibility_answers() {
  View seen = view(any_stack("stack"));
  Answers answers{.words = {}, .truths = {seen.end.found, seen.end.directory}};
  answers.truths.insert(answers.truths.end(), seen.supplies.begin(), seen.supplies.end());
  answers.truths.insert(answers.truths.end(), seen.merges.begin(), seen.merges.end());
  return answers;
}

Answers encoder_answers() {
  const impl::identity::Source<TermDomain> source{.tag = any_word("tag"),
                                                  .inode = any_word("inode"),
                                                  .hash = any_word("hash"),
                                                  .tag_owned = any_truth("tag_owned")};
  return Answers{.words = {impl::identity::encode<TermDomain>(source, any_word("displacement"))},
                 .truths = {impl::identity::is_direct<TermDomain>(source)}};
}

Answers displacement_answers() {
  const auto taken = [](unsigned k) { return any_truth(fmt::format("taken_{}", k)); };
  const auto choice = impl::identity::choose<TermDomain>(std::array<Truth, impl::identity::kDisplacements>{
      taken(0), taken(1), taken(2), taken(3), taken(4), taken(5), taken(6), taken(7)});
  return Answers{.words = {choice.displacement}, .truths = {choice.found}};
}

Answers identity_answers() {
  namespace identity = impl::identity;
  const auto inode = [](const std::string& name) {
    return identity::InodeName<TermDomain>{any_word(name + "_inode"), any_word(name + "_generation")};
  };
  const Truth in_place = any_truth("in_place"), held = any_truth("held");
  return Answers{.words = {identity::number_from<TermDomain>(
                     {.shown = any_truth("shown"), .recorded = any_truth("recorded"), .record_held = held})},
                 .truths = {identity::lies_on<TermDomain>(inode("written"), inode("found")),
                            identity::counts<TermDomain>({.whole = any_truth("whole"),
                                                          .in_place = in_place,
                                                          .layer_counts = any_truth("layer_counts"),
                                                          .claimed_above = any_truth("claimed_above")}),
                            identity::keeps<TermDomain>(
                                {.in_place = in_place, .layer_copied = any_truth("copied"), .number_held = held})}};
}

Answers overlayfs_answers() {
  const overlayfs::Shown<TermDomain> shown =
      overlayfs::show<TermDomain>({.one_file_system = any_truth("one_file_system"), .xino = any_truth("xino")},
                                  {.directory = any_truth("directory"),
                                   .upper = any_truth("upper"),
                                   .lower = any_truth("lower"),
                                   .indexed = any_truth("indexed"),
                                   .linked = any_truth("linked"),
                                   .made_lower = any_truth("made_lower"),
                                   .impure = any_truth("impure"),
                                   .upper_inode = any_word("upper_inode"),
                                   .lower_inode = any_word("lower_inode"),
                                   .lower_file_system = any_word("lower_file_system"),
                                   .counter = any_word("counter")});
  return Answers{.words = {shown.st_ino, shown.d_ino, shown.i_ino}, .truths = {shown.overlay_device}};
}

Truth same(const Answers& one, const Answers& other) {
  std::vector<Truth> equals;
  for (std::size_t i = 0; i < one.words.size(); ++i) equals.push_back(equal(one.words[i], other.words[i]));
  for (std::size_t i = 0; i < one.truths.size(); ++i) equals.push_back(equal(one.truths[i], other.truths[i]));
  return all_of(equals);
}

void add_mutants_of(Answers (*kernel)(), std::vector<KernelMutant>& all) {
  const Session session;
  std::optional<MutationScope> scope(std::in_place, std::nullopt);
  const Answers written = kernel();
  const std::vector<Mutant> mutants = scope->mutants();
  for (const Mutant& mutant : mutants) {
    scope.reset();
    scope.emplace(mutant);
    const Answers mutated = kernel();
    const Statement statement{.assumptions = {}, .claim = same(written, mutated), .picture = [](const Assignment&) {
                                return std::string("it changes an answer");
                              }};
    all.push_back(KernelMutant{.mutant = mutant, .effect = decide(statement)});
  }
}

}  // namespace

std::vector<KernelMutant> kernel_mutants() {
  std::vector<KernelMutant> all;
  for (auto kernel : {visibility_answers, encoder_answers, displacement_answers, identity_answers, overlayfs_answers})
    add_mutants_of(kernel, all);
  return all;
}

}  // namespace ovlspec::proofs
