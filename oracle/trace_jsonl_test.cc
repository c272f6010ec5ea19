#include "oracle/trace_jsonl.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "oracle/trace_arbitrary.h"
#include "oracle/trace_binary.h"
#include "oracle/trace_compare.h"
#include "oracle/trace_text.h"

namespace ovlspec::oracle {
namespace {

std::string error_of(std::string_view lines) {
  const auto parsed = parse_jsonl("{\"ovlspec\":\"trace\",\"version\":1}\n{\"lower\":{}}\n" + std::string(lines));
  return parsed.ok() ? "no error" : parsed.error.describe();
}

RC_GTEST_PROP(TraceJsonLines, ParseIsTheInverseOfPrint, ()) {
  const Trace trace = *arbitrary::traces();
  const std::string text = print_jsonl(trace);
  const auto parsed = parse_jsonl(text);
  if (!parsed.ok()) RC_FAIL(parsed.error.describe() + "\n" + text);
  RC_LOG() << text;
  RC_ASSERT(same_trace(trace, *parsed.trace));
}

RC_GTEST_PROP(TraceJsonLines, TextJsonAndBinarySayTheSame, ()) {
  const Trace trace = *arbitrary::traces();
  const auto from_text = parse_text(print_text(trace));
  RC_ASSERT(from_text.ok());
  const auto from_json = parse_jsonl(print_jsonl(*from_text.trace));
  RC_ASSERT(from_json.ok());
  const auto from_binary = decode_binary(encode_binary(*from_json.trace));
  RC_ASSERT(from_binary.ok());
  RC_ASSERT(print_text(*from_binary.trace) == print_text(trace));
}

RC_GTEST_PROP(TraceJsonLines, DamagedTextIsATraceOrAnErrorWithItsLine, ()) {
  std::string text = print_jsonl(*arbitrary::traces());
  for (unsigned i = *rc::gen::inRange(1U, 4U); i != 0; --i)
    text[*rc::gen::inRange<std::size_t>(0, text.size())] = *rc::gen::arbitrary<char>();
  const auto parsed = parse_jsonl(text);
  RC_ASSERT(parsed.ok() || (parsed.error.line != 0 && !parsed.error.what.empty()));
}

TEST(TraceJsonLines, BytesThatAreNoUtf8AreWrittenInHexadecimal) {
  Trace trace;
  trace.lowers.emplace_back();
  trace.callers.push_back(NamedCaller{"root", superuser()});
  trace.events.emplace_back(Step{0, Unlink{"\xc3\xa9"}});
  trace.events.emplace_back(Step{0, Unlink{"\xff"}});
  const std::string text = print_jsonl(trace);
  EXPECT_NE(text.find("{\"do\":\"unlink\",\"path\":\"\xc3\xa9\"}"), std::string::npos) << text;
  EXPECT_NE(text.find("{\"do\":\"unlink\",\"path\":{\"hex\":\"ff\"}}"), std::string::npos) << text;
}

TEST(TraceJsonLines, ErrorsNameTheLineAndWhatWasExpected) {
  EXPECT_EQ(error_of("{\"do\":\"renam\"}"), "line 3: `do`: expected an operation");
  EXPECT_EQ(error_of("{\"do\":\"rename\",\"from\":\"a\"}"), "line 3: a key `to` is missing");
  EXPECT_EQ(error_of("{\"do\":\"close\",\"slot\":16}"), "line 3: `slot`: expected a number of 15 at most");
  EXPECT_EQ(error_of("{\"do\":\"close\",\"slot\":1,\"sloth\":2}"), "line 3: unknown key `sloth`");
  EXPECT_EQ(error_of("{\"do\":"), "line 3, column 7: expected a JSON object");
  EXPECT_EQ(error_of("[]"), "line 3: expected an object");
  EXPECT_EQ(error_of("{\"do\":\"stat\",\"by\":\"eve\",\"path\":\"a\"}"), "line 3: there is no caller `eve`");
  EXPECT_EQ(error_of("{\"upper\":{\"entries\":[{\"path\":\"a/b\",\"type\":\"file\",\"mode\":\"644\"}]}}"),
            "line 3: the layer has no directory \"a\"");
  EXPECT_EQ(error_of("{\"mutate\":\"remove\",\"path\":\"a\"}"), "line 3: a key `layer` is missing");
}

TEST(TraceJsonLines, TextWithoutHeaderOrLowerIsRefused) {
  EXPECT_EQ(parse_jsonl("").error.describe(), "line 1: expected {\"ovlspec\":\"trace\",\"version\":1}");
  EXPECT_EQ(parse_jsonl("{\"ovlspec\":\"trace\",\"version\":2}").error.describe(),
            "line 1: expected {\"ovlspec\":\"trace\",\"version\":1}");
  EXPECT_EQ(parse_jsonl("{\"ovlspec\":\"trace\",\"version\":1}\n").error.describe(),
            "line 1: expected a `lower`, found the end of the text");
}

}  // namespace
}  // namespace ovlspec::oracle
