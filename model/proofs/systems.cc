#include "model/proofs/systems.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "model/proofs/kernel_numbers.h"
#include "model/proofs/term_domain.h"

namespace ovlspec::proofs {
namespace {

using State = System::State;

enum Object : std::size_t { kA, kB, kD, kObjects };  // `b` and `d` are states 1 and 2 of Overlayfs

Object object_of(HistoryEvent what) {
  if (what == HistoryEvent::kStatB) return kB;
  return what == HistoryEvent::kStatD ? kD : kA;
}

Word flag(bool value) { return word(value ? 1 : 0); }
Truth is_set(const Word& value) { return negation(equal(value, word(0))); }
Word plus_one(const Word& value) { return Word(value.expression() + word(1).expression()); }

bool is_mount(HistoryEvent event) { return event >= HistoryEvent::kRemount && event <= HistoryEvent::kAddLower; }

// Numbers that are given out in the order of lookups and kept in a table. The state: the next number, then each
// object's; 0: it has none.
class Table : public System {
 public:
  enum class Kept : std::uint8_t { kInMemory, kAtUnmount, kAtLookup };
  Table(std::string name, std::string subject, Kept kept) : System(std::move(name), std::move(subject)), kept_(kept) {}

  // Where the table is written late, a second part is what is on disk.
  State initial() const override {
    State state(kept_ == Kept::kAtUnmount ? 2 * kOnDisk : kOnDisk, word(0));
    for (std::size_t part = 0; part < state.size(); part += kOnDisk) state[part] = word(2);
    return state;
  }

  Shown show(HistoryEvent what, const State& state, const Stack&) const override {
    const std::size_t at = 1 + object_of(what);
    const Truth known = is_set(state[at]);
    State next = state;
    next[at] = choice(known, state[at], state[0]);
    next[0] = choice(known, state[0], plus_one(state[0]));
    const Truth writes = kept_ == Kept::kAtLookup ? negation(known) : truth(false);
    return {next, Sight{.number = next[at], .listed = next[at], .device = word(0), .writes = writes}};
  }

  State after(HistoryEvent event, const State& state, const Stack&) const override {
    if (!is_mount(event)) return state;
    if (kept_ == Kept::kInMemory) return initial();
    State next = state;
    if (kept_ == Kept::kAtUnmount) {
      const bool is_lost = event == HistoryEvent::kCrash;
      for (std::size_t i = 0; i < kOnDisk; ++i) next[is_lost ? i : kOnDisk + i] = state[is_lost ? kOnDisk + i : i];
    }
    // The new object has another generation, by which the table knows it.
    if (event == HistoryEvent::kReplaceA) next[1 + kA] = word(0);
    return next;
  }

  Truth opens(const State& state, const Word& number) const override {
    return equal(choice(is_set(state[1 + kA]), state[1 + kA], state[0]), number);
  }

 private:
  static constexpr std::size_t kOnDisk = 1 + kObjects;
  Kept kept_;
};

// The table is made at the first mount, by inode numbers; later mounts look at the layers again, or trust it.
class TableUpFront : public System {
 public:
  using System::System;
  State initial() const override { return {word(2), word(3), word(4)}; }
  Truth mount_reads() const override { return truth(true); }
  Shown show(HistoryEvent what, const State& state, const Stack&) const override {
    const Word number = state[object_of(what)];
    return {state, Sight{.number = number, .listed = number, .device = word(0), .writes = truth(false)}};
  }
  State after(HistoryEvent, const State& state, const Stack&) const override { return state; }
  Truth opens(const State&, const Word&) const override { return truth(true); }
};

// By inode and generation, and made again where the layers changed.
class TableChecked : public TableUpFront {
 public:
  using TableUpFront::TableUpFront;
  State after(HistoryEvent event, const State& state, const Stack&) const override {
    State next = state;
    if (event == HistoryEvent::kReplaceA) next[kA] = word(5);
    return next;
  }
};

// st_ino of the real inode, with the overlay's st_dev.
class RealNumbers : public System {
 public:
  RealNumbers() : System("real inode numbers", "") {}
  State initial() const override { return {}; }
  Shown show(HistoryEvent what, const State& state, const Stack& stack) const override {
    const RealInodes inodes = any_real_inodes();
    const Word a = choice(stack.copied, inodes.upper, inodes.a);
    const Word number = std::array{a, inodes.b, inodes.d}[object_of(what)];
    return {state, Sight{.number = number, .listed = number, .device = word(0), .writes = truth(false)}};
  }
  State after(HistoryEvent, const State& state, const Stack&) const override { return state; }
  Truth opens(const State&, const Word&) const override { return truth(true); }
};

// The kernel's overlayfs. The state: how many numbers the mount made up, those of `b` and `d` in memory (0: not in
// memory), and whether the inode of `a` in memory was made before the copy up.
class Overlayfs : public System {
 public:
  enum class Xino : bool { kOff, kOn };
  Overlayfs(std::string name, std::string subject, Xino xino)
      : System(std::move(name), std::move(subject)), xino_(xino == Xino::kOn) {}

  State initial() const override { return {word(1), word(0), word(0), flag(false)}; }

  Shown show(HistoryEvent what, const State& state, const Stack& stack) const override {
    State next = state;
    const Object object = object_of(what);
    if (object == kA) {
      next[3] = choice(stack.copied, state[3], flag(true));
    } else {
      const Truth in_memory = is_set(state[object]);
      next[0] = choice(in_memory, state[0], plus_one(state[0]));
      next[object] = choice(in_memory, state[object], next[0]);
    }
    const auto shown = overlayfs::show<TermDomain>({.one_file_system = truth(false), .xino = truth(xino_)},
                                                   inode_of(object, next, stack));
    const Word file_system = choice(shown.overlay_device, word(0), plus_one(file_system_of(object, stack)));
    return {next, Sight{.number = shown.st_ino, .listed = shown.d_ino, .device = file_system, .writes = truth(false)}};
  }

  State after(HistoryEvent event, const State& state, const Stack&) const override {
    if (is_mount(event)) return initial();
    if (event != HistoryEvent::kEvict) return state;
    return {state[0], word(0), word(0), flag(false)};
  }
  bool has_handles() const override { return false; }
  Truth opens(const State&, const Word&) const override { return truth(true); }

 private:
  // In the order in which the stack names the file systems; 0 is the upper's.
  static Word file_system_of(Object object, const Stack& stack) {
    return choice(stack.added, word(object == kB ? 3 : 2), word(object == kB ? 2 : 1));
  }
  static overlayfs::Inode<TermDomain> inode_of(Object object, const State& state, const Stack& stack) {
    const RealInodes inodes = any_real_inodes();
    const Truth upper = object == kA ? stack.copied : truth(false);
    return {.directory = truth(object != kA),
            .upper = upper,
            .lower = object == kA ? negation(stack.origin_gone) : truth(true),
            .indexed = truth(false),
            .linked = truth(false),
            .made_lower = both(is_set(state[3]), negation(stack.origin_gone)),
            .impure = upper,
            .upper_inode = inodes.upper,
            .lower_inode = std::array{inodes.a, inodes.b, inodes.d}[object],
            .lower_file_system = file_system_of(object, stack),
            .counter = object == kA ? word(0) : state[object]};
  }
  bool xino_;
};

}  // namespace

RealInodes any_real_inodes() {
  return {
      .a = any_word("inode_a"), .b = any_word("inode_b"), .d = any_word("inode_d"), .upper = any_word("inode_upper")};
}

// Small numbers, so that they fit beside the bits of xino and are easy to read. The root of a file system has 1.
Truth RealInodes::possible() const {
  std::vector<Truth> all{negation(equal(a, d))};
  for (const Word& inode : {a, b, d, upper}) all.push_back(both(below(word(1), inode), below(inode, word(100))));
  return all_of(all);
}

std::vector<std::unique_ptr<System>> systems() {
  std::vector<std::unique_ptr<System>> all;
  all.push_back(std::make_unique<Table>("volatile", "engine:identity=volatile", Table::Kept::kInMemory));
  all.push_back(std::make_unique<Table>("on-lookup", "engine:identity=on-lookup", Table::Kept::kAtLookup));
  all.push_back(std::make_unique<Table>("on-lookup, written at unmount", "", Table::Kept::kAtUnmount));
  all.push_back(std::make_unique<TableChecked>("upfront", "engine:identity=upfront"));
  all.push_back(std::make_unique<TableUpFront>("upfront, by inode numbers and never looked at again", ""));
  all.push_back(std::make_unique<RealNumbers>());
  all.push_back(std::make_unique<Overlayfs>("overlayfs", "kernel", Overlayfs::Xino::kOff));
  all.push_back(std::make_unique<Overlayfs>("overlayfs, xino", "kernel:xino=on", Overlayfs::Xino::kOn));
  return all;
}

}  // namespace ovlspec::proofs
