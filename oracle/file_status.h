// struct stat in the words of the vocabulary.
#pragma once

#include <sys/stat.h>

#include <optional>

#include "model/vocabulary/attributes.h"

namespace ovlspec::oracle {

// By the S_IFMT bits of `mode`; nothing for what is no type.
std::optional<FileType> type_from_mode(mode_t mode);
mode_t mode_from_type(FileType type);
Attributes attributes_from(const struct stat& status);
Time time_from(const struct timespec& time);
struct timespec timespec_from(Time time);

}  // namespace ovlspec::oracle
