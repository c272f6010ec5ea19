// Traces in files, in any of the three encodings.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "oracle/trace.h"
#include "oracle/trace_error.h"

namespace ovlspec::oracle {

enum class TraceEncoding { kText, kJsonLines, kBinary };

// By the extension: .trace, .jsonl, .bin; nothing for another one.
std::optional<TraceEncoding> encoding_of_name(std::string_view path);
// By the first bytes: "OVLT" is binary, `{` JSON lines, all else text.
TraceEncoding encoding_of_bytes(std::string_view bytes);

std::string print_trace(const Trace& trace, TraceEncoding encoding);
TraceOrError parse_trace(std::string_view bytes, TraceEncoding encoding);

// By the extension, otherwise by the first bytes. A file that cannot be read is an error without a place.
TraceOrError load_trace(const std::string& path);
// By the extension, as text without one. What went wrong, in words; nothing where the file is written.
std::optional<std::string> save_trace(const Trace& trace, const std::string& path);

}  // namespace ovlspec::oracle
