#include "impl/engine/entry_record.h"

#include <cinttypes>
#include <cstdio>

#include "impl/engine/digest.h"
#include "impl/engine/overlay_engine.h"
#include "model/vocabulary/names.h"

namespace ovlspec::impl {
namespace {

constexpr std::uint64_t kNameSeed = 6;

std::string hexadecimal(std::uint64_t word) {
  char text[17];
  return {text, static_cast<std::size_t>(std::snprintf(text, sizeof(text), "%016" PRIx64, word))};
}

// The directory's attributes are full, or it takes none: the object keeps its number for this mount only.
bool has_no_room(Errno error) {
  return error == Errno::kENOSPC || error == Errno::kE2BIG || error == Errno::kEDQUOT || error == Errno::kEPERM ||
         error == Errno::kEOPNOTSUPP;
}

}  // namespace

std::string entry_record_prefix(std::string_view name) {
  return std::string(names::kEntryRecords) + hexadecimal(digest(name, kNameSeed)) + ".";
}

std::string entry_record_name(std::string_view name, InodeNumber inode) {
  return entry_record_prefix(name) + hexadecimal(inode);
}

Status OverlayEngine::write_entry_record(const DirectoryEntryPlace& at, const IdentityRecord& record) {
  const std::string name = layers_.private_name(entry_record_name(at.name, record.upper_inode));
  const Status written = parts_->store.set_xattr(at.directory, name, encode_record(record), XattrMode::kAny);
  return has_no_room(written.error()) ? Status() : written;
}

// An object without a record, such as one made in the upper layer, gets none.
Status OverlayEngine::copy_entry_record(const UpperObject& object, const DirectoryEntryPlace& from,
                                        const DirectoryEntryPlace& to) {
  if (layers_.takes_private_xattrs(object.type)) return {};
  const Instance directory{layers_.upper.get(), from.directory};
  auto bytes = layers_.private_xattr(directory, entry_record_name(from.name, object.inode));
  if (!bytes.ok()) return bytes.error();
  const auto record = *bytes ? decode_record(**bytes) : std::nullopt;
  return record && record->upper_inode == object.inode ? write_entry_record(to, *record) : Status();
}

// Best effort: one that is left behind counts for nothing.
void OverlayEngine::remove_entry_record(const UpperObject& object, const DirectoryEntryPlace& at) {
  if (layers_.takes_private_xattrs(object.type)) return;
  static_cast<void>(
      parts_->store.remove_xattr(at.directory, layers_.private_name(entry_record_name(at.name, object.inode))));
}

Status OverlayEngine::remove_entry_records(const InodeRef& directory, std::string_view beginning) {
  auto listed = parts_->store.xattr_names(directory);
  if (!listed.ok()) return listed.error();
  const std::string stored = layers_.private_name(beginning);
  for (const std::string& name : *listed)
    if (name.starts_with(stored)) OVLSPEC_TRY(parts_->store.remove_xattr(directory, name));
  return {};
}

// Of several records by one name nobody can tell which is the object's.
Result<std::optional<IdentityRecord>> OverlayEngine::only_entry_record(const DirectoryEntryPlace& at) const {
  auto listed = parts_->store.xattr_names(at.directory);
  if (!listed.ok()) return listed.error();
  const std::string beginning = layers_.private_name(entry_record_prefix(at.name));
  std::optional<IdentityRecord> only;
  for (const std::string& name : *listed) {
    if (!name.starts_with(beginning)) continue;
    auto bytes = parts_->store.xattr(at.directory, name);
    if (!bytes.ok()) return bytes.error();
    const auto record = decode_record(*bytes);
    if (!record) continue;
    if (only) return std::optional<IdentityRecord>();
    only = record;
  }
  return only;
}

}  // namespace ovlspec::impl
