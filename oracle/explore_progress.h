// The stacks that an exploration has finished, in a file: JSON lines, the first of which tells what is explored.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "oracle/descriptor.h"
#include "oracle/explorer.h"

namespace ovlspec::oracle {

class ExploreProgress {
 public:
  // Begins the file, or reads what it has; a last line that was torn is cut off. Why not, in a line. `what` tells what
  // is explored, and by which program.
  static std::optional<std::string> open(const std::string& path, const std::string& what, ExploreProgress& progress);

  const std::map<std::uint64_t, Explored>& finished() const { return finished_; }
  // Why it could not be written. Threads: one at a time.
  std::optional<std::string> add(std::uint64_t stack, const Explored& explored);

 private:
  std::optional<std::string> append(const std::string& line);

  std::string path_;
  Descriptor file_;
  std::map<std::uint64_t, Explored> finished_;
};

}  // namespace ovlspec::oracle
