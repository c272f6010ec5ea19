// check_answer: whether what an operation showed is what the tree says.
#include <algorithm>

#include "model/describe.h"
#include "model/operations/xattr_names.h"
#include "model/step.h"

namespace ovlspec::model {
namespace {

using MaybeMismatch = std::optional<Mismatch>;

template <typename Payload>
const Payload* payload_of(const Outcome& outcome) {
  return std::get_if<Payload>(&outcome.payload);
}

Mismatch lacking(Rule rule, std::string_view what) { return Mismatch{rule, "the answer lacks " + std::string(what)}; }

Mismatch differs(Rule rule, std::string_view what, const std::string& seen, const std::string& expected) {
  return Mismatch{rule, std::string(what) + " " + seen + ", expected " + expected};
}

MaybeMismatch bytes_are(Rule rule, const Outcome& outcome, const std::string& expected) {
  const auto* bytes = payload_of<std::string>(outcome);
  if (bytes == nullptr) return lacking(rule, "bytes");
  if (*bytes == expected) return std::nullopt;
  std::string what = "bytes";
  if (bytes->size() != expected.size())
    what = std::to_string(bytes->size()) + " bytes (expected " + std::to_string(expected.size()) + ")";
  return differs(rule, what, quoted(*bytes), quoted(expected));
}

template <typename Number>
MaybeMismatch number_is(Rule rule, std::string_view what, Number seen, Number expected) {
  if (seen == expected) return std::nullopt;
  return differs(rule, what, std::to_string(seen), std::to_string(expected));
}

FileSize size_of(const Inode& inode) {
  return inode.is(FileType::kRegular) || inode.is(FileType::kSymlink) ? inode.content.size() : 0;
}

MaybeMismatch attributes_are(const Inode& inode, const Attributes& seen) {
  if (seen.type != inode.type)
    return differs(Rule::kStat, "type", std::string(describe(seen.type)), std::string(describe(inode.type)));
  const Mode judged = inode.set_gid_free ? kModeMask & ~kSetGid : kModeMask;
  if (((seen.mode ^ inode.mode) & judged) != 0)
    return differs(inode.set_gid_free ? Rule::kWriteSetGid : Rule::kStat, "mode", octal(seen.mode), octal(inode.mode));
  if (auto mismatch = number_is(Rule::kStat, "uid", seen.uid, inode.uid)) return mismatch;
  if (auto mismatch = number_is(Rule::kStat, "gid", seen.gid, inode.gid)) return mismatch;
  const bool device = inode.is(FileType::kCharDevice) || inode.is(FileType::kBlockDevice);
  if (device && seen.device != inode.device)
    return differs(Rule::kStat, "device", describe(seen.device), describe(inode.device));
  const bool sized = !inode.is(FileType::kDirectory) && !device;
  if (sized)
    if (auto mismatch = number_is(Rule::kStat, "size", seen.size, size_of(inode))) return mismatch;
  if (inode.modify_time.known && seen.modify_time != inode.modify_time.value)
    return differs(Rule::kStatModifyTime, "mtime", describe(seen.modify_time), describe(inode.modify_time.value));
  if (inode.is(FileType::kDirectory) || !inode.hidden_links) return std::nullopt;
  const Rule rule = *inode.hidden_links == 0 ? Rule::kStatLinks : Rule::kStatHiddenLinks;
  return number_is<std::int64_t>(rule, "link count", seen.links, inode.links + *inode.hidden_links);
}

bool is_dots(std::string_view name) { return name == "." || name == ".."; }

// One entry against the directory it was read from: its type. Names are judged by the caller.
MaybeMismatch entry_is(const World& world, const Inode& directory, const DirectoryEntry& seen) {
  if (!seen.type_known) return std::nullopt;
  const Entry* entry = is_dots(seen.name) ? nullptr : directory.find(seen.name);
  if (entry == nullptr && !is_dots(seen.name)) return std::nullopt;
  const FileType expected = entry == nullptr ? FileType::kDirectory : world[entry->object].type;
  if (seen.type == expected) return std::nullopt;
  return differs(Rule::kListType, "d_type of " + quoted(seen.name), std::string(describe(seen.type)),
                 std::string(describe(expected)));
}

MaybeMismatch listing_is(const World& world, const Inode& directory, const Outcome& outcome) {
  const auto* entries = payload_of<std::vector<DirectoryEntry>>(outcome);
  if (entries == nullptr) return lacking(Rule::kList, "entries");
  std::vector<std::string> seen;
  for (const DirectoryEntry& entry : *entries) {
    if (contains(seen, entry.name)) return Mismatch{Rule::kList, "the name " + quoted(entry.name) + " appears twice"};
    insert(seen, entry.name);
    if (!is_dots(entry.name) && directory.find(entry.name) == nullptr)
      return Mismatch{Rule::kList, "the name " + quoted(entry.name) + " should not be there"};
    if (auto mismatch = entry_is(world, directory, entry)) return mismatch;
  }
  for (const Entry& entry : directory.entries)
    if (!contains(seen, entry.name)) return Mismatch{Rule::kList, "the name " + quoted(entry.name) + " is missing"};
  for (const char* dots : {".", ".."})
    if (!contains(seen, dots)) return Mismatch{Rule::kList, "the name " + quoted(dots) + " is missing"};
  return std::nullopt;
}

MaybeMismatch stream_entry_is(const DirectoryStream& stream, const std::vector<std::string>& seen,
                              const DirectoryEntry& entry) {
  if (contains(seen, entry.name) || contains(stream.delivered, entry.name))
    return Mismatch{contains(stream.touched, entry.name) ? Rule::kListChanged : Rule::kList,
                    "the name " + quoted(entry.name) + " appears twice"};
  if (stream.removed && is_dots(entry.name)) return std::nullopt;
  if (!contains(stream.expected, entry.name) && !contains(stream.touched, entry.name))
    return Mismatch{Rule::kList, "the name " + quoted(entry.name) + " should not be there"};
  return std::nullopt;
}

// What is read in pieces.
MaybeMismatch stream_is(const World& world, const ReadDirectory& operation, const Outcome& outcome) {
  const auto* entries = payload_of<std::vector<DirectoryEntry>>(outcome);
  if (entries == nullptr) return lacking(Rule::kList, "entries");
  const OpenSlot& slot = world.slots[operation.slot];
  const DirectoryStream& stream = slot.stream;
  std::vector<std::string> seen;
  for (const DirectoryEntry& entry : *entries) {
    if (auto mismatch = stream_entry_is(stream, seen, entry)) return mismatch;
    insert(seen, entry.name);
    if (contains(stream.touched, entry.name)) continue;
    if (auto mismatch = entry_is(world, world[slot.object], entry)) return mismatch;
  }
  const bool to_the_end = operation.count == 0 || entries->size() < operation.count;
  if (!to_the_end || stream.removed) return std::nullopt;
  for (const std::string& name : stream.expected)
    if (!contains(seen, name) && !contains(stream.delivered, name) && !contains(stream.touched, name))
      return Mismatch{Rule::kList, "the name " + quoted(name) + " is missing"};
  return std::nullopt;
}

bool shown(const Caller& caller, std::string_view name) {
  return space_of(name) != XattrSpace::kTrusted || caller.capabilities.has(Capability::kSysAdmin);
}

// Attributes that the system keeps by itself (labels, access control lists) are not judged.
bool is_systems(std::string_view name) { return name.starts_with("system.") || name.starts_with("security."); }

MaybeMismatch xattr_names_are(const Caller& caller, const Inode& inode, const Outcome& outcome) {
  const auto* seen = payload_of<std::vector<std::string>>(outcome);
  if (seen == nullptr) return lacking(Rule::kXattrList, "names");
  for (const std::string& name : *seen) {
    if (std::count(seen->begin(), seen->end(), name) > 1)
      return Mismatch{Rule::kXattrList, "the attribute " + quoted(name) + " appears twice"};
    if (inode.xattr(name) == nullptr && !is_systems(name))
      return Mismatch{is_private(name) ? Rule::kXattrPrivate : Rule::kXattrList,
                      "the attribute " + quoted(name) + " should not be there"};
    if (!shown(caller, name)) return Mismatch{Rule::kXattrTrusted, "the attribute " + quoted(name) + " is shown"};
  }
  for (const Xattr& xattr : inode.xattrs)
    if (shown(caller, xattr.name) && std::find(seen->begin(), seen->end(), xattr.name) == seen->end())
      return Mismatch{Rule::kXattrList, "the attribute " + quoted(xattr.name) + " is missing"};
  return std::nullopt;
}

struct Answer {
  const World& world;
  const Caller& caller;
  const Plan& plan;
  const Outcome& outcome;

  const Inode& object() const { return world[plan.first.object]; }

  MaybeMismatch operator()(const Read& read) const {
    return bytes_are(Rule::kRead, outcome, object().content.read(read.offset, read.length));
  }
  MaybeMismatch operator()(const Write& write) const {
    const auto* count = payload_of<std::uint64_t>(outcome);
    if (count == nullptr) return lacking(Rule::kWrite, "a count");
    return number_is<std::uint64_t>(Rule::kWrite, "bytes written", *count, write.data.size());
  }
  MaybeMismatch operator()(const Readlink&) const {
    return bytes_are(Rule::kReadlink, outcome, object().content.all());
  }
  MaybeMismatch operator()(const GetXattr& get) const {
    return bytes_are(Rule::kXattr, outcome, object().xattr(get.name)->value);
  }
  MaybeMismatch operator()(const ListXattr&) const { return xattr_names_are(caller, object(), outcome); }
  MaybeMismatch operator()(const Stat&) const {
    const auto* seen = payload_of<Attributes>(outcome);
    return seen == nullptr ? lacking(Rule::kStat, "attributes") : attributes_are(object(), *seen);
  }
  MaybeMismatch operator()(const ListDirectory&) const { return listing_is(world, object(), outcome); }
  MaybeMismatch operator()(const ReadDirectory& read) const { return stream_is(world, read, outcome); }
  MaybeMismatch operator()(const StatFileSystem&) const {
    const auto* seen = payload_of<FileSystemStatus>(outcome);
    if (seen == nullptr) return lacking(Rule::kStatFileSystem, "a status");
    if (seen->name_max > 255 || seen->name_max < 200)
      return differs(Rule::kStatFileSystem, "NAME_MAX", std::to_string(seen->name_max), "255");
    return std::nullopt;
  }
  template <typename Other>
  MaybeMismatch operator()(const Other&) const {
    return std::nullopt;
  }
};

}  // namespace

std::optional<Mismatch> check_answer(const World& world, const Caller& caller, const Operation& operation,
                                     const Plan& plan, const Outcome& outcome) {
  return std::visit(Answer{world, caller, plan, outcome}, operation);
}

}  // namespace ovlspec::model
