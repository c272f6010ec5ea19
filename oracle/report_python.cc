// A reproducer as a pytest file, which needs Python's standard library alone.
#include <fmt/format.h>

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

std::string comment(const std::string& text) {
  std::string line = "# ";
  for (const char c : text) line += c >= ' ' && c <= '~' ? c : '?';
  return line;
}

constexpr Writing kWriting = {.literal = literal,
                              .argument = argument_text,
                              .comment = comment,
                              .indent = "    ",
                              .end = "",
                              .answer = "",
                              .guard = "if {}: ",
                              .all = " and ",
                              .any = " or "};

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
    except (OSError, subprocess.SubprocessError) as failure:
        cannot(str(failure))
    except Exception as failure:
        print("broken: %r" % failure)
        sys.exit(77)
)";

}  // namespace

TextOrWhy python_text(const Script& script) {
  std::string text;
  for (const std::string& line : script.header) text += comment(line) + "\n";
  text +=
      "#\n# pytest THIS.py, as root: passes while the bug is there. Or python3 THIS.py. 0: the bug is there; 1: it is "
      "not; 77: it cannot run.\n";
  const std::string body = "def reproduce():\n    begin()\n" + body_of(script, kWriting);
  const std::string functions = reproducer_file("stack.py") + reproducer_file("calls.py");
  return {.text = text + needed_blocks(functions, "#:: ", body) + body + std::string(kEnd), .why_not = {}};
}

}  // namespace ovlspec::oracle
