// Operations of generated traces, chosen by weight among what probably exists.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "model/vocabulary/operation.h"
#include "oracle/generator.h"
#include "oracle/generator_layers.h"
#include "oracle/generator_values.h"
#include "oracle/path_set.h"

namespace ovlspec::oracle {

// What the generator believes of the stack.
struct GuessedStack {
  PathSet merged;
  std::vector<PathSet> lowers;
  std::optional<PathSet> upper;
};

class OperationGenerator {
 public:
  OperationGenerator(Random& random, const GeneratorOptions& options, GuessedStack& stack);

  // One operation; the guess follows it.
  Operation next();
  // A look at what the last operation that changed something was about; nothing where there was none.
  std::optional<Operation> look();
  void unmounted() { slots_ = {}; }
  unsigned total_weight() const { return total_weight_; }

 private:
  struct OpenSlot {
    bool directory = false;
    Access access = Access::kRead;
  };
  struct Choice {
    unsigned Weights::*weight;
    Operation (OperationGenerator::*make)();
  };
  static const std::array<Choice, 28> kChoices;

  Operation open();
  Operation close();
  Operation read();
  Operation write();
  Operation truncate();
  Operation mkdir();
  Operation rmdir();
  Operation unlink();
  Operation link();
  Operation symlink();
  Operation readlink();
  Operation rename();
  Operation chmod();
  Operation chown();
  Operation utimens();
  Operation set_xattr();
  Operation get_xattr();
  Operation list_xattr();
  Operation remove_xattr();
  Operation mknod();
  Operation read_directory();
  Operation rewind_directory();
  Operation list_directory();
  Operation stat();
  Operation stat_file_system();
  Operation sync();
  Operation lock();

  Operation odd();
  Operation odd_path();
  Operation odd_xattr();
  Operation odd_mode();

  Operation open_new();
  Operation open_directory();
  std::string existing();
  std::string existing(FileType type);
  std::string directory();  // empty for the root
  std::string fresh();
  std::string spelled(const std::string& path);
  Target target(const std::string& path);
  std::optional<Slot> open_slot(bool directory);
  Slot slot_to_fill();
  void touched(const std::string& path);
  void made(const std::string& path, FileType type);
  void removed(const std::string& path);
  TimeChange time_change();

  Random& random_;
  const GeneratorOptions& options_;
  GuessedStack& stack_;
  ValueGenerator values_;
  LayerGenerator layers_;
  std::array<std::optional<OpenSlot>, kSlots> slots_;
  std::array<std::string, 3> recent_;
  std::size_t next_recent_ = 0;
  std::string last_changed_;
  bool changed_ = false;
  unsigned total_weight_ = 0;
};

}  // namespace ovlspec::oracle
