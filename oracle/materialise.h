// Writes a layer's value through an access, so that scan gives the value back, up to backings and origins.
#pragma once

#include <string>
#include <string_view>

#include "model/layer.h"
#include "oracle/layer_access.h"
#include "oracle/layer_format.h"
#include "oracle/subject.h"

namespace ovlspec::oracle {

// Writes all of `layer` into the empty directory behind `access`: hard links once and then linked, a directory's times
// after its entries. A time that is free is written as 0. The failure names the path.
Attempt<Done> materialise(const model::Layer& layer, LayerAccess& access, DiskFormat format = DiskFormat::kOverlay);

// The path of `name` in `directory`, where "" is the root.
std::string path_below(std::string_view directory, std::string_view name);

}  // namespace ovlspec::oracle
