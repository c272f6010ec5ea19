// The JSON lines encoding of traces, for other harnesses. One object a line, in this order:
//
//   {"ovlspec":"trace","version":1}
//   {"subject":"kernel"}                          where something was recorded
//   {"option":"volatile"}                         for each mount option
//   {"caller":"alice","uid":1000,"gid":1000,"groups":[4,5],"umask":"22","caps":"none"}
//   {"lower":{"place":0,"entries":[ENTRY,...]}}   topmost first
//   {"upper":{"place":0,"entries":[ENTRY,...]}}
//   {"do":"open","by":"alice","path":"d/x","flags":"write,append,create","mode":"644","slot":1,"seen":OUTCOME}
//   {"event":"mount"}                             or unmount, drop-caches, crash; with "seen" too
//   {"mutate":"remove","layer":"upper","path":"a/b"}   "layer" is "upper" or a lower's number
//   {"mutate":"add-lower","position":0,"place":1,"entries":[ENTRY,...]}
//   {"mutate":"put","layer":0,"object":ENTRY}
//
// ENTRY: {"path":"d/x","type":"file","mode":"644","uid":3,"content":"...","size":N,...}, or
// {"path":"d/y","link":"d/x"}, or {"path":"d/gone","type":"whiteout"}. Further keys as in the text encoding: gid,
// atime, mtime, device, opaque, redirect, origin, backing. The path "." is the root. "xattrs" is an array of
// {"name":...,"value":...}.
// OUTCOME: {"error":"EACCES"}, or {"ok":true} with at most one of "bytes", "count", "attributes", "names", "entries",
// "status".
//
// Bytes are a JSON string where they are UTF-8, and {"hex":"00ff"} otherwise; both are read for any bytes. Modes,
// times, devices and flags are strings in the text encoding's words. Keys of default values may be missing. Unknown
// keys are errors. parse_jsonl(print_jsonl(t)) says the same as t (same_trace).
#pragma once

#include <string>
#include <string_view>

#include "oracle/trace.h"
#include "oracle/trace_error.h"

namespace ovlspec::oracle {

// REQUIRES: the trace keeps trace_limits.h.
std::string print_jsonl(const Trace& trace);
// Errors name their line; a column only where the line is no JSON.
TraceOrError parse_jsonl(std::string_view text);

}  // namespace ovlspec::oracle
