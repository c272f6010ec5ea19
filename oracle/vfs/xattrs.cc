// Extended attributes: names, namespaces and who may use them.
#include <algorithm>

#include "oracle/vfs/change.h"
#include "oracle/vfs/operations.h"

namespace ovlspec::oracle::vfs {
namespace {

constexpr std::size_t kXattrNameMax = 255;
constexpr std::size_t kXattrSizeMax = 65536;

enum class Namespace : std::uint8_t { kUser, kTrusted, kSecurity, kSystem, kUnknown };

struct Prefix {
  std::string_view text;
  Namespace space;
};
constexpr Prefix kPrefixes[] = {{"user.", Namespace::kUser},
                                {"trusted.", Namespace::kTrusted},
                                {"security.", Namespace::kSecurity},
                                {"system.", Namespace::kSystem}};

Prefix prefix_of(std::string_view name) {
  for (const Prefix& prefix : kPrefixes)
    if (name.substr(0, prefix.text.size()) == prefix.text) return prefix;
  return {.text = {}, .space = Namespace::kUnknown};
}

Status check_name(std::string_view name) {
  return name.empty() || name.size() > kXattrNameMax ? Status(Errno::kERANGE) : Status();
}

Errno refusal(Wanted wanted) { return wanted == kWantWrite ? Errno::kEPERM : Errno::kENODATA; }

Status check_user(const Session& session, const Caller& caller, const Attributes& object, Wanted wanted) {
  const bool directory = object.type == FileType::kDirectory;
  if (object.type != FileType::kRegular && !directory) return refusal(wanted);
  if (directory && (object.mode & kSticky) != 0 && wanted == kWantWrite && !owns(caller, object)) return Errno::kEPERM;
  return allows(session, caller, object, wanted);
}

Status check_security(const Caller& caller, std::string_view name) {
  const Capability needed = name == kCapabilityXattr ? Capability::kSetfcap : Capability::kSysAdmin;
  return caller.capabilities.has(needed) ? Status() : Status(Errno::kEPERM);
}

// Access first, then whether the layers' file systems have such attributes at all.
Status check_access(const Session& session, const Caller& caller, const Attributes& object, std::string_view name,
                    Wanted wanted) {
  const Prefix prefix = prefix_of(name);
  switch (prefix.space) {
    case Namespace::kUser: OVLSPEC_TRY(check_user(session, caller, object, wanted)); break;
    case Namespace::kTrusted:
      if (!caller.capabilities.has(Capability::kSysAdmin)) return refusal(wanted);
      break;
    case Namespace::kSecurity: break;
    case Namespace::kSystem: return Errno::kEOPNOTSUPP;
    case Namespace::kUnknown: OVLSPEC_TRY(allows(session, caller, object, wanted)); return Errno::kEOPNOTSUPP;
  }
  return name.size() == prefix.text.size() ? Status(Errno::kEINVAL) : Status();
}

// A capability record must look like one: revision 2 in 20 bytes or revision 3 in 24.
bool is_capability(std::string_view value) {
  constexpr unsigned char kRevision2 = 2;
  constexpr unsigned char kRevision3 = 3;
  if (value.size() != 20 && value.size() != 24) return false;
  const auto flags = static_cast<unsigned char>(value[0]);
  const auto revision = static_cast<unsigned char>(value[3]);
  return value[1] == 0 && value[2] == 0 && (flags & ~1U) == 0 &&
         revision == (value.size() == 20 ? kRevision2 : kRevision3);
}

Status set(Session& session, const Caller& caller, const SetXattr& operation) {
  OVLSPEC_TRY(check_name(operation.name));
  if (operation.value.size() > kXattrSizeMax) return Errno::kE2BIG;
  const auto place = resolve(session, caller, operation.target);
  if (!place.ok()) return place.error();
  OVLSPEC_TRY(writable(session));
  if (operation.name == kCapabilityXattr && !operation.value.empty() && !is_capability(operation.value))
    return Errno::kEINVAL;
  OVLSPEC_TRY(check_access(session, caller, place->attributes, operation.name, kWantWrite));
  const bool empty_capability = operation.name == kCapabilityXattr && operation.value.empty();
  if (prefix_of(operation.name).space == Namespace::kSecurity && !empty_capability)
    OVLSPEC_TRY(check_security(caller, operation.name));
  return session.engine.set_xattr(place->node, operation.name, operation.value, operation.mode);
}

Status remove(Session& session, const Caller& caller, const RemoveXattr& operation) {
  OVLSPEC_TRY(check_name(operation.name));
  const auto place = resolve(session, caller, operation.target);
  if (!place.ok()) return place.error();
  OVLSPEC_TRY(writable(session));
  OVLSPEC_TRY(check_access(session, caller, place->attributes, operation.name, kWantWrite));
  if (prefix_of(operation.name).space == Namespace::kSecurity) OVLSPEC_TRY(check_security(caller, operation.name));
  return session.engine.remove_xattr(place->node, operation.name);
}

Result<std::string> get(Session& session, const Caller& caller, const GetXattr& operation) {
  OVLSPEC_TRY(check_name(operation.name));
  const auto place = resolve(session, caller, operation.target);
  if (!place.ok()) return place.error();
  OVLSPEC_TRY(check_access(session, caller, place->attributes, operation.name, kWantRead));
  return session.engine.xattr(place->node, operation.name);
}

// The kernel does not filter a FUSE server's list, but every file system of its own hides trusted.* from those who may
// not read it; so does this one.
Result<std::vector<std::string>> list(Session& session, const Caller& caller, const ListXattr& operation) {
  const auto place = resolve(session, caller, operation.target);
  if (!place.ok()) return place.error();
  auto names = session.engine.xattr_names(place->node);
  if (!names.ok() || caller.capabilities.has(Capability::kSysAdmin)) return names;
  const auto hidden = [](const std::string& name) { return prefix_of(name).space == Namespace::kTrusted; };
  names->erase(std::remove_if(names->begin(), names->end(), hidden), names->end());
  return names;
}

}  // namespace

Outcome run(Session& session, const Caller& caller, const SetXattr& operation) {
  return answer(set(session, caller, operation));
}

Outcome run(Session& session, const Caller& caller, const GetXattr& operation) {
  auto value = get(session, caller, operation);
  return value.ok() ? Outcome::success(std::move(*value)) : Outcome::failure(value.error());
}

Outcome run(Session& session, const Caller& caller, const ListXattr& operation) {
  auto names = list(session, caller, operation);
  return names.ok() ? Outcome::success(std::move(*names)) : Outcome::failure(names.error());
}

Outcome run(Session& session, const Caller& caller, const RemoveXattr& operation) {
  return answer(remove(session, caller, operation));
}

}  // namespace ovlspec::oracle::vfs
