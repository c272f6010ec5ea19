#include "impl/engine/layer_walk.h"

#include <cstddef>
#include <utility>

namespace ovlspec::impl {
namespace {

struct Level {
  InodeRef directory;
  std::vector<std::string> names;
  std::size_t next = 0;
};

Status go_into(const InodeRef& directory, const OpenDirectoryOfWalk& open, std::vector<Level>& levels) {
  auto names = open(directory);
  if (!names.ok()) return names.error();
  levels.push_back({directory, std::move(*names)});
  return {};
}

}  // namespace

Status walk_layer(const InodeRef& root, const OpenDirectoryOfWalk& open, const VisitNameOfWalk& visit) {
  std::vector<Level> levels;
  OVLSPEC_TRY(go_into(root, open, levels));
  while (!levels.empty()) {
    Level& level = levels.back();
    if (level.next == level.names.size()) {
      levels.pop_back();
      continue;
    }
    auto inside = visit(level.directory, level.names[level.next++]);
    if (!inside.ok()) return inside.error();
    if (*inside) OVLSPEC_TRY(go_into(**inside, open, levels));
  }
  return {};
}

}  // namespace ovlspec::impl
