// A step as a call of one of the functions that every reproducer in C or Python begins with (reproducers/). The two
// languages write the same calls; they differ in how they write arguments.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "oracle/report_script.h"

namespace ovlspec::oracle {

struct Argument {
  enum class Kind : std::uint8_t {
    kText,     // without zeros: a path, a name
    kBytes,    // any
    kBare,     // a number, a constant, flags of both languages
    kOctal,    // the digits
    kWords,    // a command line
    kNumbers,  // a list
    kAnswer,   // what the step with this number showed
  };
  Kind kind = Kind::kBare;
  std::string text;
  std::vector<std::string> words;
};
struct Call {
  std::string function;
  std::vector<Argument> arguments;
  std::size_t answer = 0;           // kept under this number
  std::vector<std::string> within;  // as a step has it
  std::string comment;
};

// In the order of the steps, with the calls that change the caller and the root directory between them.
std::vector<Call> calls_of(const Script& script);

// How a language writes what both say.
struct Writing {
  std::string (*literal)(std::string_view text) = nullptr;
  std::string (*argument)(const Argument& argument) = nullptr;
  std::string (*comment)(const std::string& text) = nullptr;
  std::string_view indent;
  std::string_view end;       // of a statement
  std::string_view answer;    // what an answer is declared as
  std::string_view guard;     // what a call stands behind, with {} for the condition
  std::string_view all, any;  // between conditions
};
// The calls, what is told of the values, and whether the violation is there.
std::string body_of(const Script& script, const Writing& writing);

// A file of functions, in blocks of which each begins with `MARK NAME...`, what it defines. Those blocks are returned
// that `text` needs, itself or through others, and what comes before the first.
std::string needed_blocks(std::string_view file, std::string_view mark, const std::string& text);

// The texts of reproducers/, which are built in.
struct ReproducerFile {
  std::string_view name;
  std::string_view text;
};
extern const std::vector<ReproducerFile> kReproducerFiles;
std::string reproducer_file(std::string_view name);

}  // namespace ovlspec::oracle
