#include "oracle/posix_layers.h"

#include "model/vocabulary/operation.h"
#include "oracle/layer_walk.h"
#include "oracle/posix_access.h"

namespace ovlspec::oracle {

Attempt<ReadImage> read_image(const std::string& path) {
  const auto access = PosixAccess::open(path);
  if (!access)
    return {.value = std::nullopt,
            .failure = {access.error(), "cannot open " + path + ": " + std::string(errno_name(access.error()))}};
  (*access)->refuse_content_above(kFileSizeLimit);
  auto walked = walk_layer(**access, DiskFormat::kOverlay, Unreadable::kSkip);
  if (!walked.ok()) return {.value = std::nullopt, .failure = std::move(walked.failure)};
  ReadImage read;
  read.image.layer = std::move(walked.value->layer);
  read.skipped = std::move(walked.value->skipped);
  for (model::Marks& marks : read.image.layer.marks) marks.backing = {};
  return {.value = std::move(read), .failure = {}};
}

}  // namespace ovlspec::oracle
