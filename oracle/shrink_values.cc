#include "oracle/shrink_values.h"

namespace ovlspec::oracle {
namespace {

bool without_attributes(model::Inode& inode) {
  if (inode.xattrs.empty()) return false;
  inode.xattrs.clear();
  return true;
}

bool roots(model::Inode& inode) {
  if (inode.uid == 0 && inode.gid == 0) return false;
  inode.uid = inode.gid = 0;
  return true;
}

bool of_plain_mode(model::Inode& inode) {
  const Mode plain = inode.is(FileType::kDirectory) ? 0755 : 0644;
  if (inode.mode == plain || inode.is(FileType::kSymlink)) return false;
  inode.mode = plain;
  return true;
}

bool of_no_time(model::Inode& inode) {
  constexpr model::FreeTime kNone;
  if (inode.access_time == kNone && inode.modify_time == kNone) return false;
  inode.access_time = inode.modify_time = kNone;
  return true;
}

bool without_content(model::Inode& inode) {
  if (!inode.is(FileType::kRegular) || inode.content.size() == 0) return false;
  inode.content = model::Content();
  return true;
}

}  // namespace

const std::array<Simplification, 5> kSimplifications = {without_attributes, roots, of_plain_mode, of_no_time,
                                                        without_content};

}  // namespace ovlspec::oracle
