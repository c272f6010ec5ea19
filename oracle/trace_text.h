// The text encoding of traces, which people read and write. One event a line:
//
//   ovlspec trace 1
//   option volatile                    # a mount option, one a line
//   caller alice uid=1000 gid=1000 groups=4,5 umask=022 caps=none
//   lower 0 place=0                    # topmost lower first; its entries follow
//     dir d 755
//     file d/x 644 uid=0 gid=0 mtime=1500000000.5 user.a="v" "content"
//     link d/y d/x                     # a hard link of an entry above
//     symlink s "target"
//     char c 644 1:3
//     whiteout d/gone
//     dir o 755 opaque
//     dir r 755 redirect="/d"
//   upper place=0
//   mount
//   stat d/x
//     = ok file 644 links=2 size=7     # what a subject answered
//   alice open d/x write,append,create 644 %1
//     = EACCES
//   write %1 @0 "bytes\x00"
//   rename a b noreplace
//   unmount
//   mutate lower 1 remove a/b
//   mutate upper put file a 600 "new"
//   mutate add-lower 0 place=1         # its entries follow, up to `end`
//     file a 644
//   end
//
// Rules.
//   - `#` begins a comment; blank lines and indentation mean nothing.
//   - Names and paths are bare words of printable ASCII, or in double quotes with \" \\ \n \t \xNN. Data is in quotes.
//   - An entry: KIND PATH [MODE] [MAJOR:MINOR] [KEY=VALUE | opaque | metacopy]... ["content"]. Without a mode: 755 for
//   dir,
//     777 for symlink, 644 otherwise. Keys: uid, gid, atime, mtime (0; `?` leaves a time free), size (content is
//     continued with zero bytes), redirect, origin, backing; any key with a `.` or in quotes is an extended attribute.
//     The path
//     `.` is the layer's root, without which it is 755. Parents stand before what is in them.
//   - An operation is made by root unless a caller's name stands before it. Without a `caller root` line root has
//     every capability and umask 0.
//   - A path's `nofollow` stands after it: `stat d/x nofollow`. Slots are %0 to %15, offsets @N.
//   - `events` may part the layers from the events; it must, where the first event is an operation.
//   - An outcome: `= ERRNO` or `= ok [PAYLOAD]`, where a payload is a string in quotes, a number, attributes (a type, a
//     mode, KEY=VALUE), `names NAME...`, `entries NAME=TYPE/NUMBER...` (`?` before a type that was not told) or
//     `status name_max=N block_size=N [read-only]`. `subject NAME` before the layers says who answered.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "oracle/trace.h"
#include "oracle/trace_error.h"

namespace ovlspec::oracle {

// REQUIRES: the trace keeps trace_limits.h. parse_text(print_text(t)) says the same as t (same_trace).
std::string print_text(const Trace& trace);
TraceOrError parse_text(std::string_view text);

// Lines of their own, without indentation and line end (an added lower has several lines).
std::string operation_text(const Operation& operation);
std::string event_text(const Event& event, const std::vector<NamedCaller>& callers);
// Without the `= `.
std::string outcome_text(const Outcome& outcome);

// The events of `text`, which has no header and no layers. Callers are those given.
struct EventsOrError {
  std::optional<std::vector<Event>> events;
  TraceError error;
  bool ok() const { return events.has_value(); }
};
EventsOrError parse_events(std::string_view text, const std::vector<NamedCaller>& callers);

}  // namespace ovlspec::oracle
