// The fourth function: what lies on disk, as a value.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "model/layer.h"
#include "oracle/layer_access.h"
#include "oracle/layer_format.h"
#include "oracle/subject.h"

namespace ovlspec::oracle {

// Where a stack's layers are. Lowers topmost first; no upper: a read-only stack, and no work directory either.
struct StackAccess {
  std::vector<LayerAccess*> lowers;
  LayerAccess* upper = nullptr;
  LayerAccess* work = nullptr;
};

// All layers of a stack.
//
// An origin is the lower inode whose handle the record holds; where none has it, or the record does not say, the
// origin's backing is empty. It was linked where the index holds an entry for it that is this inode, or any entry for
// it where the index belongs to another upper (this one is a whole copy of that), and the lower has more than one link:
// an index of all copied-up objects has the others too.
//
// Leftovers are what the work directory holds beside an empty `work` and the entries of `index`, and entries of `index`
// whose object has no name and no lower origin with several.
// An upper object that the kernel's index alone holds, because its last upper name went while lower names of it stayed,
// is in the upper's tree without a name. Our engine brings another name to the upper instead.
Attempt<Scanned> scan_stack(const StackAccess& stack, DiskFormat format = DiskFormat::kOverlay);

// One directory alone. Origins have no backing.
Attempt<model::Layer> scan_layer(LayerAccess& access, DiskFormat format = DiskFormat::kOverlay);

// A directory as anybody sees it, without meaning to any attribute; for mounted trees. Names that are listed and then
// not found are left out: the kernel's overlay lists the whiteouts of a lower directory that merges with nothing.
Attempt<model::Tree> read_tree(LayerAccess& access);

}  // namespace ovlspec::oracle
