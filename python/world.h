// Builds a trace word by word, as oracle/world.h does for C++ tests, but tells a misuse instead of stopping the
// program: an interpreter must outlive it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "oracle/layer_entries.h"
#include "oracle/trace.h"

namespace ovlspec::python {

// Entries go to the layer that was begun last; parents that are missing are made, directories with mode 755. What is
// wrong is text for people, and then nothing is changed but for parents that were made.
class World {
 public:
  World();

  // Lowers are begun topmost first. REQUIRES: place < oracle::kPlaces.
  [[nodiscard]] oracle::Problem lower(std::uint8_t place);
  [[nodiscard]] oracle::Problem upper(std::uint8_t place);

  [[nodiscard]] oracle::Problem add(const std::string& path, model::Inode inode, model::Marks marks);
  [[nodiscard]] oracle::Problem link(const std::string& path, const std::string& to);
  // Changes the entry added last.
  [[nodiscard]] oracle::Problem change(const std::function<void(model::Inode&, model::Marks&)>& change);

  [[nodiscard]] oracle::Problem option(std::string option);
  [[nodiscard]] oracle::Problem caller(std::string name, Caller caller);
  void event(oracle::Event event) { trace_.events.push_back(std::move(event)); }
  const std::vector<oracle::NamedCaller>& callers() const { return trace_.callers; }

  // What was built. A problem where there is no lower.
  [[nodiscard]] oracle::Problem finish(oracle::Trace& trace) const;

 private:
  enum class Current : std::uint8_t { kNone, kLower, kUpper };
  // Held back until the next one, since a builder's entries do not change.
  struct Entry {
    std::string path;
    model::Inode inode;
    model::Marks marks;
  };

  // What is wrong with an entry at `path` in the layer begun last.
  oracle::Problem check_place(const std::string& path);
  oracle::Problem settle();
  oracle::Problem end_layer();

  oracle::Trace trace_;
  Current current_ = Current::kNone;
  oracle::LayerBuilder builder_;  // of the layer begun last
  std::optional<Entry> last_;
};

}  // namespace ovlspec::python
