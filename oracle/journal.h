// What a campaign played, in a file that outlives the process: `ovlspec check --journal FILE` goes on where it ends,
// `ovlspec summary` adds several up.
//
// JSON lines. The first tells the campaign (JournalHead). Then, for each batch of cases of a subject, in order,
//   {"subject":"engine","next":N,"seconds":S,"played":{...}}
// where N is the place in the shard of the first case that is not played yet, and at the end
//   {"subject":"engine","next":N,"ended":{"stale":[...],"failure":"...","interrupted":false}}
// The file is a LineLog: torn, its last line is cut off; damaged, it is refused.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "oracle/line_log.h"
#include "oracle/played.h"

namespace ovlspec::oracle {

// What must be the same for a journal to go on: each by its name, in words.
using JournalHead = std::map<std::string, std::string>;

// Of a campaign by this very program, on subjects that run the programs which they run here. `cases`: their digest.
JournalHead journal_head(const CheckOptions& options, const std::string& cases);

// A head's value that lists words.
std::vector<std::string> listed_words(const std::string& value);

struct JournalEnd {
  std::vector<std::string> stale;
  std::optional<std::string> failure;
  bool stopped = false;
};

// One subject's part.
struct JournalPart {
  std::vector<Played> played;
  std::uint64_t next = 0;
  double seconds = 0;
  std::optional<JournalEnd> ended;  // nothing where it was broken off
};

struct JournalText {
  JournalHead head;
  std::map<std::string, JournalPart> parts;
};

struct JournalTextOrError {
  std::optional<JournalText> text;
  std::string error;
};
// Of a file that is there.
JournalTextOrError read_journal(const std::string& path);

// Lines are appended.
class Journal {
 public:
  // Begins the file, or goes on in it. Why not, in a line.
  static std::optional<std::string> open(const std::string& path, const JournalHead& head, Journal& journal);

  const JournalText& before() const { return before_; }
  // Why it could not be written.
  std::optional<std::string> add(const std::string& subject, std::uint64_t next, double seconds, const Played& played);
  std::optional<std::string> end(const std::string& subject, std::uint64_t next, const JournalEnd& end);

 private:
  JournalText before_;
  LineLog log_;
};

}  // namespace ovlspec::oracle
