// Writes reproducers of a violation, and runs each.
#pragma once

#include <atomic>
#include <string>
#include <vector>

#include "oracle/check.h"
#include "oracle/report_record.h"
#include "oracle/report_reproducer.h"

namespace ovlspec::oracle {

struct ReproducerPlace {
  std::string directory;
  std::string name;                         // files' names begin with it
  std::string mounted;                      // a subject that is mounted instead of the violation's; empty: that one
  const std::atomic<bool>* stop = nullptr;  // once true, no other is begun
};
// A violation's subject plays its trace once more, to see in what it shows, and how the layers are then.
struct EvidenceOrWhy {
  std::optional<Evidence> evidence;  // perhaps without claims
  std::string why_not;
};
EvidenceOrWhy evidence_of(const Violation& violation, const CheckOptions& options);

// One for each language, in their order.
std::vector<Reproducer> reproduce(const Violation& violation, const EvidenceOrWhy& found, const ReproducerPlace& place);

// Of each violation, beside its trace; with its layers. After ten minutes the rest has none.
void add_reproducers(std::vector<SubjectReport>& reports, const CheckOptions& options);

// `ovlspec reproduce`: of whatever the trace shows on the subjects.
ExitStatus reproduce_command(const Trace& trace, const CheckOptions& options);

// How a program ended that was run with a time limit, and what it said.
struct Ended {
  int status = 0;  // its exit status; -1 where it was killed, or could not be started
  std::string output;
};
Ended run_program(const std::vector<std::string>& words, double seconds);

}  // namespace ovlspec::oracle
