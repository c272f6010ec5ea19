// Builds the layers of a trace entry by entry: world().lower().file("a/b", "x").whiteout("a").
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "oracle/layer_entries.h"
#include "oracle/trace.h"

namespace ovlspec::python {

// Entries go to the layer that was begun last. Parents that are missing are made, directories with mode 755. A problem
// is text for people, as LayerBuilder gives it, and changes nothing but for parents that were made.
class World {
 public:
  // Lowers are begun topmost first; one upper at most. REQUIRES: place < oracle::kPlaces.
  void begin_lower(std::uint8_t place);
  [[nodiscard]] oracle::Problem begin_upper(std::uint8_t place);

  [[nodiscard]] oracle::Problem add(const std::string& path, model::Inode inode, model::Marks marks);
  [[nodiscard]] oracle::Problem link(const std::string& path, const std::string& to);
  [[nodiscard]] oracle::Problem add_option(std::string option);
  [[nodiscard]] oracle::Problem add_caller(std::string name, Caller caller);

  // The stack, with root and the callers added, and no events. A problem where there is no lower.
  [[nodiscard]] oracle::Problem finish(oracle::Trace& trace) const;

 private:
  struct BegunLayer {
    std::uint8_t place = 0;
    oracle::LayerBuilder builder;
  };
  // nullptr where no layer was begun.
  oracle::LayerBuilder* current();
  oracle::Problem make_parents(const std::string& path);

  std::vector<BegunLayer> lowers_;
  std::optional<BegunLayer> upper_;
  bool in_upper_ = false;
  std::vector<std::string> options_;
  std::vector<oracle::NamedCaller> callers_;
};

}  // namespace ovlspec::python
