// A file of lines that outlives the process which writes it: one process at a time begins it or goes on with it, and
// each line is on disk before the next is begun.
//
// A last line without its end is what a process that was ended left of it, and is cut off. Any other line that is none
// of the file's kind is damage: nothing is read beyond it, and its number is told.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "oracle/descriptor.h"

namespace ovlspec::oracle {

class LineLog {
 public:
  // Takes a line, which comes without its line feed. Why it is refused, in a line; nothing where it is taken.
  using Take = std::function<std::optional<std::string>(const std::string& line)>;

  // Of a file that is there, and that another process may be writing. Why not, in a line.
  static std::optional<std::string> read(const std::string& path, const Take& take);

  // Begins the file with `head`, or reads all that it has, its head too. No other process can do so until this one has
  // ended, however it ends; its children have no part in that. Why not, in a line: the file is then as it was.
  std::optional<std::string> open(const std::string& path, const std::string& head, const Take& take);
  // Why it could not be written. REQUIRES: open succeeded; the line has no line feed. Threads: one at a time.
  std::optional<std::string> append(const std::string& line);

 private:
  std::string path_;
  Descriptor file_;
};

}  // namespace ovlspec::oracle
