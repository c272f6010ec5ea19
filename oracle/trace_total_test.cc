#include "oracle/trace_total.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "oracle/layer_entries.h"
#include "oracle/standard_callers.h"
#include "oracle/trace_arbitrary.h"
#include "oracle/trace_binary.h"
#include "oracle/trace_compare.h"
#include "oracle/trace_text.h"

namespace ovlspec::oracle {
namespace {

rc::Gen<std::string> inputs() { return rc::gen::scale(4, rc::gen::container<std::string>(rc::gen::arbitrary<char>())); }

TEST(TraceTotal, NoBytesAreNoEventsOverOneEmptyLower) {
  const Trace trace = decode_total("");
  ASSERT_EQ(trace.lowers.size(), 1U);
  EXPECT_TRUE(same_layer(trace.lowers[0].layer, model::Layer{}));
  EXPECT_FALSE(trace.upper);
  EXPECT_TRUE(trace.events.empty());
  EXPECT_EQ(trace.callers.size(), 1U);
}

RC_GTEST_PROP(TraceTotal, AnyBytesAreATraceThatKeepsTheLimits, ()) {
  const Trace trace = decode_total(*inputs());
  const auto parsed = parse_text(print_text(trace));
  if (!parsed.ok()) RC_FAIL(parsed.error.describe() + "\n" + print_text(trace));
  RC_ASSERT(same_trace(trace, *parsed.trace));
  RC_ASSERT(decode_binary(encode_binary(trace)).ok());
}

RC_GTEST_PROP(TraceTotal, WhatWasDecodedIsWithinTheVocabulary, ()) {
  const Trace trace = decode_total(*inputs());
  const std::string bytes = encode_total(trace);
  const Trace again = decode_total(bytes);
  RC_LOG() << print_text(trace) << "-- again\n" << print_text(again);
  RC_ASSERT(same_trace(trace, again));
}

RC_GTEST_PROP(TraceTotal, EncodeTakesEveryTrace, ()) {
  const Trace near = decode_total(encode_total(*arbitrary::traces()));
  RC_ASSERT(!near.lowers.empty());
}

RC_GTEST_PROP(TraceTotal, NoEventIsInVain, ()) {
  bool mounted = false;
  for (const Event& event : decode_total(*inputs()).events) {
    const bool needs_mount = !std::holds_alternative<Mount>(event) && !std::holds_alternative<Mutate>(event);
    RC_ASSERT(mounted == needs_mount);
    if (std::holds_alternative<Mount>(event)) mounted = true;
    if (std::holds_alternative<Unmount>(event) || std::holds_alternative<Crash>(event)) mounted = false;
  }
}

TEST(TraceTotal, OrdinaryTextTracesAreWithinTheVocabulary) {
  const auto parsed = parse_text(R"(ovlspec trace 1
caller alice uid=1000 gid=1000 groups=50 umask=022 caps=none
lower 0 place=1
  dir . 700
  dir d 755
  file d/x 600 uid=1000 mtime=1500000000.25 size=9000 user.strange="v" "content"
  link d/y d/x
  symlink s "../d/./x"
  whiteout gone
  dir r 755 opaque redirect="/d"
upper place=1
  char c 644 60:300
mount
  alice open d/x write,append,create 644 %11
  write %11 @70000 "bytes\x00"
  rename d//x /some/new/name-of-mine noreplace
  utimens %11 atime=now mtime=5.5
  drop-caches
crash
mutate lower 0 move d/x e
mutate add-lower 1 place=2
  file a 644 "A"
end
mutate lower 1 chmod . 711
mount
)");
  ASSERT_TRUE(parsed.ok()) << parsed.error.describe();
  const Trace again = decode_total(encode_total(*parsed.trace));
  EXPECT_TRUE(same_trace(*parsed.trace, again)) << print_text(again);
}

TEST(TraceTotal, RandomBytesMostlyOperateOnMountedOverlays) {
  std::size_t steps = 0;
  std::size_t events = 0;
  std::string bytes(64, '\0');
  std::uint32_t state = 1;
  for (int i = 0; i < 200; ++i) {
    for (char& c : bytes) {
      state = state * 1664525 + 1013904223;
      c = static_cast<char>(state >> 24);
    }
    const Trace trace = decode_total(bytes);
    events += trace.events.size();
    for (const Event& event : trace.events) steps += std::holds_alternative<Step>(event) ? 1 : 0;
  }
  EXPECT_GT(events, 200U * 4);
  EXPECT_GT(steps * 3, events * 2);
}

}  // namespace
}  // namespace ovlspec::oracle
