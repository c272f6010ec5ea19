#include "oracle/inode_properties_command.h"

#include <fmt/format.h>

#include <algorithm>

#include "oracle/inode_cells.h"

namespace ovlspec::oracle {
namespace {

using Cells = std::vector<MeasuredCell>;

char letter(bool holds) { return holds ? 'Y' : 'N'; }

std::string_view kind_of(const model::InodeCell& cell) { return cell.directory ? "dir" : "!dir"; }

std::string text_of(const MeasuredCell& measured) {
  const char* mark = measured.cell.promised == measured.held() ? "" : "*";
  return fmt::format("{} {}{}", letter(measured.cell.promised), letter(measured.held()), mark);
}

// The cells come by row, then column, directories first.
void print_table(const Cells& cells) {
  fmt::print("{:28}", "");
  for (const model::InodeProperty property : model::kInodeProperties) fmt::print("{:20}", describe(property));
  fmt::print("\n{:28}", "");
  for (std::size_t i = 0; i < model::kInodeProperties.size(); ++i) fmt::print("{:8}{:12}", "dir", "!dir");
  for (const MeasuredCell& measured : cells) {
    const bool row_begins =
        measured.cell.property == model::InodeProperty::kPersistentNumber && measured.cell.directory;
    if (row_begins) fmt::print("\n{:28}", describe(measured.cell.layering));
    fmt::print("{:{}}", text_of(measured), measured.cell.directory ? 8 : 12);
  }
  fmt::print("\n");
}

void print_counterexamples(const Cells& cells) {
  for (const MeasuredCell& measured : cells)
    if (!measured.held())
      fmt::print("{}, {}, {}{}: {}\n", describe(measured.cell.layering), describe(measured.cell.property),
                 kind_of(measured.cell), measured.cell.promised ? "*" : "", measured.breaches.front().counterexample);
}

bool is_met(const KernelException& exception, const Cells& cells) {
  return std::any_of(cells.begin(), cells.end(), [&](const MeasuredCell& measured) {
    return std::any_of(measured.breaches.begin(), measured.breaches.end(),
                       [&](const InodeBreach& breach) { return concerns(exception, measured.cell, breach); });
  });
}

void print_reasons(const Cells& cells) {
  std::vector<std::string_view> reasons;
  for (const KernelException& exception : kKernelExceptions)
    if (is_met(exception, cells) && std::find(reasons.begin(), reasons.end(), exception.reason) == reasons.end())
      reasons.push_back(exception.reason);
  for (const std::string_view reason : reasons) fmt::print("\n* {}\n", reason);
}

}  // namespace

ExitStatus print_inode_properties() {
  const auto measured = measure_inode_cells();
  if (!measured.ok()) {
    fmt::print(stderr, "ovlspec: {}\n", measured.failure.what);
    return ExitStatus::kEnvironment;
  }
  fmt::print("What the document promises, then what this kernel does; * where it breaks a promise.\n\n");
  print_table(*measured.value);
  fmt::print("\nCounterexamples:\n\n");
  print_counterexamples(*measured.value);
  print_reasons(*measured.value);
  ExitStatus status = ExitStatus::kConforms;
  for (const MeasuredCell& cell : *measured.value)
    for (const InodeBreach& breach : unexpected_breaches(cell)) {
      fmt::print("\nunexpected: {}\n", breach.counterexample);
      status = ExitStatus::kViolation;
    }
  return status;
}

}  // namespace ovlspec::oracle
