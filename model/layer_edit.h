// Edits of one layer by path, as a person at a shell would make them; mutate is built from them. Each does nothing, and
// says so, where its path does not fit.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "model/layer.h"

namespace ovlspec::model {

enum class Edit : std::uint8_t { kDone, kNothing };

// A path taken apart: the directory that holds the last name, and that name. "" where the path is the root's.
struct Place {
  ObjectId directory = kNoObject;  // kNoObject: not there, or not a directory
  std::string_view name;
};
Place place_of(const Layer& layer, std::string_view path);

Edit put(Layer& layer, std::string_view path, const Inode& inode, const Marks& marks);
Edit remove(Layer& layer, std::string_view path);
Edit move(Layer& layer, std::string_view from, std::string_view to);
Edit hard_link(Layer& layer, std::string_view from, std::string_view to);
Edit copy(Layer& layer, std::string_view from, std::string_view to);
// The same layer in new inodes: only what has a name, no backings.
Layer fresh_copy(const Layer& layer);

}  // namespace ovlspec::model
