#include "oracle/report_export.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>

#include "model/describe.h"
#include "oracle/profile.h"
#include "oracle/report_evidence.h"
#include "oracle/report_script.h"
#include "oracle/trace_words.h"

namespace ovlspec::oracle {
namespace {

// What a walk of ours saw is what everybody should see, but for numbers and times.
class Expectations {
 public:
  explicit Expectations(std::vector<Moment> moments) { evidence_.moments = std::move(moments); }

  Evidence take() {
    for (std::size_t i = 0; i < evidence_.moments.size(); ++i) {
      if (const auto* asked = std::get_if<Asked>(&evidence_.moments[i].what)) {
        const bool is_look = asked->asker == Asker::kWalk && !is_told(asked->operation);
        if (is_look) continue;
        expect(i, Shown::kError, Relation::kNoneOf, asked->permitted);
        if (asked->outcome.ok()) tell(i, *asked);
      } else if (const auto* event = std::get_if<Event>(&evidence_.moments[i].what)) {
        const bool is_mount = std::holds_alternative<Mount>(*event) || std::holds_alternative<Unmount>(*event);
        if (is_mount) expect(i, Shown::kError, Relation::kNoneOf, "success");
      }
    }
    return std::move(evidence_);
  }

 private:
  static bool is_told(const Operation& operation) {
    return std::holds_alternative<Stat>(operation) || std::holds_alternative<ListDirectory>(operation) ||
           std::holds_alternative<Readlink>(operation);
  }

  void expect(std::size_t moment, Shown shown, Relation relation, std::string expected, std::string name = {}) {
    evidence_.moments[moment].needed = true;
    const Value value{.moment = moment, .shown = shown, .name = std::move(name)};
    evidence_.claims.push_back({value, relation, std::move(expected)});
  }

  void tell(std::size_t i, const Asked& asked) {
    if (const auto* attributes = std::get_if<Attributes>(&asked.outcome.payload)) {
      expect(i, Shown::kType, Relation::kDiffers, std::string(model::describe(attributes->type)));
      expect(i, Shown::kMode, Relation::kDiffers, model::octal(attributes->mode));
      if (attributes->type == FileType::kDirectory) return;
      expect(i, Shown::kLinks, Relation::kDiffers, std::to_string(attributes->links));
      if (attributes->type == FileType::kRegular)
        expect(i, Shown::kSize, Relation::kDiffers, std::to_string(attributes->size));
    } else if (const auto* entries = std::get_if<std::vector<DirectoryEntry>>(&asked.outcome.payload)) {
      if (!std::holds_alternative<ListDirectory>(asked.operation)) return;
      expect(i, Shown::kEntries, Relation::kDiffers, std::to_string(entries->size() - 2));
      for (const DirectoryEntry& entry : *entries) expect(i, Shown::kListed, Relation::kDiffers, "1", entry.name);
    } else if (const auto* bytes = std::get_if<std::string>(&asked.outcome.payload)) {
      expect(i, Shown::kBytes, Relation::kDiffers, hex_text(*bytes));
    }
  }

  Evidence evidence_;
};

ExportedOrWhy refused(std::string why) { return {.files = {}, .why_not = std::move(why)}; }

}  // namespace

RecordOrWhy record_on_engine(const Trace& trace) {
  const SubjectOrError made = make_subject("engine");
  if (made.subject == nullptr) return {.moments = {}, .why_not = made.error.what};
  Recorder recorder;
  const RunOptions options{.open_handles = false, .watcher = &recorder};
  const Profile profile;
  const RunResult result = run(*made.subject, trace, profile, options);
  if (result.failure) return {.moments = {}, .why_not = result.failure->what};
  if (result.finding) return {.moments = {}, .why_not = "our engine breaks a rule: " + result.finding->what};
  return {.moments = recorder.moments(), .why_not = {}};
}

ScriptOrWhy rule_script(const Trace& trace, const SubjectMount& mount) {
  RecordOrWhy record = record_on_engine(trace);
  if (!record.why_not.empty()) return {.script = std::nullopt, .why_not = record.why_not};
  ScriptOrWhy made = script_of(trace, Expectations(std::move(record.moments)).take(), mount, Detail::kNeeded);
  if (made.script && made.script->claims.empty()) return {.script = std::nullopt, .why_not = "it asks nothing"};
  if (!made.script) return made;
  made.script->header = {mount.subject +
                         " breaks a rule where any of what is compared at the end is not as it should be."};
  made.script->holding = Holding::kAny;
  return made;
}

ExportedOrWhy export_xfstests(const Trace& trace, const std::string& number) {
  const SubjectMountOrWhy mount = mount_of("kernel");
  const ScriptOrWhy script = rule_script(trace, *mount.mount);
  if (!script.script) return refused(script.why_not);
  const TextOrWhy steps = xfstests_steps(*script.script);
  if (!steps.why_not.empty()) return refused(steps.why_not);
  const std::string text = fmt::format(
      "#! /bin/bash\n# SPDX-License-Identifier: GPL-2.0\n#\n# FS QA Test No. {}\n#\n"
      "# A case of ovlspec: what no rule of its specification permits is a line of output.\n#\n"
      ". ./common/preamble\n_begin_fstest auto quick\n\n. ./common/filter\n. "
      "./common/attr\n\n_require_scratch_nocheck\n"
      "_require_attrs\n_scratch_mkfs >>$seqres.full 2>&1\ncd $OVL_BASE_SCRATCH_MNT\numask 0\n\n{}\n"
      "cd /\n\necho \"Silence is golden\"\nstatus=0\nexit\n",
      number, steps.text);
  return {.files = {{number, text}, {number + ".out", "QA output created by " + number + "\nSilence is golden\n"}},
          .why_not = {}};
}

ExitStatus export_command(const Trace& trace, const ExportOptions& options) {
  const bool is_xfstests = options.suite == Suite::kXfstests;
  std::string name = options.name;
  if (name.empty()) name = is_xfstests ? "999" : std::filesystem::path(options.trace).stem().string();
  const ExportedOrWhy exported = is_xfstests ? export_xfstests(trace, name) : export_unionmount(trace, name);
  if (!exported.why_not.empty()) {
    fmt::print(stderr, "ovlspec: {}: this suite cannot have it: {}\n", options.trace, exported.why_not);
    return ExitStatus::kInconclusive;
  }
  for (const ExportedFile& file : exported.files) {
    const std::string path = options.out + "/" + file.name;
    std::ofstream stream(path);
    stream << file.text;
    stream.close();
    if (stream.fail()) {
      fmt::print(stderr, "ovlspec: {} cannot be written\n", path);
      return ExitStatus::kEnvironment;
    }
    if (is_xfstests && file.name == name) std::filesystem::permissions(path, std::filesystem::perms(0755));
    fmt::print("{}\n", path);
  }
  return ExitStatus::kConforms;
}

}  // namespace ovlspec::oracle
