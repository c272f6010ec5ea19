// A file that shows a violation to somebody who has nothing of ours, and what came of it when it was run.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace ovlspec::oracle {

enum class Language : std::uint8_t { kShell, kC, kPython };
inline constexpr std::array kLanguages = {Language::kShell, Language::kC, Language::kPython};

struct Reproducer {
  enum class State : std::uint8_t {
    kVerified,  // it was run, and the bug was there
    kNotShown,  // it was run, and the bug was not there
    kNotRun,    // it could not be run here
    kBroken,    // it is no program, or ends without a verdict
    kNone,      // there is none
  };
  Language language = Language::kShell;
  State state = State::kNone;
  std::string file;  // where it lies; empty: there is none
  std::string why;   // for all but kVerified, in one line
};

// "a shell script", "a C program", "a pytest file".
std::string_view words_of(Language language);
// "verified", or what came of it instead.
std::string words_of(const Reproducer& reproducer);

}  // namespace ovlspec::oracle
