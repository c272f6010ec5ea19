// Somebody who is told what a run does, in order: what happens to the stack, what is asked, what is found on disk.
#pragma once

#include <string>

#include "oracle/judge.h"
#include "oracle/trace.h"

namespace ovlspec::oracle {

// Who asks: the trace, or the judge's own walk through the tree.
enum class Asker : std::uint8_t { kTrace, kWalk };

class RunWatcher {
 public:
  virtual ~RunWatcher() = default;
  // A mount was tried, caches were dropped, a layer was changed; or a mount is about to end.
  virtual void happened(const Event& event) = 0;
  // An operation was answered, and is judged next.
  virtual void answered(const Judge& judge, Asker asker, const Caller& caller, const Operation& operation,
                        const Outcome& outcome) = 0;
  // The file handle of what a path leads to.
  virtual void handle_taken(const Judge::Named& named, const Result<std::string>& handle) = 0;
  virtual void handle_opened(const ObjectHistory::Handle& handle, const Result<HandleOpened>& opened) = 0;
  // The layers, before a mount that meets them changed or new, and after each.
  virtual void scanned(const Scanned& scanned) = 0;
  // What the kernel's own mount of the layers shows.
  virtual void viewed(const model::Tree& seen) = 0;
  // Whatever was told last is judged.
  virtual void judged(const Judge& judge) = 0;
};

}  // namespace ovlspec::oracle
