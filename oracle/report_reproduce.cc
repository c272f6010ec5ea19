#include "oracle/report_reproduce.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "oracle/finding_file.h"
#include "oracle/finding_key.h"
#include "oracle/fuse_subject.h"
#include "oracle/given_places.h"
#include "oracle/profile.h"
#include "oracle/report.h"
#include "oracle/report_script.h"

namespace ovlspec::oracle {
namespace {

using State = Reproducer::State;

using Clock = std::chrono::steady_clock;

const std::string kNoTime = "no time was left";

class Stopwatch {
 public:
  double seconds() const { return std::chrono::duration<double>(Clock::now() - start_).count(); }

 private:
  Clock::time_point start_ = Clock::now();
};

// Where `fuse-ovlspec` is found first by what is run.
class ProgramInPath {
 public:
  ProgramInPath() {
    const char* path = std::getenv("PATH");
    before_ = path == nullptr ? "" : path;
    const auto program = find_our_program();
    if (program) ::setenv("PATH", (program->substr(0, program->rfind('/')) + ":" + before_).c_str(), 1);
  }
  ~ProgramInPath() { ::setenv("PATH", before_.c_str(), 1); }
  ProgramInPath(const ProgramInPath&) = delete;
  ProgramInPath& operator=(const ProgramInPath&) = delete;

 private:
  std::string before_;
};

std::string file_of(Language language, const std::string& name) {
  switch (language) {
    case Language::kShell: return name + ".sh";
    case Language::kC: return name + ".c";
    case Language::kPython: {
      // A module's name has no dots.
      std::string module = name;
      std::replace(module.begin(), module.end(), '.', '_');
      return module + "_test.py";
    }
  }
  return {};
}

class Writer {
 public:
  Writer(Language language, const ReproducerPlace& place)
      : language_(language), file_(place.directory + "/" + file_of(language, place.name)), place_(place) {}

  // The shortest first, and what shows nothing last.
  Reproducer write(const std::vector<Script>& scripts) {
    Reproducer made{.language = language_, .state = State::kNone, .file = {}, .why = {}};
    for (const Script& script : scripts) {
      if (is_stopped()) break;
      Reproducer next = try_out(script);
      if (next.state == State::kNone && !(made.state == State::kNone && made.why.empty())) continue;
      made = std::move(next);
      if (made.state == State::kVerified) shown_ = &script == &scripts.front() ? script : made_small(script);
      if (made.state != State::kNotShown && made.state != State::kNone) break;
    }
    return made;
  }

  // What the file says, where it shows the violation.
  const std::optional<Script>& shown() const { return shown_; }

 private:
  Reproducer try_out(const Script& script) {
    const TextOrWhy text = text_in(language_, script);
    if (!text.why_not.empty()) return {.language = language_, .state = State::kNone, .file = {}, .why = text.why_not};
    if (!write_text(text.text))
      return {.language = language_, .state = State::kNone, .file = {}, .why = file_ + " cannot be written"};
    constexpr double kSeconds = 30;  // within which a reproducer ends
    const bool is_cut_short = seconds_left() < kSeconds;
    if (seconds_left() <= 0) return not_run();
    Reproducer made = verified(language_, file_, std::min(kSeconds, seconds_left()));
    return is_cut_short && seconds_left() <= 0 && made.state == State::kBroken ? not_run() : made;
  }

  double seconds_left() const { return std::chrono::duration<double>(place_.end - Clock::now()).count(); }
  Reproducer not_run() const { return {.language = language_, .state = State::kNotRun, .file = file_, .why = kNoTime}; }

  bool write_text(const std::string& text) const {
    std::ofstream stream(file_);
    stream << text;
    stream.close();
    std::error_code ignored;
    if (language_ == Language::kShell) std::filesystem::permissions(file_, std::filesystem::perms(0755), ignored);
    return !stream.fail();
  }

  // Takes optional steps away, many at once first, while the violation shows. The file has what is left.
  Script made_small(Script script) {
    constexpr int kTries = 60;
    constexpr double kSecondsAtMost = 10;
    const Stopwatch watch;
    int tries = 0;
    // Half of what is left is for other languages, and to end with.
    const double seconds = std::min(kSecondsAtMost, seconds_left() / 2);
    const auto goes_on = [&] { return tries < kTries && watch.seconds() < seconds && !is_stopped(); };
    for (std::size_t chunk = script.steps.size(); chunk > 0 && goes_on(); chunk /= 2)
      for (std::size_t begin = 0; begin < script.steps.size() && goes_on();) {
        Script smaller = script;
        smaller.steps.clear();
        for (std::size_t i = 0; i < script.steps.size(); ++i)
          if (i < begin || i >= begin + chunk || !script.steps[i].is_optional) smaller.steps.push_back(script.steps[i]);
        const bool is_smaller = smaller.steps.size() < script.steps.size();
        if (is_smaller) ++tries;
        if (is_smaller && try_out(smaller).state == State::kVerified) {
          script = std::move(smaller);
        } else {
          begin += chunk;
        }
      }
    (void)write_text(text_in(language_, script).text);
    return script;
  }

  bool is_stopped() const { return place_.stop != nullptr && *place_.stop; }

  Language language_;
  std::string file_;
  const ReproducerPlace& place_;
  std::optional<Script> shown_;
};

std::vector<Reproducer> none(const std::string& why) {
  std::vector<Reproducer> all;
  for (const Language language : kLanguages)
    all.push_back({.language = language, .state = State::kNone, .file = {}, .why = why});
  return all;
}

ReproducerPlace place_beside(const std::string& file, const CheckOptions& options, Clock::time_point end) {
  const std::filesystem::path path(file);
  return {.directory = path.parent_path().string(),
          .name = path.stem().string(),
          .mounted = {},
          .stop = options.settings.stop,
          .end = end};
}

}  // namespace

TextOrWhy text_in(Language language, const Script& script) {
  switch (language) {
    case Language::kShell: return shell_text(script);
    case Language::kC: return c_text(script);
    case Language::kPython: return python_text(script);
  }
  return {};
}

std::string_view words_of(Language language) {
  switch (language) {
    case Language::kShell: return "a shell script";
    case Language::kC: return "a C program";
    case Language::kPython: return "a pytest file";
  }
  return {};
}

std::string words_of(const Reproducer& reproducer) {
  switch (reproducer.state) {
    case State::kVerified: return "verified: it shows the violation";
    case State::kNotShown: return "does not show the violation: " + reproducer.why;
    case State::kNotRun: return "not verified: " + reproducer.why;
    case State::kBroken: return "broken: " + reproducer.why;
    case State::kNone: return "none: " + reproducer.why;
  }
  return {};
}

// Flaky violations get a few chances.
EvidenceOrWhy evidence_of(const Violation& violation, const CheckOptions& options) {
  constexpr int kPlays = 3;
  const SubjectOrError made = make_subject(violation.subject, options.settings);
  const ProfileOrError profile = profile_of(violation.subject, options.profiles);
  if (made.subject == nullptr) return {.evidence = {}, .why_not = made.error.what};
  if (!profile.error.empty()) return {.evidence = {}, .why_not = profile.error};
  for (int play = 0; play < kPlays; ++play) {
    Recorder recorder(violation.finding);
    const RunOptions run_options{.compare_with_kernel = true,
                                 .after_violation = AfterViolation::kGoOn,
                                 .stop = options.settings.stop,
                                 .watcher = &recorder};
    (void)run(*made.subject, violation.trace, profile.profile, run_options);
    const auto& evidence = recorder.evidence();
    if (!evidence) continue;
    const std::string why = evidence->why_not.empty() ? "what shows it is not known" : evidence->why_not;
    return {.evidence = evidence, .why_not = evidence->is_found() ? "" : why};
  }
  return {.evidence = {}, .why_not = "it was not seen again"};
}

std::vector<Reproducer> reproduce(const Violation& violation, const EvidenceOrWhy& found,
                                  const ReproducerPlace& place) {
  if (!given_places().empty()) return none("the layers lie on file systems that this machine was given");
  const SubjectMountOrWhy mount = mount_of(place.mounted.empty() ? violation.subject : place.mounted);
  if (!mount.mount) return none(mount.why_not);
  if (!found.why_not.empty()) return none(found.why_not);
  std::vector<Script> scripts;
  std::string why_not;
  for (const Detail detail : kDetails) {
    // What shows nothing is not looked at with ever more patience.
    const bool is_control = !place.mounted.empty();
    if (is_control && detail != Detail::kNeeded && detail != Detail::kLooks) continue;
    ScriptOrWhy script = script_of(violation.trace, *found.evidence, *mount.mount, detail);
    if (script.script) scripts.push_back(std::move(*script.script));
    why_not = script.why_not;
  }
  if (scripts.empty()) return none(why_not);
  const ProgramInPath path;
  const auto write = [&](Language language) {
    Writer writer(language, place);
    Reproducer made = writer.write(scripts);
    // Those of C and Python make the same calls.
    if (language == Language::kPython && writer.shown()) scripts.insert(scripts.begin(), *writer.shown());
    return made;
  };
  Reproducer shell = write(Language::kShell);
  Reproducer python = write(Language::kPython);
  Reproducer c = write(Language::kC);
  return {std::move(shell), std::move(c), std::move(python)};
}

namespace {

void add_to(Violation& violation, const CheckOptions& options, Clock::time_point end) {
  const EvidenceOrWhy found = evidence_of(violation, options);
  if (found.evidence) violation.layers_after = found.evidence->after;
  violation.reproducers = reproduce(violation, found, place_beside(violation.file, options, end));
}

}  // namespace

void add_reproducers(std::vector<SubjectReport>& reports, const CheckOptions& options, Clock::time_point end) {
  for (SubjectReport& report : reports)
    for (Violation& violation : report.violations) {
      const bool is_stopped = options.settings.stop != nullptr && *options.settings.stop;
      if (is_stopped || violation.file.empty()) continue;
      if (Clock::now() < end) {
        add_to(violation, options, end);
      } else {
        violation.reproducers = none(kNoTime + "; ovlspec reproduce makes them of the trace");
      }
    }
}

ExitStatus reproduce_command(const Trace& trace, const CheckOptions& options) {
  ExitStatus status = ExitStatus::kConforms;
  for (const std::string& name : options.subjects) {
    const SubjectOrError made = make_subject(name, options.settings);
    const ProfileOrError profile = profile_of(name, options.profiles);
    if (made.subject == nullptr || !profile.error.empty()) {
      fmt::print(stderr, "ovlspec: {}\n", made.subject == nullptr ? made.error.what : profile.error);
      return made.subject == nullptr && !made.error.usage ? ExitStatus::kEnvironment : ExitStatus::kUsage;
    }
    const RunOptions run_options{
        .compare_with_kernel = true, .after_violation = AfterViolation::kGoOn, .stop = options.settings.stop};
    for (const Finding& finding : run(*made.subject, trace, profile.profile, run_options).findings) {
      Violation violation{.subject = name, .finding = finding, .trace = trace, .key = key_of(finding, trace)};
      const auto file = save_violation(violation, options.out);
      if (file) violation.file = *file;
      if (file) add_to(violation, options, Clock::time_point::max());
      fmt::print("{}", violation_text(violation));
      status = ExitStatus::kViolation;
    }
  }
  if (status == ExitStatus::kConforms)
    fmt::print("the trace shows no violation on {}\n", fmt::join(options.subjects, ", "));
  return status;
}

}  // namespace ovlspec::oracle
