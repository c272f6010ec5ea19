// Marks that an overlay keeps in names, of the formats that do so (layer_format.h): read out of layers as a plain scan
// shows them.
#pragma once

#include "model/layer.h"
#include "oracle/layer_format.h"

namespace ovlspec::oracle {

// fuse-overlayfs: `.wh.NAME` hides NAME, `.wh..wh..opq` and `.wh..opq` make their directory opaque.
// unionfs-fuse: `.unionfs-fuse/PATH_HIDDEN~` in a layer's root hides PATH below the layer; where the layer has a
// directory there, that is opaque. A directory that a hidden name needs and the layer has not is taken to be as the one
// below it.
//
// Layers of other formats stay as they are.
void read_name_marks(model::Layers& layers, DiskFormat format);

}  // namespace ovlspec::oracle
