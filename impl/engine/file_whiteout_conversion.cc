#include "impl/engine/file_whiteout_conversion.h"

#include <optional>
#include <vector>

#include "impl/engine/layer_walk.h"
#include "model/vocabulary/names.h"

namespace ovlspec::impl {
namespace {

class Conversion {
 public:
  Conversion(const LayerRoot& upper, const std::string& opaque_attribute)
      : store_(*upper.store), root_(upper.root), opaque_attribute_(opaque_attribute) {}

  Result<std::size_t> run() {
    const auto open = [this](const InodeRef& directory) { return convert(directory); };
    const auto visit = [this](const InodeRef& directory, const std::string& name) -> Result<std::optional<InodeRef>> {
      auto found = store_.lookup(directory, name);
      if (!found.ok()) return found.error();
      if (found->attributes.type != FileType::kDirectory) return std::optional<InodeRef>();
      return std::optional<InodeRef>(found->inode);
    };
    OVLSPEC_TRY(walk_layer(root_, open, visit));
    return converted_;
  }

 private:
  // The names of the directory's directories.
  Result<std::vector<std::string>> convert(const InodeRef& directory) {
    auto before = store_.attributes(directory);
    if (!before.ok()) return before.error();
    auto entries = store_.entries(directory);
    if (!entries.ok()) return entries.error();
    const std::size_t converted_before = converted_;
    std::vector<std::string> directories;
    for (StoredEntry& entry : *entries) {
      if (entry.name.starts_with(names::kFileWhiteout)) OVLSPEC_TRY(convert_name(directory, entry.name));
      if (!entry.type_known || entry.type == FileType::kDirectory) directories.push_back(std::move(entry.name));
    }
    if (converted_ != converted_before) {
      StoreChange back;
      back.modify_time = {.kind = TimeChange::Kind::kSet, .value = before->modify_time};
      OVLSPEC_TRY(store_.change(directory, back));
    }
    return directories;
  }

  Status convert_name(const InodeRef& directory, const std::string& name) {
    const bool is_opaque = name == names::kOpaqueFile;
    if (name == names::kFileWhiteout || (name.starts_with(names::kReservedFileWhiteout) && !is_opaque)) return {};
    auto file = store_.lookup(directory, name);
    if (!file.ok()) return file.error();
    if (file->attributes.type != FileType::kRegular) return {};
    if (is_opaque) {
      OVLSPEC_TRY(store_.set_xattr(directory, opaque_attribute_, "y", XattrMode::kAny));
    } else {
      const NewInode whiteout{.type = FileType::kCharDevice};
      const auto made = store_.create(directory, name.substr(names::kFileWhiteout.size()), whiteout);
      if (!made.ok() && made.error() != Errno::kEEXIST) return made.error();
    }
    ++converted_;
    return store_.unlink(directory, name);
  }

  LayerStore& store_;
  const InodeRef root_;
  const std::string& opaque_attribute_;
  std::size_t converted_ = 0;
};

}  // namespace

Result<std::size_t> convert_file_whiteouts(const LayerRoot& upper, const std::string& opaque_attribute) {
  return Conversion(upper, opaque_attribute).run();
}

}  // namespace ovlspec::impl
