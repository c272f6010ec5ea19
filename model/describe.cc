#include "model/describe.h"

#include <array>

namespace ovlspec::model {

std::string_view describe(FileType type) {
  switch (type) {
    case FileType::kRegular: return "file";
    case FileType::kDirectory: return "dir";
    case FileType::kSymlink: return "symlink";
    case FileType::kCharDevice: return "char";
    case FileType::kBlockDevice: return "block";
    case FileType::kFifo: return "fifo";
    case FileType::kSocket: return "socket";
  }
  return "file";
}

std::string describe(Time time) {
  std::string fraction = std::to_string(time.nanoseconds);
  return std::to_string(time.seconds) + "." + std::string(9 - fraction.size(), '0') + fraction;
}

std::string describe(const Device& device) { return std::to_string(device.major) + ":" + std::to_string(device.minor); }

std::string octal(Mode mode) {
  std::string digits;
  for (; mode != 0; mode >>= 3) digits.insert(digits.begin(), static_cast<char>('0' + (mode & 7)));
  return digits.empty() ? "0" : digits;
}

std::string quoted(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  constexpr std::size_t kShown = 80;
  std::string text = "\"";
  for (const char c : bytes.substr(0, kShown)) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') text += '\\';
    if (byte >= 0x20 && byte < 0x7f) {
      text += c;
    } else {
      text += "\\x";
      text += kDigits[byte >> 4];
      text += kDigits[byte & 15];
    }
  }
  return text + (bytes.size() > kShown ? "\"..." : "\"");
}

}  // namespace ovlspec::model
