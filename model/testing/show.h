// A layer or tree in lines, for the message of a failed test.
#pragma once

#include <string>

#include "model/layer.h"

namespace ovlspec::model::testing {

std::string show(const Tree& tree);
std::string show(const Layer& layer);
std::string show(const Layers& layers);

}  // namespace ovlspec::model::testing
