// Programs that are run with a time limit, in a process group of their own, which is killed when they ended or their
// time is over; and what is told by the end of a reproducer.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "oracle/report_reproducer.h"

namespace ovlspec::oracle {

struct Ended {
  int status = 0;  // its exit status; -1 where it was killed, could not be started, or cannot be told
  std::string output;
  bool is_late = false;  // its time was over
};
// Standard output and error together, of more than 128 KiB the last 64 at least. Ends within so many seconds and the
// few that it takes to kill the program, also where its output is closed, or held open by what it left behind.
Ended run_program(const std::vector<std::string>& words, double seconds);

// The last lines of reproducers that could tell.
inline constexpr std::string_view kBugIsThere = "The bug is there.";
inline constexpr std::string_view kBugIsNotThere = "The bug is not there.";

// Runs the file. What came of it is told by its verdict, a last line that agrees with its exit status, and by nothing
// else: what ends without one, but for 77 with a reason, is broken.
Reproducer verified(Language language, const std::string& file, double seconds);

}  // namespace ovlspec::oracle
