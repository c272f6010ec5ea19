#include "oracle/trace_text.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "oracle/layer_entries.h"
#include "oracle/trace_arbitrary.h"
#include "oracle/trace_compare.h"

namespace ovlspec::oracle {
namespace {

constexpr std::string_view kExample = R"(ovlspec trace 1
option volatile
caller alice uid=1000 gid=1000 groups=4,5 umask=022 caps=none
lower 0 place=0
  dir d 755
  file d/x 644 uid=3 mtime=1500000000.5 user.a="v" "content"
  link d/y d/x
  symlink s "target"
  whiteout gone
lower 1 place=1
  dir . 700
  dir o 755 opaque
  dir r 755 redirect="/d"
  char c 644 1:3
upper place=0
mount
  stat d/x nofollow
    = ok file 644 links=2 size=7 ino=12
  alice open d/x write,append,create 644 %1
    = EACCES
  write %1 @0 "bytes\x00"
  rename a b noreplace
  drop-caches
unmount
mutate lower 1 remove a/b
mutate upper copy-layer no-xattrs
mutate upper put file a 600 "new"
mutate add-lower 0 place=2
  file a 644
end
)";

std::string error_of(std::string_view lines) {
  const auto parsed = parse_text("ovlspec trace 1\nlower 0\n" + std::string(lines));
  return parsed.ok() ? "no error" : parsed.error.describe();
}

TEST(TraceText, ExampleHasTheLayersCallersAndEventsThatItSays) {
  const auto parsed = parse_text(kExample);
  ASSERT_TRUE(parsed.ok()) << parsed.error.describe();
  const Trace& trace = *parsed.trace;
  ASSERT_EQ(trace.lowers.size(), 2U);
  const model::Layer& top = trace.lowers[0].layer;
  const auto file = top.tree.at("d/x");
  ASSERT_TRUE(file);
  EXPECT_EQ(file, top.tree.at("d/y"));
  EXPECT_EQ(top.tree[*file].links, 2U);
  EXPECT_EQ(top.tree[*file].uid, 3U);
  EXPECT_EQ(top.tree[*file].content.all(), "content");
  EXPECT_EQ(top.tree[*file].modify_time, model::FreeTime::at(Time{1500000000, 500000000}));
  EXPECT_TRUE(top.mark(*top.tree.at("gone")).whiteout);
  EXPECT_EQ(top.tree[*top.tree.at("s")].mode, 0777U);
  EXPECT_EQ(trace.lowers[1].layer.tree[model::kRoot].mode, 0700U);
  EXPECT_TRUE(trace.lowers[1].layer.mark(*trace.lowers[1].layer.tree.at("o")).opaque);
  EXPECT_EQ(trace.lowers[1].layer.mark(*trace.lowers[1].layer.tree.at("r")).redirect, "/d");
  ASSERT_TRUE(trace.upper);
  ASSERT_EQ(trace.callers.size(), 2U);
  EXPECT_EQ(trace.callers[0].caller, superuser());
  EXPECT_EQ(trace.callers[1].caller.groups, (std::vector<Gid>{4, 5}));
  ASSERT_EQ(trace.events.size(), 11U);
  EXPECT_EQ(std::get<Step>(trace.events[2]).caller, 1);
  const auto& write = std::get<Write>(std::get<Step>(trace.events[3]).operation);
  EXPECT_EQ(write.data, std::string("bytes\0", 6));
  ASSERT_EQ(trace.seen.size(), 11U);
  EXPECT_EQ(std::get<Attributes>(trace.seen[1]->payload).number, 12U);
  EXPECT_EQ(trace.seen[2], Outcome::failure(Errno::kEACCES));
  EXPECT_FALSE(trace.seen[3]);
}

TEST(TraceText, ExampleIsPrintedAsItWasRead) {
  const auto parsed = parse_text(kExample);
  ASSERT_TRUE(parsed.ok()) << parsed.error.describe();
  const std::string printed = print_text(*parsed.trace);
  const auto again = parse_text(printed);
  ASSERT_TRUE(again.ok()) << again.error.describe() << "\n" << printed;
  EXPECT_TRUE(same_trace(*parsed.trace, *again.trace)) << printed;
  EXPECT_EQ(print_text(*again.trace), printed);
}

RC_GTEST_PROP(TraceText, ParseIsTheInverseOfPrint, ()) {
  const Trace trace = *arbitrary::traces();
  const std::string text = print_text(trace);
  const auto parsed = parse_text(text);
  if (!parsed.ok()) RC_FAIL(parsed.error.describe() + "\n" + text);
  RC_LOG() << text;
  RC_ASSERT(same_trace(trace, *parsed.trace));
}

RC_GTEST_PROP(TraceText, EventsParseAlone, ()) {
  const std::vector<NamedCaller> callers{{"root", superuser()}, {"bob", Caller{}}};
  const Event event = *rc::gen::exec([] { return arbitrary::event(2); });
  const auto parsed = parse_events(event_text(event, callers), callers);
  RC_ASSERT(parsed.ok());
  RC_ASSERT(parsed.events->size() == 1U);
  RC_ASSERT(same_event(event, parsed.events->front()));
}

RC_GTEST_PROP(TraceText, AnyBytesAreATraceOrAnErrorWithAPlace, ()) {
  std::string text(kExample);
  for (unsigned i = *rc::gen::inRange(1U, 4U); i != 0; --i)
    text[*rc::gen::inRange<std::size_t>(0, text.size())] = *rc::gen::arbitrary<char>();
  const auto parsed = parse_text(text);
  RC_ASSERT(parsed.ok() || (parsed.error.line != 0 && parsed.error.column != 0 && !parsed.error.what.empty()));
}

TEST(TraceText, ErrorsNameLineColumnAndWhatWasExpected) {
  EXPECT_EQ(error_of("mount\n  renam a b\n"), "line 4, column 3: expected an operation, found `renam`");
  EXPECT_EQ(error_of("mount\n  stat"), "line 4, column 7: expected a path or a slot, found the end of the text");
  EXPECT_EQ(error_of("mount\n  stat # nothing\n"),
            "line 4, column 8: expected a path or a slot, found the end of the line");
  EXPECT_EQ(error_of("mount\nclose %16\n"), "line 4, column 7: expected a slot, %0 to %15, found `%16`");
  EXPECT_EQ(error_of("mount\nchmod a 999\n"), "line 4, column 9: expected an octal mode, 7777 at most, found `999`");
  EXPECT_EQ(error_of("mount\nstat a b\n"), "line 4, column 8: expected the end of the line, found `b`");
  EXPECT_EQ(error_of("mount\nwrite %1 @0 \"abc\n"),
            "line 4, column 17: expected a closing quote, found the end of the line");
  EXPECT_EQ(error_of("mount\nrename a b sideways\n"),
            "line 4, column 12: expected one of replace, noreplace, exchange, whiteout, found `sideways`");
  EXPECT_EQ(error_of("mount\ntruncate a 16777217\n"),
            "line 4, column 12: expected a number of bytes, 16777216 at most, found `16777217`");
  EXPECT_EQ(error_of("mount\n= ok\n= ok\n"), "line 5, column 1: expected an event before its outcome, found `=`");
  EXPECT_EQ(error_of("mutate upper frob\n"), "line 3, column 14: expected a change of a layer, found `frob`");
  EXPECT_EQ(error_of("mutate remove a\n"),
            "line 3, column 8: expected `upper`, `lower N` or a change of the stack, found `remove`");
}

TEST(TraceText, InconsistentLayersAreRefusedAtTheirEntry) {
  EXPECT_EQ(error_of("  file a/b 644\n"), "line 3, column 12: the layer has no directory \"a\"");
  EXPECT_EQ(error_of("file a 644\nfile a 644\n"), "line 4, column 8: the layer has \"a\" already");
  EXPECT_EQ(error_of("link a b\n"), "line 3, column 8: the layer has no \"b\" to link to");
  EXPECT_EQ(error_of("file a 644 opaque\n"), "line 3, column 12: only directories are opaque");
  EXPECT_EQ(error_of("char a 644 0:0\n"), "line 3, column 12: a char device 0:0 is a whiteout; say `whiteout`");
  EXPECT_EQ(error_of("dir ../a 755\n"), "line 3, column 5: a layer's path has a component `..`");
  EXPECT_EQ(error_of("file . 755\n"), "line 3, column 8: a layer's root is a directory");
  EXPECT_EQ(error_of("whiteout a user.x=\"1\"\n"), "line 3, column 19: a whiteout has no attributes");
  EXPECT_EQ(error_of("dir " + std::string(256, 'n') + "\n"),
            "line 3, column 5: a name in a layer is longer than 255 bytes");
}

TEST(TraceText, TextWithoutHeaderOrLowerIsRefused) {
  EXPECT_EQ(parse_text("").error.describe(), "line 1, column 1: expected `ovlspec trace 1`, found the end of the text");
  EXPECT_EQ(parse_text("ovlspec trace 2\n").error.describe(), "line 1, column 15: expected version 1, found `2`");
  EXPECT_EQ(parse_text("ovlspec trace 1\n").error.describe(),
            "line 2, column 1: expected a `lower`, found the end of the text");
  EXPECT_EQ(error_of("lower 2\n"), "line 3, column 7: expected the number 1, found `2`");
}

TEST(TraceText, OperationsTakePathsBeyondTheLimitOfTheSystemCalls) {
  const std::string path(5000, 'n');
  EXPECT_EQ(error_of("mount\nstat " + path + "\n"), "no error");
  EXPECT_EQ(error_of("mount\nstat " + path + path + "\n"), "line 4, column 6: a path is longer than 8192 bytes");
}

TEST(TraceText, CallersKeepTheirPlaceAndRootCanBeChanged) {
  const auto parsed =
      parse_text("ovlspec trace 1\ncaller root uid=0 gid=0 umask=077 caps=all\ncaller a uid=5\nlower 0\na stat x\n");
  ASSERT_TRUE(parsed.ok()) << parsed.error.describe();
  EXPECT_EQ(parsed.trace->callers[0].caller.umask, 077U);
  EXPECT_EQ(std::get<Step>(parsed.trace->events[0]).caller, 1);
}

}  // namespace
}  // namespace ovlspec::oracle
