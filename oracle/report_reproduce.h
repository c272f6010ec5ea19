// Writes reproducers of a violation, and runs each.
#pragma once

#include <atomic>
#include <chrono>
#include <string>
#include <vector>

#include "oracle/check.h"
#include "oracle/report_record.h"
#include "oracle/report_reproducer.h"
#include "oracle/report_run.h"

namespace ovlspec::oracle {

struct ReproducerPlace {
  std::string directory;
  std::string name;                         // files' names begin with it
  std::string mounted;                      // a subject that is mounted instead of the violation's; empty: that one
  const std::atomic<bool>* stop = nullptr;  // once true, no other is begun
  std::chrono::steady_clock::time_point end = std::chrono::steady_clock::time_point::max();  // nothing runs after it
};
// A violation's subject plays its trace once more, to see in what it shows, and how the layers are then.
struct EvidenceOrWhy {
  std::optional<Evidence> evidence;  // perhaps without claims
  std::string why_not;
};
EvidenceOrWhy evidence_of(const Violation& violation, const CheckOptions& options);

// One for each language, in their order.
std::vector<Reproducer> reproduce(const Violation& violation, const EvidenceOrWhy& found, const ReproducerPlace& place);

// Of each violation, beside its trace; with its layers. Once `end` is over the rest has none.
void add_reproducers(std::vector<SubjectReport>& reports, const CheckOptions& options,
                     std::chrono::steady_clock::time_point end);

// `ovlspec reproduce`: of whatever the trace shows on the subjects.
ExitStatus reproduce_command(const Trace& trace, const CheckOptions& options);

}  // namespace ovlspec::oracle
