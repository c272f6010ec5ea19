// The command line: ovlspec check, summary, explore, witnesses, replay, shrink, reproduce, export, infer-profile,
// explain, rules, prove, scan, identity, inode-properties.
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "model/proofs/prove.h"
#include "oracle/check.h"
#include "oracle/explain.h"
#include "oracle/explore.h"
#include "oracle/identity_table.h"
#include "oracle/infer_profile.h"
#include "oracle/inode_properties_command.h"
#include "oracle/interruption.h"
#include "oracle/report.h"
#include "oracle/report_export.h"
#include "oracle/report_reproduce.h"
#include "oracle/rule_witnesses.h"
#include "oracle/scan_command.h"
#include "oracle/summary.h"
#include "oracle/trace_file.h"

namespace ovlspec::oracle {
namespace {

int status_of(ExitStatus status) { return static_cast<int>(status); }

// What a command makes of a file's trace; or a line about why there is none, and exit status 2.
template <typename Options>
int with_trace(const std::string& path, ExitStatus (*command)(const Trace&, const Options&), const Options& options) {
  const TraceOrError loaded = load_trace(path);
  if (loaded.ok()) return status_of(command(*loaded.trace, options));
  fmt::print(stderr, "ovlspec: {}: {}\n", path, loaded.error.describe());
  return status_of(ExitStatus::kUsage);
}

constexpr const char* kSubjects =
    "engine, fuse, kernel[:OPTIONS], fuse-overlayfs[:OPTIONS], unionfs, mergerfs, command:TEMPLATE, agent:COMMAND "
    "(oracle/SUBJECTS.md); repeated for several";

void add_common(CLI::App* command, std::vector<std::string>& profiles, SubjectSettings& settings) {
  command->add_option("--profile", profiles, "A profile (TOML) that stands for the shipped one; repeated for several");
  command
      ->add_option_function<double>(
          "--limit",
          [&settings](double seconds) {
            settings.limit = std::chrono::milliseconds(static_cast<long>(seconds * 1000));
          },
          "Seconds within which a program that is judged answers, mounts and unmounts; 10 by default")
      ->check(CLI::Range(0.1, 3600.0));
}

void add_check(CLI::App& app, CheckOptions& options) {
  CLI::App* check = app.add_subcommand("check", "Judges subjects by generated cases, real directories or traces");
  check->add_option("--subject", options.subjects, kSubjects)->default_val(std::vector<std::string>{"engine"});
  check->add_option("--gate", options.gates, "Only these subjects decide the exit status");
  check->add_option("--seed", options.seed, "Of the generated cases")->capture_default_str();
  check->add_option("--cases", options.cases, "How many cases each subject plays");
  check->add_option("--time", options.seconds, "Seconds for all subjects, in equal shares, with their reproducers")
      ->check(CLI::PositiveNumber);
  check->add_option("--layers", options.layers, "Real directories as lowers, topmost first; they are copied");
  check->add_option("--traces", options.traces, "A trace, or a directory of traces, instead of generated cases");
  check->add_flag_callback(
      "--no-mutations", [&options] { options.mutations = false; }, "Generated cases leave the layers alone");
  check->add_flag("--steer", options.steered, "Generated cases dwell on what shows what none has shown before");
  check->add_option("--operations", options.operations, "Of a generated case, about")->capture_default_str();
  check
      ->add_option("--until-coverage", options.until_coverage,
                   "Ends a subject's part once that per cent of the rules is met")
      ->check(CLI::Range(0.0, 100.0));
  check->add_option("--jobs", options.jobs, "Processes that play cases, each in a mount namespace of its own")
      ->capture_default_str()
      ->check(CLI::Range(1, 1024));
  check->add_option("--case-limit", options.case_limit, "Seconds, after which one of several processes is given up")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  check->add_option_function<std::string>(
      "--shard",
      [&options](const std::string& text) {
        const auto shard = parse_shard(text);
        if (!shard) throw CLI::ValidationError("--shard", "expected I/N, 1/1 to N/N");
        options.shard = *shard;
      },
      "I/N: every N-th case, from the I-th on; all N shards play what one campaign would");
  check->add_option("--journal", options.journal,
                    "A file that tells what was played; a run that was broken off, even by kill -9, goes on from it");
  check->add_option("--known", options.known, "A file of known violations: they are counted, and do not fail the run");
  check->add_option("--out", options.out, "Where violations and reports are saved")->capture_default_str();
  check->add_flag_callback(
      "--no-reproducers", [&options] { options.reproducers = false; }, "Violations are saved as traces alone");
  add_common(check, options.profiles, options.settings);
}

CLI::App* add_replay(CLI::App& app, const char* name, const char* what, ReplayOptions& options) {
  CLI::App* command = app.add_subcommand(name, what);
  command->add_option("trace", options.trace, "A trace: .trace, .jsonl or .bin")->required();
  command->add_option("--subject", options.subjects, kSubjects)->default_val(std::vector<std::string>{"engine"});
  add_common(command, options.profiles, options.settings);
  return command;
}

CLI::App* add_summary(CLI::App& app, SummaryOptions& options) {
  CLI::App* summary = app.add_subcommand("summary", "Adds up the journals of shards and campaigns");
  summary->add_option("journals", options.journals, "Journals, or directories that hold a journal.jsonl")->required();
  summary->add_option("--known", options.known, "As for check");
  summary->add_option("--out", options.out, "Where violations and reports are saved")->capture_default_str();
  return summary;
}

CLI::App* add_witnesses(CLI::App& app, WitnessOptions& options) {
  CLI::App* witnesses =
      app.add_subcommand("witnesses", "Writes a small trace for each rule that meets it on the engine");
  witnesses->add_option("--seed", options.seed, "Of the generated cases")->capture_default_str();
  witnesses->add_option("--cases", options.cases, "That are looked through")->capture_default_str();
  witnesses->add_option("--out", options.out, "The directory of the traces")->capture_default_str();
  return witnesses;
}

CLI::App* add_explore(CLI::App& app, ExploreOptions& options) {
  CLI::App* explore = app.add_subcommand("explore", "Judges every sequence of steps on every small stack");
  explore->add_option("--layers", options.size.layers, "Of a stack, at most")
      ->capture_default_str()
      ->check(CLI::Range(1U, kLayersAtMost));
  explore->add_option("--names", options.size.names, "In each layer, at most")
      ->capture_default_str()
      ->check(CLI::Range(1U, kNamesAtMost));
  explore->add_option("--length", options.length, "Of a sequence, in steps: operations, remounts, changes of a layer")
      ->capture_default_str()
      ->check(CLI::Range(0, 20));
  explore->add_option("--subject", options.subject, "One that is in process: engine, engine:reuse, ...")
      ->capture_default_str();
  explore->add_option("--jobs", options.jobs, "Threads")->capture_default_str()->check(CLI::Range(1, 1024));
  explore->add_option("--time", options.seconds, "Seconds")->check(CLI::PositiveNumber);
  explore->add_option("--memory", options.memory, "In which different states are counted")
      ->capture_default_str()
      ->transform(CLI::AsSizeValue(false));
  explore->add_option("--progress", options.progress, "A file of the stacks that are finished; a run goes on from it");
  explore->add_option("--out", options.out, "Where counterexamples are saved")->capture_default_str();
  return explore;
}

CLI::App* add_reproduce(CLI::App& app, std::string& trace, CheckOptions& options) {
  CLI::App* command = app.add_subcommand(
      "reproduce", "Writes what a trace shows as a shell script, a C program and a pytest file, and runs each");
  command->add_option("trace", trace, "A trace: .trace, .jsonl or .bin")->required();
  command->add_option("--subject", options.subjects, kSubjects)->default_val(std::vector<std::string>{"kernel"});
  command->add_option("--out", options.out, "Where they are saved")->capture_default_str();
  add_common(command, options.profiles, options.settings);
  return command;
}

CLI::App* add_export(CLI::App& app, ExportOptions& options) {
  const std::map<std::string, Suite> suites = {{"xfstests", Suite::kXfstests}, {"unionmount", Suite::kUnionmount}};
  CLI::App* command = app.add_subcommand("export", "Writes a trace as a test of another suite");
  command->add_option("trace", options.trace, "A trace: .trace, .jsonl or .bin")->required();
  command->add_option("--format", options.suite, "xfstests or unionmount")
      ->required()
      ->transform(CLI::CheckedTransformer(suites));
  command->add_option("--name", options.name, "Of the test; a number for xfstests");
  command->add_option("--out", options.out, "The directory that it is written to")->capture_default_str();
  return command;
}

CLI::App* add_infer(CLI::App& app, InferOptions& options) {
  CLI::App* infer = app.add_subcommand("infer-profile", "Probes a subject, and writes a profile to begin with");
  infer->add_option("--subject", options.subject, "As for check")->required();
  infer->add_option("--seed", options.seed, "Of the generated cases")->capture_default_str();
  infer->add_option("--time", options.seconds, "Seconds")->capture_default_str()->check(CLI::PositiveNumber);
  infer->add_option("--out", options.out, "The file to write; else standard output");
  return infer;
}

CLI::App* add_prove(CLI::App& app, proofs::ProveOptions& options) {
  CLI::App* prove = app.add_subcommand("prove", "Proves the decision kernels that run, and refutes their mutants");
  prove->add_flag_callback(
      "--list", [&options] { options.mode = proofs::ProveMode::kList; }, "Names the obligations, and proves nothing");
  prove->add_option("--only", options.only, "The obligation with this ID alone, in full");
  prove->add_flag("--all-mutants", options.all_mutants,
                  "Tries every mutant on each obligation, not until one refutes it");
  prove->add_option("--smt", options.smt_directory, "Writes each obligation as an SMT-LIB file");
  prove->add_option("--counterexamples", options.counterexample_directory,
                    "Writes, as traces, how other ways to give numbers break the guarantees, and proves nothing");
  return prove;
}

CLI::App* add_scan(CLI::App& app, ScanOptions& options) {
  CLI::App* scan = app.add_subcommand("scan", "Prints layers on disk, and the tree that they merge to");
  scan->add_option("--lower", options.lowers, "Lower layers, topmost first")->required();
  scan->add_option("--upper", options.upper, "The upper layer");
  scan->add_option("--work", options.work, "The upper's work directory");
  return scan;
}

int main(int argc, char** argv) {
  CLI::App app{"The specification of overlay file systems, and the oracle that judges them by it"};
  app.require_subcommand(1);
  CheckOptions check_options;
  add_check(app, check_options);
  ReplayOptions replay_options;
  const CLI::App* replaying = add_replay(app, "replay", "Plays a trace and judges it", replay_options);
  ReplayOptions shrink_options;
  const CLI::App* shrinking =
      add_replay(app, "shrink", "Makes a trace that shows a violation smaller, and prints it", shrink_options);
  std::string reproduced;
  CheckOptions reproduce_options;
  const CLI::App* reproducing = add_reproduce(app, reproduced, reproduce_options);
  ExportOptions export_options;
  const CLI::App* exporting = add_export(app, export_options);
  std::string explained;
  CLI::App* explaining = app.add_subcommand("explain", "Tells a rule, or what the specification says of a trace");
  explaining->add_option("what", explained, "A rule's ID, or a trace")->required();
  bool coverage = false;
  CLI::App* rules = app.add_subcommand("rules", "Prints every rule with its source");
  rules->add_flag("--coverage", coverage, "Tells which rules a short campaign on the engine meets");
  InferOptions infer_options;
  const CLI::App* inferring = add_infer(app, infer_options);
  SummaryOptions summary_options;
  const CLI::App* summing = add_summary(app, summary_options);
  ExploreOptions explore_options;
  const CLI::App* exploring = add_explore(app, explore_options);
  WitnessOptions witness_options;
  const CLI::App* witnessing = add_witnesses(app, witness_options);
  proofs::ProveOptions prove_options;
  const CLI::App* proving = add_prove(app, prove_options);
  ScanOptions scan_options;
  const CLI::App* scanning = add_scan(app, scan_options);
  IdentityTableOptions table_options;
  CLI::App* table = app.add_subcommand("identity", "Prints which of the identity guarantees each subject keeps");
  table->add_option("--subject", table_options.subjects,
                    "As for check; repeated for several; else all strategies, our mount and the kernel's modes");
  table->add_option("--seed", table_options.seed, "Of the generated cases")->capture_default_str();
  table->add_option("--cases", table_options.cases, "How many cases each subject plays")->capture_default_str();
  const CLI::App* properties = app.add_subcommand(
      "inode-properties", "Prints the kernel's table of inode properties, as documented and as measured here");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : status_of(ExitStatus::kUsage);
  }
  if (explaining->parsed()) return status_of(explain(explained));
  if (rules->parsed()) return status_of(print_rules(coverage));
  if (summing->parsed()) return status_of(summarise(summary_options));
  if (proving->parsed()) return proofs::prove(prove_options);
  if (table->parsed()) return status_of(print_identity_table(table_options));
  if (properties->parsed()) return status_of(print_inode_properties());
  if (scanning->parsed()) return status_of(scan_command(scan_options));
  const Interruption interruption;
  replay_options.settings.stop = shrink_options.settings.stop = check_options.settings.stop = interruption.flag();
  infer_options.settings.stop = reproduce_options.settings.stop = interruption.flag();
  explore_options.stop = interruption.flag();
  witness_options.stop = interruption.flag();
  if (witnessing->parsed()) return status_of(write_witnesses(witness_options));
  if (exploring->parsed()) return status_of(explore(explore_options));
  if (inferring->parsed()) return status_of(infer_profile(infer_options));
  if (exporting->parsed()) return with_trace(export_options.trace, export_command, export_options);
  if (reproducing->parsed()) return with_trace(reproduced, reproduce_command, reproduce_options);
  if (replaying->parsed()) return with_trace(replay_options.trace, replay, replay_options);
  if (shrinking->parsed()) return with_trace(shrink_options.trace, shrink_command, shrink_options);
  return status_of(check(check_options));
}

}  // namespace
}  // namespace ovlspec::oracle

int main(int argc, char** argv) { return ovlspec::oracle::main(argc, argv); }
