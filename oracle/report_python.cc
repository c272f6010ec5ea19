// A reproducer as a pytest file, which needs Python's standard library alone.
#include <fmt/format.h>

#include <set>

#include "oracle/report_calls.h"

namespace ovlspec::oracle {
namespace {

using Kind = Argument::Kind;

bool is_plain(std::string_view bytes) {
  for (const char c : bytes)
    if (static_cast<unsigned char>(c) >= 0x80) return false;
  return true;
}

std::string escaped(std::string_view bytes) {
  std::string text = "\"";
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      text += std::string("\\") + c;
    } else if (byte >= 0x20 && byte < 0x7f) {
      text += c;
    } else {
      text += fmt::format("\\x{:02x}", byte);
    }
  }
  return text + '"';
}

// Names that are no ASCII are bytes to Linux.
std::string literal(std::string_view text) {
  return is_plain(text) ? escaped(text) : "os.fsdecode(b" + escaped(text) + ")";
}

std::string argument_text(const Argument& argument) {
  switch (argument.kind) {
    case Kind::kText: return literal(argument.text);
    case Kind::kBytes: return "b" + escaped(argument.text);
    case Kind::kBare: return argument.text;
    case Kind::kOctal: return "0o" + argument.text;
    case Kind::kWords: {
      std::vector<std::string> words;
      for (const std::string& word : argument.words) words.push_back(literal(word));
      return fmt::format("[{}]", fmt::join(words, ", "));
    }
    case Kind::kNumbers: return fmt::format("[{}]", fmt::join(argument.words, ", "));
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
  std::string line = "# ";
  for (const char c : text) line += c >= ' ' && c <= '~' ? c : '?';
  return line;
}

std::string body_of(const Script& script) {
  const std::set<std::size_t> used = answers_used(script);
  std::string text = "def reproduce():\n    begin()\n";
  for (const Call& call : calls_of(script)) {
    if (!call.comment.empty()) text += "    " + comment(call.comment) + "\n";
    std::vector<std::string> arguments;
    for (const Argument& argument : call.arguments) arguments.push_back(argument_text(argument));
    const std::string kept = used.count(call.answer) != 0 ? fmt::format("seen{} = ", call.answer) : std::string();
    text += fmt::format("    {}{}({})\n", kept, call.function, fmt::join(arguments, ", "));
  }
  for (const Value& value : values_of(script))
    text += fmt::format("    tell({}, {})\n", literal(words_of(script, value)), value_text(value));
  std::vector<std::string> claims;
  for (const Claim& claim : script.claims) claims.push_back(claim_text(claim));
  return text + fmt::format("    {}\n    return finish({})\n", comment("It is there where this holds."),
                            fmt::join(claims, " and "));
}

constexpr std::string_view kEnd = R"(

def test_the_bug_is_there():
    import pytest

    done = subprocess.run([sys.executable, __file__], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    print(done.stdout)
    if done.returncode == 77:
        pytest.skip(done.stdout.strip().splitlines()[-1])
    assert done.returncode == 0, done.stdout


if __name__ == "__main__":
    try:
        sys.exit(reproduce())
    except OSError as failure:
        cannot(str(failure))
)";

}  // namespace

TextOrWhy python_text(const Script& script) {
  std::string text;
  for (const std::string& line : script.header) text += comment(line) + "\n";
  text +=
      "#\n# pytest THIS.py, as root: passes while the bug is there. Or python3 THIS.py. 0: the bug is there; 1: it is "
      "not; 77: it cannot run.\n";
  const std::string body = body_of(script);
  const std::string functions = reproducer_file("stack.py") + reproducer_file("calls.py");
  return {.text = text + needed_blocks(functions, "#:: ", body) + body + std::string(kEnd), .why_not = {}};
}

}  // namespace ovlspec::oracle
