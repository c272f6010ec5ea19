// What a trace may hold beyond the types of trace.h. Every decoder refuses what these functions name a problem of, so
// that a trace that was read can be replayed; whoever builds one in memory keeps the same limits.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "model/layer.h"
#include "model/vocabulary/names.h"
#include "model/vocabulary/operation.h"

namespace ovlspec::oracle {

namespace limits {
inline constexpr std::size_t kOperationPath = 8192;  // beyond names::kPathMax, so that ENAMETOOLONG can be asked for
inline constexpr std::size_t kOperationXattrName = 1024;  // beyond 255, for ERANGE
inline constexpr std::size_t kXattrName = 255;
inline constexpr std::size_t kXattrValue = 1U << 17;  // beyond 64 KiB, for E2BIG
inline constexpr std::size_t kOption = 4096;
inline constexpr std::size_t kCallers = 256;  // Step::caller is a byte
inline constexpr std::size_t kGroups = 32;
inline constexpr Mode kUmask = 0777;
}  // namespace limits

// What is wrong, in words that follow "line 7: "; nothing where all is well.
using Problem = std::optional<std::string>;

// A path of an operation: any bytes but NUL, resolved by the subject as it is.
Problem check_path(std::string_view path);
// A path within a layer: plain components (no `.`, `..`, empty one) of 255 bytes at most; empty for the root.
Problem check_layer_path(std::string_view path);
Problem check_xattr_name(std::string_view name, std::size_t limit);
Problem check_option(std::string_view option);
// An object of a layer, without its entries. What lies beside a whiteout mark means nothing and is not looked at.
Problem check_object(const model::Inode& inode, const model::Marks& marks);
// What goes beyond single members: the end of a write, the type of a mknod.
Problem check_operation(const Operation& operation);

// The inode that stands beside a whiteout mark: a character device 0:0, mode 0.
model::Inode whiteout_inode();

}  // namespace ovlspec::oracle
