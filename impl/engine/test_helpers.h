// Shared by the files of the test world.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "impl/store/layer_store.h"
#include "model/vocabulary/errno.h"
#include "model/vocabulary/result.h"

namespace ovlspec::impl {

// The components of a path; none of "".
std::vector<std::string> components(std::string_view path);
// Owned by 0:0.
NewInode inode_of_type(FileType type, Mode mode);
std::string type_name(FileType type);

// Fails the test where `result` is an error.
template <typename T>
void must(const Result<T>& result, std::string_view what) {
  if (!result.ok()) ADD_FAILURE() << what << ": " << errno_name(result.error());
}

}  // namespace ovlspec::impl
