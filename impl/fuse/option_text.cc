#include "impl/fuse/option_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "model/vocabulary/names.h"

namespace ovlspec::fuse {
namespace {

constexpr std::size_t kQuotedMax = 100;  // bytes of a name that a message shows

}  // namespace

std::vector<std::string> split_escaped(std::string_view text, char separator) {
  std::vector<std::string> parts(1);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == separator) {
      parts.emplace_back();
      continue;
    }
    parts.back() += text[i];
    if (text[i] == '\\' && i + 1 < text.size()) parts.back() += text[++i];
  }
  return parts;
}

Attempt<std::string> unescape(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && ++i == text.size()) return usage_failure("a backslash at the end");
    plain += text[i];
  }
  return plain;
}

std::string in_quotes(std::string_view name) {
  std::string shown = "\"";
  for (const char c : name.substr(0, kQuotedMax)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < ' ' || byte == 0x7f) {
      shown += fmt::format("\\x{:02x}", byte);
    } else {
      shown += c;
    }
  }
  shown += name.size() > kQuotedMax ? "...\"" : "\"";
  return shown;
}

Check check_path_length(std::string_view what, std::string_view path) {
  if (path.empty()) return usage_failure(fmt::format("{} is empty", what));
  if (path.size() > names::kPathMax) {
    return usage_failure(
        fmt::format("{} {} is too long: {} bytes, at most {}", what, in_quotes(path), path.size(), names::kPathMax));
  }
  std::size_t begin = 0;
  while (begin < path.size()) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    if (end - begin > names::kNameMax) {
      return usage_failure(fmt::format("{} {} has a name that is too long: {} bytes, at most {}", what, in_quotes(path),
                                       end - begin, names::kNameMax));
    }
    begin = end + 1;
  }
  return Done{};
}

}  // namespace ovlspec::fuse
