// What a campaign played, in a file that outlives the process: `ovlspec check --journal FILE` goes on where it ends,
// `ovlspec summary` adds several up.
//
// JSON lines. The first tells the campaign (JournalHead). Then, for each batch of cases of a subject, in order,
//   {"subject":"engine","next":N,"seconds":S,"played":{...}}
// where N is the place in the shard of the first case that is not played yet, and at the end
//   {"subject":"engine","next":N,"ended":{"stale":[...],"failure":"...","interrupted":false}}
// Each line is on disk before the next is begun. A last line without its end, and what is no line of a journal, is cut
// off.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "oracle/descriptor.h"
#include "oracle/played.h"

namespace ovlspec::oracle {

// What must be the same for a journal to go on: each by its name, in words.
using JournalHead = std::map<std::string, std::string>;

// Of a campaign by this very program.
JournalHead journal_head(const CheckOptions& options, const std::string& first_case);

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
  std::vector<std::string> subjects;  // in order
  std::map<std::string, JournalPart> parts;
  std::uint64_t length = 0;  // of what could be read, in bytes
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
  std::optional<std::string> append(const std::string& line);

  std::string path_;
  JournalText before_;
  Descriptor file_;
};

}  // namespace ovlspec::oracle
