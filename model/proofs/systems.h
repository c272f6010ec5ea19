// Systems that give numbers to objects, as state machines over terms: what each event of a history leads to, and shows.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "model/proofs/history.h"
#include "model/proofs/term.h"

namespace ovlspec::proofs {

// What every system sees of the stack.
struct Stack {
  Truth copied;       // `a` was copied up
  Truth origin_gone;  // and its origin removed from the lower layer
  Truth replaced;     // `a` was removed offline and `c` made in its place
  Truth added;        // there is another layer on top
};

// Inode numbers of the stack. Those of one file system differ.
struct RealInodes {
  Word a, b, d;  // in the lower layers; `c` gets a's
  Word upper;    // of the copy of `a`
  Truth possible() const;
};
RealInodes any_real_inodes();

struct Sight {
  Word number;   // st_ino
  Word listed;   // d_ino, of kListA
  Word device;   // 0: the overlay's
  Truth writes;  // the lookup wrote
};

class System {
 public:
  using State = std::vector<Word>;
  System(std::string name, std::string subject) : name_(std::move(name)), subject_(std::move(subject)) {}
  virtual ~System() = default;

  const std::string& name() const { return name_; }
  const std::string& subject() const { return subject_; }

  // After the first mount.
  virtual State initial() const = 0;
  // Whether that mount read more than the layers' roots.
  virtual Truth mount_reads() const { return truth(false); }
  // After an event that shows a number; `what`: kStatA, kStatB, kStatD or kListA.
  struct Shown {
    State next;
    Sight sight;
  };
  virtual Shown show(HistoryEvent what, const State& state, const Stack& stack) const = 0;
  // After any other event; `stack`: with what the event changed.
  virtual State after(HistoryEvent event, const State& state, const Stack& stack) const = 0;
  // Whether it has file handles. They hold the number alone: what else tells an inode, the table of numbers knows.
  virtual bool has_handles() const { return true; }
  // Whether a handle of `a` that was taken in an earlier mount, with this number, opens `a` before anything was looked
  // up. A system that looks for it meets `a` first.
  virtual Truth opens(const State& state, const Word& number) const = 0;

 private:
  std::string name_;
  std::string subject_;
};

// REQUIRES: a session lives in this thread, as long as the systems.
std::vector<std::unique_ptr<System>> systems();

}  // namespace ovlspec::proofs
