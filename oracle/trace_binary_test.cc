#include "oracle/trace_binary.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "oracle/trace_arbitrary.h"
#include "oracle/trace_compare.h"
#include "oracle/trace_text.h"

namespace ovlspec::oracle {
namespace {

Trace smallest() {
  Trace trace;
  trace.lowers.emplace_back();
  trace.callers.push_back(NamedCaller{"root", superuser()});
  return trace;
}

RC_GTEST_PROP(TraceBinary, DecodeIsTheInverseOfEncode, ()) {
  const Trace trace = *arbitrary::traces();
  const auto decoded = decode_binary(encode_binary(trace));
  if (!decoded.ok()) RC_FAIL(decoded.error.describe() + "\n" + print_text(trace));
  RC_LOG() << print_text(trace);
  RC_ASSERT(same_trace(trace, *decoded.trace));
}

RC_GTEST_PROP(TraceBinary, TextAndBinarySayTheSame, ()) {
  const Trace trace = *arbitrary::traces();
  const auto from_text = parse_text(print_text(trace));
  RC_ASSERT(from_text.ok());
  RC_ASSERT(encode_binary(*from_text.trace) == encode_binary(trace));
}

RC_GTEST_PROP(TraceBinary, EveryPrefixIsRefusedAtItsEnd, ()) {
  const std::string bytes = encode_binary(*arbitrary::traces());
  const auto cut = *rc::gen::inRange<std::size_t>(0, bytes.size());
  const auto decoded = decode_binary(std::string_view(bytes).substr(0, cut));
  RC_ASSERT(!decoded.ok());
  RC_ASSERT(decoded.error.byte <= cut);
}

RC_GTEST_PROP(TraceBinary, WhatDecodesAfterDamageCanBeWrittenAgain, ()) {
  std::string bytes = encode_binary(*arbitrary::traces());
  for (unsigned i = *rc::gen::inRange(1U, 4U); i != 0; --i)
    bytes[*rc::gen::inRange<std::size_t>(0, bytes.size())] = *rc::gen::arbitrary<char>();
  const auto decoded = decode_binary(bytes);
  if (!decoded.ok()) return;
  const auto again = parse_text(print_text(*decoded.trace));
  if (!again.ok()) RC_FAIL(again.error.describe() + "\n" + print_text(*decoded.trace));
  RC_ASSERT(same_trace(*decoded.trace, *again.trace));
}

TEST(TraceBinary, ForeignBytesVersionsAndLeftoversAreRefused) {
  std::string bytes = encode_binary(smallest());
  EXPECT_TRUE(decode_binary(bytes).ok());
  EXPECT_EQ(decode_binary("OVLX").error.describe(), "byte 3: expected `OVLT`");
  EXPECT_EQ(decode_binary(bytes + "x").error.what, "expected the end");
  bytes[4] = 2;
  EXPECT_EQ(decode_binary(bytes).error.describe(), "byte 4: expected version 1");
}

TEST(TraceBinary, NumbersHaveOneForm) {
  std::string bytes = encode_binary(smallest());
  bytes.replace(5, 1, std::string("\x80\0", 2));
  EXPECT_EQ(decode_binary(bytes).error.describe(), "byte 5: expected a number in its shortest form");
}

}  // namespace
}  // namespace ovlspec::oracle
