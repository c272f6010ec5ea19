// The stacks that an exploration has finished, in a LineLog: JSON lines, the first of which tells what is explored.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "oracle/explorer.h"
#include "oracle/line_log.h"

namespace ovlspec::oracle {

class ExploreProgress {
 public:
  // Begins the file, or goes on in it. Why not, in a line. `what` tells what is explored, and by which program.
  static std::optional<std::string> open(const std::string& path, const std::string& what, ExploreProgress& progress);

  const std::map<std::uint64_t, Explored>& finished() const { return finished_; }
  // Why it could not be written. Threads: one at a time.
  std::optional<std::string> add(std::uint64_t stack, const Explored& explored);

 private:
  LineLog log_;
  std::map<std::uint64_t, Explored> finished_;
};

}  // namespace ovlspec::oracle
