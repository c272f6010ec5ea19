// The binary encoding of traces: compact, for corpora and recordings of long campaigns.
//
// Bytes: "OVLT", a version byte, then subject, options, callers, lowers, upper, events. Numbers are little-endian base
// 128 (LEB128) in their shortest form, signed ones in zigzag; strings are a length and bytes; members come in the order
// of trace_fields.h. decode_binary(encode_binary(t)) says the same as t (same_trace).
//
// The total encoding for fuzzing, which any bytes decode in, is another one: trace_total.h.
#pragma once

#include <string>
#include <string_view>

#include "oracle/trace.h"
#include "oracle/trace_error.h"

namespace ovlspec::oracle {

inline constexpr std::string_view kBinaryMagic = "OVLT";

// REQUIRES: the trace keeps trace_limits.h.
std::string encode_binary(const Trace& trace);
// Strict: what is out of range, cut short or left over is an error at its byte.
TraceOrError decode_binary(std::string_view bytes);

}  // namespace ovlspec::oracle
