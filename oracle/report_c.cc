// A reproducer as a C program of one file, which needs the C library alone.
#include <fmt/format.h>

#include <set>

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

std::string value_text(const Value& value) {
  return fmt::format("value(seen{}, {}, {})", value.moment, literal(word_of(value.shown)), literal(value.name));
}

std::string claim_text(const Claim& claim) {
  const auto* value = std::get_if<Value>(&claim.right);
  const std::string right = value != nullptr ? value_text(*value) : literal(std::get<std::string>(claim.right));
  return fmt::format("{}({}, {})", word_of(claim.relation), value_text(claim.left), right);
}

std::string comment(const std::string& text) {
  std::string line = "// ";
  for (const char c : text) line += c >= ' ' && c <= '~' ? c : '?';
  // A backslash at its end would join the next line.
  return line.back() == '\\' ? line + "." : line;
}

std::string body_of(const Script& script) {
  const std::set<std::size_t> used = answers_used(script);
  std::string text = "int main(void) {\n  begin();\n";
  for (const Call& call : calls_of(script)) {
    if (!call.comment.empty()) text += "  " + comment(call.comment) + "\n";
    std::vector<std::string> arguments;
    for (const Argument& argument : call.arguments) arguments.push_back(argument_text(argument));
    const std::string kept =
        used.count(call.answer) != 0 ? fmt::format("struct answer *seen{} = ", call.answer) : std::string();
    text += fmt::format("  {}{}({});\n", kept, call.function, fmt::join(arguments, ", "));
  }
  for (const Value& value : values_of(script))
    text += fmt::format("  tell({}, {});\n", literal(words_of(script, value)), value_text(value));
  std::vector<std::string> claims;
  for (const Claim& claim : script.claims) claims.push_back(claim_text(claim));
  return text + fmt::format("  {}\n  return finish({});\n}}\n", comment("It is there where this holds."),
                            fmt::join(claims, " && "));
}

}  // namespace

TextOrWhy c_text(const Script& script) {
  std::string text;
  for (const std::string& line : script.header) text += comment(line) + "\n";
  text +=
      "//\n// cc -o reproducer THIS.c && ./reproducer, as root. 0: the bug is there; 1: it is not; 77: it cannot "
      "run.\n";
  const std::string body = body_of(script);
  const std::string functions = reproducer_file("stack.c") + reproducer_file("calls.c");
  return {.text = text + needed_blocks(functions, "//:: ", body) + body, .why_not = {}};
}

}  // namespace ovlspec::oracle
