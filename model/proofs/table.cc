#include "model/proofs/table.h"

#include <algorithm>
#include <cctype>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>
#include <vector>

#include <fmt/format.h>

#include "model/proofs/examination.h"
#include "model/proofs/history.h"

namespace ovlspec::proofs {
namespace {

enum class Exit : int { kHolds = 0, kRefuted = 1, kUsage = 2, kInconclusive = 3 };

std::size_t widest_id(const std::vector<Obligation>& obligations) {
  std::size_t width = 0;
  for (const Obligation& obligation : obligations) width = std::max(width, obligation.id.size());
  return width;
}

void list(const std::vector<Obligation>& obligations) {
  const std::size_t width = widest_id(obligations);
  for (const Obligation& obligation : obligations)
    fmt::print("{:<{}}  {} [{}]\n", obligation.id, width, obligation.sentence, obligation.cites);
}

std::string indented(const std::string& lines) {
  std::string result = "    ";
  for (char c : lines) {
    result += c;
    if (c == '\n') result += "    ";
  }
  return result;
}

void print_row(const Obligation& obligation, const Report& report, std::size_t width) {
  fmt::print("{:<{}}  {:<9}  {:>7.1f}  {:>7.1f}  {:>3}/{:<3}  {:>2}/{:<2}  {}\n", obligation.id, width,
             describe(report.answer.verdict), report.answer.milliseconds, report.milliseconds, report.mutants_refuted(),
             report.mutants.size(), report.assumptions_needed(), report.assumptions.size(), obligation.cites);
}

void print_trouble(const Obligation& obligation, const Report& report) {
  if (report.holds()) return;
  fmt::print("  {}\n", obligation.sentence);
  if (report.answer.verdict == Verdict::kRefuted) fmt::print("{}\n", indented(report.answer.counterexample));
  if (!report.answer.reason.empty()) fmt::print("  the solver: {}\n", report.answer.reason);
  if (report.impossible.verdict == Verdict::kProved) fmt::print("  its assumptions never hold together\n");
  if (report.mutants_refuted() == 0) fmt::print("  no mutant of the kernel refutes it\n");
  for (const AssumptionReport& assumption : report.assumptions)
    if (assumption.answer.verdict != Verdict::kRefuted)
      fmt::print("  not needed: {} (without it: {})\n", assumption.sentence, describe(assumption.answer.verdict));
}

void print_everything(const Obligation& obligation, const Report& report) {
  fmt::print("\n{}: {}\n", obligation.id, obligation.sentence);
  for (const AssumptionReport& assumption : report.assumptions)
    fmt::print("\nwithout \"{}\": {}\n{}\n", assumption.sentence, describe(assumption.answer.verdict),
               indented(assumption.answer.counterexample));
  for (const MutantReport& mutant : report.mutants) {
    const bool breaks = mutant.answer.verdict == Verdict::kRefuted;
    fmt::print("\nmutant {}{}\n", describe(mutant.mutant), breaks ? "" : ": does not break it");
    if (breaks) fmt::print("{}\n", indented(mutant.answer.counterexample));
  }
}

Exit worse(Exit sofar, const Report& report) {
  const bool refuted = report.answer.verdict == Verdict::kRefuted || (!report.inconclusive() && !report.holds());
  if (refuted || sofar == Exit::kRefuted) return Exit::kRefuted;
  return report.inconclusive() ? Exit::kInconclusive : sofar;
}

Exit prove_all(const std::vector<Obligation>& obligations, const ProveOptions& options) {
  const std::size_t width = widest_id(obligations);
  fmt::print("{:<{}}  {:<9}  {:>7}  {:>7}  {:<7}  {:<5}  {}\n", "obligation", width, "result", "ms", "all ms",
             "mutants", "needs", "cites");
  Exit status = Exit::kHolds;
  std::size_t proved = 0;
  const auto start = std::chrono::steady_clock::now();
  Examination examination(obligations, options.only || options.all_mutants ? Tried::kAll : Tried::kUntilRefuted);
  for (std::size_t i = 0; i < obligations.size(); ++i) {
    const Obligation& obligation = obligations[i];
    const Report report = examination.report(i);
    print_row(obligation, report, width);
    print_trouble(obligation, report);
    std::fflush(stdout);
    if (options.only) print_everything(obligation, report);
    status = worse(status, report);
    proved += report.holds() ? 1 : 0;
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  fmt::print("{} of {} hold, {:.1f} s\n", proved, obligations.size(), took.count());
  return status;
}

// False, with a line about it, where the file cannot be written.
bool write_file(const std::filesystem::path& path, const std::string& text) {
  std::error_code error;
  std::filesystem::create_directories(path.parent_path(), error);
  std::ofstream file(path);
  file << text;
  if (file.flush()) return true;
  fmt::print(stderr, "cannot write {}\n", path.string());
  return false;
}

bool archive(const std::vector<Obligation>& obligations, const std::filesystem::path& directory) {
  return std::all_of(obligations.begin(), obligations.end(), [&](const Obligation& obligation) {
    return write_file(directory / (obligation.id + ".smt2"), smt_script(obligation));
  });
}

// "overlayfs, xino" and "ID-5": overlayfs-xino-id-5.trace
std::string file_name_of(const Counterexample& found) {
  std::string name;
  for (const char c : found.system + ' ' + found.rule) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0)
      name += static_cast<char>(std::tolower(c));
    else if (name.back() != '-')
      name += '-';
  }
  return name + ".trace";
}

}  // namespace

int write_counterexamples(const std::string& directory) {
  const HistoryFindings findings = search_histories();
  for (const Counterexample& found : findings.broken) {
    const std::string name = file_name_of(found);
    if (!write_file(std::filesystem::path(directory) / name, found.trace())) return static_cast<int>(Exit::kUsage);
    fmt::print("{:<6} broken by {} in {} events: {}\n", found.rule, found.system, found.events.size(), name);
  }
  for (const SystemRule& kept : findings.kept)
    fmt::print("{:<6} kept by {} in every history of {} events\n", kept.rule, kept.system, kHistoryLength);
  for (const SystemRule& open : findings.undecided) fmt::print("{:<6} of {}: undecided\n", open.rule, open.system);
  return static_cast<int>(findings.undecided.empty() ? Exit::kHolds : Exit::kInconclusive);
}

int prove_these(std::vector<Obligation> obligations, const ProveOptions& options) {
  if (options.only) {
    std::erase_if(obligations, [&](const Obligation& obligation) { return obligation.id != *options.only; });
    if (obligations.empty()) {
      fmt::print(stderr, "no obligation is called {}; --list shows them all\n", *options.only);
      return static_cast<int>(Exit::kUsage);
    }
  }
  if (options.mode == ProveMode::kList) {
    list(obligations);
    return static_cast<int>(Exit::kHolds);
  }
  if (options.smt_directory && !archive(obligations, *options.smt_directory)) return static_cast<int>(Exit::kUsage);
  return static_cast<int>(prove_all(obligations, options));
}

}  // namespace ovlspec::proofs
