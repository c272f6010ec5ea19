// OperationGenerator::odd: operations that name what cannot be, or are asked with what does not fit.
#include "oracle/generator_operations.h"
#include "oracle/trace_limits.h"

namespace ovlspec::oracle {
namespace {

constexpr std::size_t kLongName = 256;     // NAME_MAX and one
constexpr std::size_t kLongPath = 4100;    // beyond PATH_MAX
constexpr std::size_t kLongValue = 65537;  // of an attribute

std::string long_path() {
  std::string path;
  while (path.size() < kLongPath) path += "a/";
  return path;
}

}  // namespace

Operation OperationGenerator::odd() {
  switch (random_.below(5)) {
    case 0: return odd_path();
    case 1: return odd_xattr();
    case 2:
      return Open{.path = spelled(random_.percent(50) ? fresh() : existing()),
                  .flags = {.create = true, .directory = true},
                  .mode = 0644,
                  .slot = slot_to_fill()};
    case 3: return Symlink{random_.percent(50) ? std::string() : long_path(), spelled(fresh())};
    default: return odd_mode();
  }
}

Operation OperationGenerator::odd_path() {
  const std::string name = random_.percent(50) ? std::string(kLongName, 'n') : long_path();
  const std::string path = random_.percent(50) ? name : existing(FileType::kDirectory) + "/" + name;
  switch (random_.below(6)) {
    case 0: return Mkdir{path, 0755};
    case 1: return Unlink{path};
    case 2: return Rename{existing(), path, RenameMode::kReplace};
    case 3: return Link{existing(FileType::kRegular), path, Follow::kNoFollow};
    case 4: return Stat{Target::at(path)};
    default: return Open{.path = path, .flags = {.access = Access::kWrite, .create = true}, .mode = 0644, .slot = 0};
  }
}

Operation OperationGenerator::odd_xattr() {
  static const std::array<std::string, 8> kNames{
      "security.x", "nothing.x", "user.", "", std::string(kLongName, 'x'), "x", "trusted.overlay.x", "user.a"};
  const Target on = Target::at(existing());
  const std::string& name = random_.pick(kNames);
  switch (random_.below(4)) {
    case 0: return GetXattr{on, name};
    case 1: return RemoveXattr{on, name};
    case 2: return SetXattr{on, name, std::string(kLongValue, 'v'), XattrMode::kAny};
    default: return SetXattr{on, name, "v", XattrMode::kAny};
  }
}

// Bits that others' changes clear, and directories that nobody may write, or everybody.
Operation OperationGenerator::odd_mode() {
  constexpr std::array<Mode, 3> kDirectoryModes{0555, 0777, 01777};
  constexpr std::array<Mode, 3> kFileModes{02666, 06777, 02755};
  if (random_.percent(50)) return Chmod{Target::at(existing(FileType::kDirectory)), random_.pick(kDirectoryModes)};
  return Chmod{Target::at(existing(FileType::kRegular)), random_.pick(kFileModes)};
}

}  // namespace ovlspec::oracle
