// A reproducer as a C program of one file, which needs the C library alone.
#include <fmt/format.h>

#include "oracle/report_calls.h"

namespace ovlspec::oracle {
namespace {

using Kind = Argument::Kind;

// A string literal: what is no printable ASCII as three octal digits, so that no digit after it belongs to it.
std::string literal(std::string_view bytes) {
  std::string text = "\"";
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\' || c == '?') {
      text += std::string("\\") + c;
    } else if (byte >= 0x20 && byte < 0x7f) {
      text += c;
    } else {
      text += fmt::format("\\{:03o}", byte);
    }
  }
  return text + '"';
}

std::string argument_text(const Argument& argument) {
  switch (argument.kind) {
    case Kind::kText: return literal(argument.text);
    case Kind::kBytes: return "BYTES(" + literal(argument.text) + ")";
    case Kind::kBare: return argument.text;
    case Kind::kOctal: return "0" + argument.text;
    case Kind::kWords: {
      std::string words;
      for (const std::string& word : argument.words) words += literal(word) + ", ";
      return "(char *[]){" + words + "NULL}";
    }
    case Kind::kNumbers:
      return fmt::format("{}, (gid_t[]){{{}}}", argument.words.size(),
                         argument.words.empty() ? "0" : fmt::format("{}", fmt::join(argument.words, ", ")));
    case Kind::kAnswer: return "seen" + argument.text;
  }
  return {};
}

std::string comment(const std::string& text) {
  std::string line = "// ";
  for (const char c : text) line += c >= ' ' && c <= '~' ? c : '?';
  // A backslash at its end would join the next line.
  return line.back() == '\\' ? line + "." : line;
}

constexpr Writing kWriting = {.literal = literal,
                              .argument = argument_text,
                              .comment = comment,
                              .indent = "  ",
                              .end = ";",
                              .answer = "struct answer *",
                              .guard = "if ({}) ",
                              .all = " && ",
                              .any = " || "};

}  // namespace

TextOrWhy c_text(const Script& script) {
  std::string text;
  for (const std::string& line : script.header) text += comment(line) + "\n";
  text +=
      "//\n// cc -o reproducer THIS.c && ./reproducer, as root. 0: the bug is there; 1: it is not; 77: it cannot "
      "run.\n";
  const std::string body = "int main(void) {\n  begin();\n" + body_of(script, kWriting) + "}\n";
  const std::string functions = reproducer_file("stack.c") + reproducer_file("calls.c");
  return {.text = text + needed_blocks(functions, "//:: ", body) + body, .why_not = {}};
}

}  // namespace ovlspec::oracle
