#include "oracle/infer_profile.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <fstream>

#include "oracle/cases.h"
#include "oracle/finding_key.h"
#include "oracle/known_issues.h"
#include "oracle/runner.h"

namespace ovlspec::oracle {
namespace {

constexpr std::uint32_t kOperations = 12;  // of a case
constexpr unsigned kDeviationsInACase = 30;
constexpr const char* kNotSaid = "none yet: cite what the subject's own documentation says, or report it";

struct Feature {
  const char* name;
  std::vector<Operation> operations;  // that all succeed where it is there
};

// Over a stack of a lower with a file `f`, hard links `h1` and `h2` and a directory `d` with `d/x`, and an empty upper.
std::vector<Feature> features() {
  const auto open_write = Open{.path = "f", .flags = {.access = Access::kWrite}, .slot = 0};
  return {{"writable stacks", {Mkdir{"new", 0755}}},
          {"copy up", {open_write, Write{0, 0, "x"}, Close{0}}},
          {"whiteouts", {Unlink{"h2"}}},
          {"rename of lower files", {Rename{"f", "g", RenameMode::kReplace}}},
          {"rename of lower directories", {Rename{"d", "e", RenameMode::kReplace}}},
          {"rename without replacing", {Mkdir{"n1", 0755}, Rename{"n1", "n2", RenameMode::kNoReplace}}},
          {"exchange", {Mkdir{"x1", 0755}, Mkdir{"x2", 0755}, Rename{"x1", "x2", RenameMode::kExchange}}},
          {"hard links", {Link{"h1", "h3", Follow::kNoFollow}}},
          {"user attributes", {SetXattr{Target::at("h1"), "user.a", "v", XattrMode::kAny}}},
          {"trusted attributes", {SetXattr{Target::at("h1"), "trusted.a", "v", XattrMode::kAny}}},
          {"device nodes", {Mknod{"null", FileType::kCharDevice, 0600, Device{1, 3}}}}};
}

Trace feature_stack() {
  Trace trace;
  model::Layer lower;
  const auto file = [] {
    return model::Inode{.type = FileType::kRegular, .mode = 0644, .content = model::Content("f")};
  };
  lower.tree.attach(model::kRoot, "f", lower.add(file()));
  const model::ObjectId linked = lower.add(file());
  lower.tree.attach(model::kRoot, "h1", linked);
  lower.tree.attach(model::kRoot, "h2", linked);
  const model::ObjectId directory = lower.add(model::Inode{.type = FileType::kDirectory, .mode = 0755});
  lower.tree.attach(model::kRoot, "d", directory);
  lower.tree.attach(directory, "x", lower.add(file()));
  trace.lowers.push_back(LayerImage{.layer = std::move(lower), .place = 0});
  trace.upper.emplace();
  trace.callers.push_back({"root", superuser()});
  return trace;
}

std::vector<std::string> features_of(Subject& subject) {
  std::vector<std::string> found;
  const auto has = [&subject](const Feature& feature) {
    return std::all_of(feature.operations.begin(), feature.operations.end(), [&](const Operation& operation) {
      return subject.apply(superuser(), operation).ok() && !subject.declined();
    });
  };
  if (!subject.prepare(feature_stack()).ok() || !subject.mount().ok()) return found;
  for (const Feature& feature : features()) found.push_back(std::string(has(feature) ? "" : "no ") + feature.name);
  found.push_back(std::string(subject.take_handle("d") ? "" : "no ") + "file handles");
  (void)subject.unmount();
  return found;
}

// Takes one more deviation into a profile: beside one that differs in the operation alone.
void take(Profile& profile, Deviation deviation) {
  for (Deviation& other : profile.deviations) {
    const bool same = other.rule == deviation.rule && other.error == deviation.error && other.seen == deviation.seen &&
                      other.action == deviation.action && other.operations.empty() == deviation.operations.empty();
    if (!same) continue;
    other.operations.insert(other.operations.end(), deviation.operations.begin(), deviation.operations.end());
    return;
  }
  profile.deviations.push_back(std::move(deviation));
}

std::string quoted(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    result += c >= ' ' && c <= '~' ? c : '?';
  }
  return result + '"';
}

std::string list_of(const std::vector<std::string>& words) {
  std::vector<std::string> all;
  for (const std::string& word : words) all.push_back(quoted(word));
  return fmt::format("[{}]", fmt::join(all, ", "));
}

}  // namespace

Deviation deviation_of(const Finding& finding) {
  Deviation deviation{.rule = finding.rule, .source = kNotSaid, .reason = finding.what};
  if (finding.operation) deviation.operations.push_back(operation_of(finding));
  const auto error = errno_from_name(finding.what.substr(0, finding.what.find(',')));
  if (error && finding.operation) {
    deviation.action = Action::kPermit;
    deviation.error = error;
  } else {
    deviation.seen = beginning_of(finding.what);
  }
  return deviation;
}

std::string profile_text(const Profile& profile) {
  std::string text = fmt::format("subject = {}\nfeatures = {}\n", quoted(profile.subject), list_of(profile.features));
  for (const Deviation& deviation : profile.deviations) {
    text += fmt::format("\n# {}\n[[deviation]]\nrule = {}\n", text_of(deviation.rule).sentence,
                        quoted(text_of(deviation.rule).id));
    if (!deviation.operations.empty()) text += fmt::format("operations = {}\n", list_of(deviation.operations));
    if (deviation.error) text += fmt::format("errno = {}\n", quoted(errno_name(*deviation.error)));
    if (!deviation.seen.empty()) text += fmt::format("seen = {}\n", quoted(deviation.seen));
    text += fmt::format("action = \"{}\"\nsource = {}\nreason = {}\n",
                        deviation.action == Action::kPermit ? "permit" : "relax", quoted(deviation.source),
                        quoted(deviation.reason));
    if (!deviation.versions.empty()) text += fmt::format("versions = {}\n", quoted(deviation.versions));
  }
  return text;
}

ExitStatus infer_profile(const InferOptions& options) {
  const SubjectOrError made = make_subject(options.subject, options.settings);
  if (made.subject == nullptr) {
    fmt::print(stderr, "ovlspec: {}\n", made.error.what);
    return made.error.usage ? ExitStatus::kUsage : ExitStatus::kEnvironment;
  }
  Profile profile{.subject = options.subject.substr(0, options.subject.find(':')),
                  .features = features_of(*made.subject)};
  CheckOptions campaign;
  campaign.seed = options.seed;
  campaign.operations = kOperations;
  const CasesOrError cases = cases_of(campaign);
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(options.seconds);
  const auto goes_on = [&] {
    return std::chrono::steady_clock::now() < end && !(options.settings.stop != nullptr && *options.settings.stop);
  };
  std::uint64_t number = 0;
  for (; goes_on(); ++number) {
    const Trace trace = cases.cases->make(number);
    for (unsigned i = 0; i < kDeviationsInACase && goes_on(); ++i) {
      const RunResult result = run(*made.subject, trace, profile, RunOptions{.stop = options.settings.stop});
      if (result.stopped || !result.finding) break;
      take(profile, deviation_of(*result.finding));
    }
  }
  for (Deviation& deviation : profile.deviations) deviation.versions = "as of " + today();
  const std::string text =
      fmt::format(
          "# What ovlspec infer-profile saw of {} in {} small cases (seed {}). Whether each of these is a\n"
          "# deviation or a bug is for a person to say: a deviation has a source.\n",
          options.subject, number, options.seed) +
      profile_text(profile);
  if (options.out.empty()) {
    fmt::print("{}", text);
    return ExitStatus::kConforms;
  }
  std::ofstream file(options.out);
  file << text;
  file.close();
  if (!file.fail()) return ExitStatus::kConforms;
  fmt::print(stderr, "ovlspec: {} cannot be written\n", options.out);
  return ExitStatus::kEnvironment;
}

}  // namespace ovlspec::oracle
