#include "oracle/trace_file.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <fstream>
#include <memory>
#include <system_error>

#include "oracle/trace_binary.h"
#include "oracle/trace_jsonl.h"
#include "oracle/trace_text.h"

namespace ovlspec::oracle {
namespace {

std::string last_error() { return std::generic_category().message(errno); }

// Everything in a file; nothing, and errno, where it cannot be read.
std::optional<std::string> read_file(const std::string& path) {
  const auto close = [](std::FILE* file) { std::fclose(file); };
  const std::unique_ptr<std::FILE, decltype(close)> file(std::fopen(path.c_str(), "rb"), close);
  if (file == nullptr) return std::nullopt;
  std::string bytes;
  std::array<char, 1U << 16> buffer;
  while (const std::size_t count = std::fread(buffer.data(), 1, buffer.size(), file.get()))
    bytes.append(buffer.data(), count);
  if (std::ferror(file.get()) != 0) return std::nullopt;
  return bytes;
}

}  // namespace

std::optional<TraceEncoding> encoding_of_name(std::string_view path) {
  if (path.ends_with(".trace")) return TraceEncoding::kText;
  if (path.ends_with(".jsonl")) return TraceEncoding::kJsonLines;
  if (path.ends_with(".bin")) return TraceEncoding::kBinary;
  return std::nullopt;
}

TraceEncoding encoding_of_bytes(std::string_view bytes) {
  if (bytes.starts_with(kBinaryMagic)) return TraceEncoding::kBinary;
  return bytes.starts_with('{') ? TraceEncoding::kJsonLines : TraceEncoding::kText;
}

std::string print_trace(const Trace& trace, TraceEncoding encoding) {
  switch (encoding) {
    case TraceEncoding::kText: return print_text(trace);
    case TraceEncoding::kJsonLines: return print_jsonl(trace);
    case TraceEncoding::kBinary: return encode_binary(trace);
  }
  return {};
}

TraceOrError parse_trace(std::string_view bytes, TraceEncoding encoding) {
  switch (encoding) {
    case TraceEncoding::kText: return parse_text(bytes);
    case TraceEncoding::kJsonLines: return parse_jsonl(bytes);
    case TraceEncoding::kBinary: return decode_binary(bytes);
  }
  return {};
}

TraceOrError load_trace(const std::string& path) {
  const auto bytes = read_file(path);
  if (!bytes)
    return TraceOrError{.trace = std::nullopt, .error = TraceError{.what = "cannot be read: " + last_error()}};
  return parse_trace(*bytes, encoding_of_name(path).value_or(encoding_of_bytes(*bytes)));
}

std::optional<std::string> save_trace(const Trace& trace, const std::string& path) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  const std::string bytes = print_trace(trace, encoding_of_name(path).value_or(TraceEncoding::kText));
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  file.close();
  if (!file) return path + ": cannot be written: " + last_error();
  return std::nullopt;
}

}  // namespace ovlspec::oracle
