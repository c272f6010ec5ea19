#include "oracle/report_evidence.h"

#include <algorithm>

#include "model/describe.h"
#include "model/step.h"
#include "oracle/trace_words.h"

namespace ovlspec::oracle {
namespace {

using model::Inode;

// What an answer's payload should be, against what it is.
class Payload {
 public:
  Payload(EvidenceBuilder& evidence, const Asked& asked, const model::Plan& plan)
      : evidence_(evidence), asked_(asked), plan_(plan), world_(evidence.judge().world()) {}

  void tell() {
    const bool is_listing = std::holds_alternative<ListDirectory>(asked_.operation);
    if (const auto* attributes = std::get_if<Attributes>(&asked_.outcome.payload)) {
      tell_attributes(*attributes);
    } else if (const auto* entries = std::get_if<std::vector<DirectoryEntry>>(&asked_.outcome.payload)) {
      tell_entries(*entries, is_listing ? names_of(object()) : stream_names());
    } else if (const auto* names = std::get_if<std::vector<std::string>>(&asked_.outcome.payload)) {
      tell_attribute_names(*names);
    } else if (const auto* bytes = std::get_if<std::string>(&asked_.outcome.payload)) {
      const std::string expected = expected_bytes();
      if (*bytes != expected) differs(Shown::kBytes, hex_text(expected));
    } else if (const auto* write = std::get_if<Write>(&asked_.operation)) {
      if (asked_.outcome.payload != Outcome::Payload(std::uint64_t{write->data.size()}))
        differs(Shown::kCount, std::to_string(write->data.size()));
    } else if (const auto* status = std::get_if<FileSystemStatus>(&asked_.outcome.payload)) {
      if (status->name_max != names_max_) differs(Shown::kCount, std::to_string(names_max_));
    }
  }

 private:
  const Inode& object() const { return world_[plan_.first.object]; }

  void differs(Shown shown, std::string expected, std::string name = {}) {
    evidence_.claim(evidence_.value(evidence_.last(), shown, std::move(name)), Relation::kDiffers, std::move(expected));
  }

  std::string expected_bytes() const {
    if (const auto* read = std::get_if<Read>(&asked_.operation))
      return object().content.read(read->offset, read->length);
    if (const auto* get = std::get_if<GetXattr>(&asked_.operation)) {
      const model::Xattr* xattr = object().xattr(get->name);
      return xattr == nullptr ? std::string() : xattr->value;
    }
    return object().content.all();
  }

  // The first that is not as it should be.
  void tell_attributes(const Attributes& seen) {
    const Inode& inode = object();
    const bool is_device = inode.is(FileType::kCharDevice) || inode.is(FileType::kBlockDevice);
    const FileSize size = inode.content.size();
    if (seen.type != inode.type) return differs(Shown::kType, std::string(model::describe(inode.type)));
    if (seen.mode != inode.mode && !inode.set_gid_free) return differs(Shown::kMode, model::octal(inode.mode));
    if (seen.uid != inode.uid) return differs(Shown::kUid, std::to_string(inode.uid));
    if (seen.gid != inode.gid) return differs(Shown::kGid, std::to_string(inode.gid));
    if (is_device && seen.device != inode.device) return differs(Shown::kDevice, model::describe(inode.device));
    if (!is_device && !inode.is(FileType::kDirectory) && seen.size != size)
      return differs(Shown::kSize, std::to_string(size));
    if (inode.modify_time.known && seen.modify_time != inode.modify_time.value)
      return differs(Shown::kModifyTime, model::describe(inode.modify_time.value));
    if (inode.is(FileType::kDirectory) || !inode.hidden_links) return;
    const std::int64_t links = inode.links + *inode.hidden_links;
    if (seen.links != links) differs(Shown::kLinks, std::to_string(links));
  }

  static std::vector<std::string> names_of(const Inode& directory) {
    std::vector<std::string> names = {".", ".."};
    for (const model::Entry& entry : directory.entries) names.push_back(entry.name);
    return names;
  }
  std::vector<std::string> stream_names() const {
    return world_.slots[std::get<ReadDirectory>(asked_.operation).slot].stream.expected;
  }

  void tell_entries(const std::vector<DirectoryEntry>& entries, const std::vector<std::string>& expected) {
    const auto times = [&](const std::string& name) {
      return std::count_if(entries.begin(), entries.end(), [&](const auto& entry) { return entry.name == name; });
    };
    const auto is_expected = [&](const std::string& name) {
      return std::find(expected.begin(), expected.end(), name) != expected.end();
    };
    for (const DirectoryEntry& entry : entries) {
      if (times(entry.name) != 1 || !is_expected(entry.name))
        return differs(Shown::kListed, is_expected(entry.name) ? "1" : "0", entry.name);
      if (const auto type = wrong_type(entry)) return differs(Shown::kListedType, *type, entry.name);
    }
    for (const std::string& name : expected)
      if (times(name) == 0) return differs(Shown::kListed, "1", name);
  }

  std::optional<std::string> wrong_type(const DirectoryEntry& entry) const {
    const model::Entry* found = object().find(entry.name);
    if (!entry.type_known || found == nullptr || world_[found->object].type == entry.type) return std::nullopt;
    return std::string(model::describe(world_[found->object].type));
  }

  void tell_attribute_names(const std::vector<std::string>& seen) {
    const auto is_shown = [&](const std::string& name) {
      return name.rfind("trusted.", 0) != 0 || asked_.caller.capabilities.has(Capability::kSysAdmin);
    };
    for (const std::string& name : seen) {
      const bool is_right = object().xattr(name) != nullptr && is_shown(name);
      const bool is_systems = name.rfind("system.", 0) == 0 || name.rfind("security.", 0) == 0;
      if ((!is_right && !is_systems) || std::count(seen.begin(), seen.end(), name) != 1)
        return differs(Shown::kAttribute, is_right ? "1" : "0", name);
    }
    for (const model::Xattr& xattr : object().xattrs)
      if (is_shown(xattr.name) && std::find(seen.begin(), seen.end(), xattr.name) == seen.end())
        return differs(Shown::kAttribute, "1", xattr.name);
  }

  EvidenceBuilder& evidence_;
  const Asked& asked_;
  const model::Plan& plan_;
  const model::World& world_;
  const std::uint64_t names_max_ = 255;
};

}  // namespace

std::string permitted_words(const model::Plan& plan) {
  std::string words = plan.success() ? "success" : "";
  for (std::size_t i = 0; i < plan.errors(); ++i)
    words.append(words.empty() ? "" : " ").append(errno_name(plan.error(i).error));
  return words;
}

EvidenceBuilder::EvidenceBuilder(std::vector<Moment> moments, const Judge& judge, Finding finding) : judge_(judge) {
  evidence_.moments = std::move(moments);
  evidence_.finding = std::move(finding);
}

bool EvidenceBuilder::is_mount(std::size_t moment) const {
  const auto* event = std::get_if<Event>(&evidence_.moments[moment].what);
  return event != nullptr && std::holds_alternative<Mount>(*event);
}

std::optional<std::size_t> EvidenceBuilder::latest_mount() const {
  return latest(evidence_.moments.size(), Within::kRun, [this](std::size_t i) { return is_mount(i); });
}

std::size_t EvidenceBuilder::append(Happening what) {
  evidence_.moments.push_back({.what = std::move(what), .needed = true});
  return last();
}

std::size_t EvidenceBuilder::insert(std::size_t before, Happening what) {
  const auto place = evidence_.moments.begin() + static_cast<std::ptrdiff_t>(before);
  evidence_.moments.insert(place, Moment{.what = std::move(what), .needed = true});
  return before;
}

Value EvidenceBuilder::value(std::size_t moment, Shown shown, std::string name) {
  evidence_.moments[moment].needed = true;
  const Asked* of_file = asked(moment);
  const bool is_walk = of_file != nullptr && of_file->asker == Asker::kWalk;
  if (is_walk && std::holds_alternative<Read>(of_file->operation)) evidence_.moments[moment - 1].needed = true;
  return Value{.moment = moment, .shown = shown, .name = std::move(name)};
}

void EvidenceBuilder::claim(Value left, Relation relation, std::variant<Value, std::string> right) {
  evidence_.claims.push_back({std::move(left), relation, std::move(right)});
}

void EvidenceBuilder::give_up(std::string why) { evidence_.why_not = std::move(why); }

void tell_answer(EvidenceBuilder& evidence) {
  const Asked* asked = evidence.asked(evidence.last());
  if (asked == nullptr) return evidence.give_up("no operation shows it");
  const model::Plan plan = check(evidence.judge().world(), asked->caller, asked->operation);
  if (!plan.permits(asked->outcome.error))
    return evidence.claim(evidence.value(evidence.last(), Shown::kError), Relation::kNoneOf, permitted_words(plan));
  const Asked copy = *asked;
  if (copy.outcome.ok()) Payload(evidence, copy, plan).tell();
}

}  // namespace ovlspec::oracle
