#include "oracle/generator_values.h"

#include <array>
#include <string_view>

#include "model/vocabulary/names.h"

namespace ovlspec::oracle {
namespace {

constexpr std::array<std::string_view, 6> kLetters{"a", "b", "c", "d", "e", "f"};
constexpr std::array<std::string_view, 8> kOddNames{"x y", "\xff\xfe", "\xc3\xa9", "new\nline",
                                                    "-r",  "%1",       "#",        "work"};
constexpr std::array<Mode, 12> kModes{0644, 0644, 0644, 0600, 0666, 0755, 0444, 0, 04755, 02755, 0070, 0111};
constexpr std::array<Mode, 10> kDirectoryModes{0755, 0755, 0755, 0777, 0700, 01777, 02775, 0555, 0711, 0};
constexpr std::array<Uid, 6> kUids{0, 0, 0, 1000, 1001, 1002};
constexpr std::array<Gid, 6> kGids{0, 0, 1000, 1001, 50, 50};
constexpr std::array<FileSize, 8> kOffsets{511, 512, 4095, 4096, 4097, 8192, 65536, 100'000};
constexpr std::array<std::size_t, 4> kLongData{300, 4096, 4097, 9000};

}  // namespace

std::string ValueGenerator::name() {
  constexpr unsigned kLongPercent = 10;
  if (options_.whiteout_names && random_.percent(3)) return ".wh." + std::string(random_.pick(kLetters));
  if (!options_.odd_names || !random_.percent(4)) return std::string(random_.pick(kLetters));
  if (random_.percent(kLongPercent)) return std::string(names::kNameMax, 'n');
  return std::string(random_.pick(kOddNames));
}

Mode ValueGenerator::mode() { return random_.pick(kModes); }
Mode ValueGenerator::directory_mode() { return random_.pick(kDirectoryModes); }
Uid ValueGenerator::uid() { return random_.pick(kUids); }
Gid ValueGenerator::gid() { return random_.pick(kGids); }

Time ValueGenerator::time() {
  constexpr std::int64_t kFirst = 1'000'000'000;
  constexpr std::uint32_t kRange = 1'000'000'000;
  const std::int64_t seconds = kFirst + random_.below(kRange);
  return Time{seconds, random_.percent(50) ? 0 : random_.below(kRange)};
}

std::string ValueGenerator::data() {
  constexpr unsigned kLetterCount = 26;
  const std::size_t size = random_.percent(5) ? random_.pick(kLongData) : random_.below(21);
  std::string bytes(size, '\0');
  const char first = static_cast<char>('a' + random_.below(kLetterCount));
  for (std::size_t i = 0; i < size; ++i)
    bytes[i] = size > 20 ? first : static_cast<char>('a' + random_.below(kLetterCount));
  if (size > 0 && random_.percent(5)) bytes[random_.below(size)] = '\0';
  return bytes;
}

FileSize ValueGenerator::offset() { return random_.percent(12) ? random_.pick(kOffsets) : random_.below(25); }

std::string ValueGenerator::xattr_name() {
  constexpr std::array<std::string_view, 3> kPrivate{"trusted.overlay.opaque", "trusted.overlay.redirect",
                                                     "trusted.overlay.x"};
  if (random_.percent(5)) return std::string(random_.pick(kPrivate));
  return plain_xattr_name(FileType::kRegular);
}

std::string ValueGenerator::plain_xattr_name(FileType type) {
  constexpr std::array<std::string_view, 3> kUser{"user.a", "user.b", "user.c"};
  constexpr std::array<std::string_view, 2> kTrusted{"trusted.a", "trusted.b"};
  const bool takes_user = type == FileType::kRegular || type == FileType::kDirectory;
  if (takes_user && random_.percent(75)) return std::string(random_.pick(kUser));
  return std::string(random_.pick(kTrusted));
}

std::string ValueGenerator::xattr_value() {
  std::string value = data();
  constexpr std::size_t kLongest = 300;
  if (value.size() > kLongest) value.resize(kLongest);
  return value;
}

Device ValueGenerator::device(FileType type) {
  constexpr std::array<Device, 2> kChar{{{1, 3}, {60, 2}}};
  if (type == FileType::kCharDevice) return random_.pick(kChar);
  return type == FileType::kBlockDevice ? Device{60, 1} : Device{};
}

}  // namespace ovlspec::oracle
