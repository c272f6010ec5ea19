// Layers and their objects for generated traces.
#pragma once

#include <string>

#include "model/layer.h"
#include "oracle/generator_values.h"
#include "oracle/layer_entries.h"
#include "oracle/path_set.h"
#include "oracle/random.h"

namespace ovlspec::oracle {

enum class LayerRole { kBottom, kMiddle, kUpper };

class LayerGenerator {
 public:
  LayerGenerator(Random& random, ValueGenerator& values) : random_(random), values_(values) {}

  // A layer over what `below` says is there: names of it are used again, hidden, redirected to.
  model::Layer layer(LayerRole role, const PathSet& below);
  // An object without marks, which leads to or is near `around` where it is a symlink.
  model::Inode object(FileType type, const PathSet& around);
  std::string symlink_target(const PathSet& around);
  // The value of a redirect: mostly of a directory in `below`, sometimes of nothing.
  std::string redirect(const PathSet& below);
  FileType type();

 private:
  void entry(LayerBuilder& builder, LayerRole role, const PathSet& below);
  void directory(LayerBuilder& builder, const std::string& path, LayerRole role, const PathSet& below);
  bool make_parents(LayerBuilder& builder, const std::string& path);
  void add(LayerBuilder& builder, const std::string& path, model::Inode inode, model::Marks marks);
  std::string free_path(const PathSet& below);

  Random& random_;
  ValueGenerator& values_;
  PathSet present_;  // in the layer that is being made
};

}  // namespace ovlspec::oracle
