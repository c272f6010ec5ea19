// first_difference: two trees walked side by side.
#include <unordered_map>

#include "model/describe.h"
#include "model/tree.h"

namespace ovlspec::model {
namespace {

std::string expected(std::string_view what, const std::string& seen, const std::string& wanted) {
  return std::string(what) + " " + seen + ", expected " + wanted;
}

std::optional<std::string> xattr_difference(const Inode& seen, const Inode& wanted) {
  for (const Xattr& xattr : wanted.xattrs) {
    const Xattr* other = seen.xattr(xattr.name);
    if (other == nullptr) return "xattr " + xattr.name + " is missing";
    if (other->value != xattr.value) return expected("xattr " + xattr.name, quoted(other->value), quoted(xattr.value));
  }
  for (const Xattr& xattr : seen.xattrs)
    if (wanted.xattr(xattr.name) == nullptr) return "xattr " + xattr.name + " should not be there";
  return std::nullopt;
}

std::optional<std::string> time_difference(const FreeTime& seen, const FreeTime& wanted) {
  if (!seen.known || !wanted.known || seen.value == wanted.value) return std::nullopt;
  return expected("mtime", describe(seen.value), describe(wanted.value));
}

std::optional<std::string> inode_difference(const Inode& seen, const Inode& wanted) {
  if (seen.type != wanted.type)
    return expected("type", std::string(describe(seen.type)), std::string(describe(wanted.type)));
  const Mode judged = seen.set_gid_free || wanted.set_gid_free ? kModeMask & ~kSetGid : kModeMask;
  if (((seen.mode ^ wanted.mode) & judged) != 0) return expected("mode", octal(seen.mode), octal(wanted.mode));
  if (seen.uid != wanted.uid) return expected("uid", std::to_string(seen.uid), std::to_string(wanted.uid));
  if (seen.gid != wanted.gid) return expected("gid", std::to_string(seen.gid), std::to_string(wanted.gid));
  if (seen.device != wanted.device) return expected("device", describe(seen.device), describe(wanted.device));
  if (seen.content != wanted.content)
    return expected("content", quoted(seen.content.data()), quoted(wanted.content.data())) + " (sizes " +
           std::to_string(seen.content.size()) + ", " + std::to_string(wanted.content.size()) + ")";
  if (auto difference = xattr_difference(seen, wanted)) return difference;
  return time_difference(seen.modify_time, wanted.modify_time);
}

class Comparison {
 public:
  Comparison(const Tree& seen, const Tree& wanted) : seen_(seen), wanted_(wanted) {}

  std::optional<Difference> run() { return objects(kRoot, kRoot); }

 private:
  std::optional<Difference> differ(std::string what) const {
    return Difference{path_.empty() ? "/" : path_, std::move(what)};
  }

  // Whether the pair is new. A pair that contradicts an earlier one is a difference in hard links.
  std::optional<Difference> pair(ObjectId seen, ObjectId wanted, bool& first) {
    const auto [it, inserted] = partner_.try_emplace(wanted, seen);
    const auto [back, back_inserted] = back_.try_emplace(seen, wanted);
    first = inserted && back_inserted;
    if (it->second != seen) return differ("is not the hard link of another name that it should be");
    if (back->second != wanted) return differ("is a hard link of another name that it should not be");
    return std::nullopt;
  }

  std::optional<Difference> objects(ObjectId seen, ObjectId wanted) {
    bool first = false;
    if (auto difference = pair(seen, wanted, first)) return difference;
    if (!first) return std::nullopt;
    if (auto difference = inode_difference(seen_[seen], wanted_[wanted])) return differ(*difference);
    return directories(seen_[seen], wanted_[wanted]);
  }

  std::optional<Difference> directories(const Inode& seen, const Inode& wanted) {
    for (const Entry& entry : seen.entries)
      if (wanted.find(entry.name) == nullptr)
        return differ("has a name " + quoted(entry.name) + " that should not be there");
    for (const Entry& entry : wanted.entries) {
      const Entry* other = seen.find(entry.name);
      if (other == nullptr) return differ("lacks the name " + quoted(entry.name));
      const std::size_t length = path_.size();
      path_ += (path_.empty() ? "" : "/") + entry.name;
      auto difference = objects(other->object, entry.object);
      path_.resize(length);
      if (difference) return difference;
    }
    return std::nullopt;
  }

  const Tree& seen_;
  const Tree& wanted_;
  std::string path_;
  std::unordered_map<ObjectId, ObjectId> partner_;
  std::unordered_map<ObjectId, ObjectId> back_;
};

}  // namespace

std::optional<Difference> first_difference(const Tree& seen, const Tree& expected_tree) {
  return Comparison(seen, expected_tree).run();
}

}  // namespace ovlspec::model
