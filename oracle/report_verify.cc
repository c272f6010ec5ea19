// What is told by the end of a reproducer.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>

#include "oracle/descriptor.h"
#include "oracle/finding_file.h"
#include "oracle/report_run.h"

namespace ovlspec::oracle {
namespace {

using State = Reproducer::State;

constexpr int kCannotRun = 77;
constexpr int kNotFound = 127;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const auto end = std::min(text.find('\n', begin), text.size());
    if (end > begin) lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

std::string last_line(const std::string& text) {
  const std::vector<std::string> lines = lines_of(text);
  return lines.empty() ? std::string() : lines.back();
}

Reproducer made_of(const Reproducer& made, State state, std::string why) {
  return {.language = made.language, .state = state, .file = made.file, .why = std::move(why)};
}

Reproducer told_by(const Ended& ended, const Reproducer& made) {
  const std::string last = last_line(ended.output);
  if (ended.is_late) return made_of(made, State::kBroken, "it does not end");
  if (ended.status == 0 && last == kBugIsThere) return made_of(made, State::kVerified, {});
  if (ended.status == 1 && last == kBugIsNotThere) return made_of(made, State::kNotShown, last);
  const bool says_why = ended.status == kCannotRun && !last.empty() && last.rfind("broken", 0) != 0;
  if (says_why) return made_of(made, State::kNotRun, last);
  if (ended.status == kNotFound && last.empty()) return made_of(made, State::kNotRun, "what runs it was not found");
  return made_of(made, State::kBroken, last.empty() ? fmt::format("it ends with {} in silence", ended.status) : last);
}

// What is left of some seconds.
class Left {
 public:
  explicit Left(double seconds) : seconds_(seconds) {}
  double seconds() const { return seconds_ - std::chrono::duration<double>(Clock::now() - start_).count(); }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point start_ = Clock::now();
  double seconds_;
};

Reproducer run_shell(const Reproducer& made, const Left& left) {
  // A shell's status for a syntax error is one that commands have, too.
  const Ended read = run_program({"sh", "-n", made.file}, left.seconds());
  const bool is_read = read.status == 0 || read.status == kNotFound || read.is_late;
  if (!is_read) return made_of(made, State::kBroken, last_line(read.output));
  return told_by(run_program({"sh", made.file}, left.seconds()), made);
}

Reproducer run_c(const Reproducer& made, const Left& left) {
  std::string program = std::filesystem::temp_directory_path() / "ovlspec-reproducer-XXXXXX";
  Descriptor number(::mkstemp(program.data()));
  if (!number.open()) return made_of(made, State::kNotRun, "no temporary file can be made");
  number.reset();  // what is open for writing cannot be run
  const Ended compiled = run_program({"cc", "-o", program, made.file}, left.seconds());
  Reproducer told = compiled.status == 0 ? told_by(run_program({program}, left.seconds()), made) : made;
  remove_file(program);
  if (compiled.status == kNotFound) return made_of(made, State::kNotRun, "cc was not found");
  if (compiled.is_late) return made_of(made, State::kNotRun, "cc does not end");
  if (compiled.status == 0) return told;
  const std::vector<std::string> lines = lines_of(compiled.output);
  const auto error = std::find_if(lines.begin(), lines.end(),
                                  [](const std::string& line) { return line.find("error:") != std::string::npos; });
  return made_of(made, State::kBroken, error == lines.end() ? "it does not compile" : *error);
}

}  // namespace

Reproducer verified(Language language, const std::string& file, double seconds) {
  const Reproducer made{.language = language, .state = State::kBroken, .file = file, .why = {}};
  const Left left(seconds);
  switch (language) {
    case Language::kShell: return run_shell(made, left);
    case Language::kPython: return told_by(run_program({"python3", file}, seconds), made);
    case Language::kC: return run_c(made, left);
  }
  return made;
}

}  // namespace ovlspec::oracle
