// What an operation answered.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "model/vocabulary/attributes.h"
#include "model/vocabulary/errno.h"

namespace ovlspec {

// On success the payload is by operation: Read, Readlink, GetXattr: the bytes; Write: the count; Stat: attributes;
// ListXattr: names, in any order; ReadDirectory, ListDirectory: entries in the order seen, `.` and `..` included;
// StatFileSystem: its status; all others nothing. On an error there is no payload.
struct Outcome {
  using Payload = std::variant<std::monostate, std::string, std::uint64_t, Attributes, std::vector<std::string>,
                               std::vector<DirectoryEntry>, FileSystemStatus>;
  Errno error = Errno::kOk;
  Payload payload;

  bool ok() const { return error == Errno::kOk; }
  bool operator==(const Outcome&) const = default;

  static Outcome success(Payload payload = {}) { return Outcome{.error = Errno::kOk, .payload = std::move(payload)}; }
  static Outcome failure(Errno error) { return Outcome{.error = error, .payload = {}}; }
};

}  // namespace ovlspec
