// Evidence of violations of identity: two moments whose numbers do not agree.
#include "model/describe.h"
#include "model/step.h"
#include "oracle/report_evidence.h"
#include "oracle/trace_words.h"

namespace ovlspec::oracle {
namespace {

using model::ObjectId;
using model::Rule;
using Within = EvidenceBuilder::Within;

std::string base_name(const std::string& path) { return path.substr(path.rfind('/') + 1); }

// The number after these words in what a judge said.
std::optional<InodeNumber> number_after(const std::string& what, std::string_view words) {
  const auto at = what.find(words);
  if (at == std::string::npos) return std::nullopt;
  const auto begin = at + words.size();
  return parse_number<InodeNumber>(
      std::string_view(what).substr(begin, what.find_first_not_of("0123456789", begin) - begin));
}

class Identity {
 public:
  explicit Identity(EvidenceBuilder& evidence) : evidence_(evidence), last_(evidence.last()) {}

  void tell() {
    const Rule rule = evidence_.finding().rule;
    if (attributes(last_) != nullptr) {
      if (rule == Rule::kUnique) return tell_same_number();
      if (rule == Rule::kOneDevice) return tell_other_device();
      if (rule == Rule::kStatChangeTime) return tell_change_time();
      if (rule == Rule::kStatDirectoryLinks) return tell_directory_links();
      if (rule == Rule::kReaddirAgrees) return tell_listed_before();
      if (number_after(evidence_.finding().what, "it was ")) tell_other_number();
    } else if (entries(last_) != nullptr && rule == Rule::kReaddirAgrees) {
      tell_listed_now();
    }
  }

 private:
  const Attributes* attributes(std::size_t moment) const {
    const Asked* asked = evidence_.asked(moment);
    return asked == nullptr ? nullptr : std::get_if<Attributes>(&asked->outcome.payload);
  }
  const std::vector<DirectoryEntry>* entries(std::size_t moment) const {
    const Asked* asked = evidence_.asked(moment);
    if (asked == nullptr || !std::holds_alternative<ListDirectory>(asked->operation)) return nullptr;
    return std::get_if<std::vector<DirectoryEntry>>(&asked->outcome.payload);
  }
  ObjectId object(std::size_t moment) const { return evidence_.asked(moment)->object; }
  std::string path(std::size_t moment) const {
    const auto* stat = std::get_if<Stat>(&evidence_.asked(moment)->operation);
    return stat == nullptr ? std::string() : stat->target.path;
  }
  Value number(std::size_t moment) { return evidence_.value(moment, Shown::kNumber); }
  // The latest stat before the last moment that fits.
  template <typename Fits>
  std::optional<std::size_t> earlier_stat(Within within, const Fits& fits) const {
    return evidence_.latest(last_, within, [&](std::size_t i) { return attributes(i) != nullptr && fits(i); });
  }
  std::optional<std::size_t> earlier_of_object() const {
    return earlier_stat(Within::kMount, [this](std::size_t i) { return object(i) == object(last_); });
  }

  void tell_same_number() {
    const Attributes& now = *attributes(last_);
    const auto other = earlier_stat(Within::kMount, [&](std::size_t i) {
      return attributes(i)->number == now.number && attributes(i)->file_system == now.file_system &&
             object(i) != object(last_);
    });
    if (!other) return evidence_.give_up("the other object's number was not seen by stat");
    evidence_.claim(number(last_), Relation::kSame, number(*other));
    evidence_.claim(evidence_.value(last_, Shown::kFileSystem), Relation::kSame,
                    evidence_.value(*other, Shown::kFileSystem));
  }

  void tell_other_device() {
    const std::uint64_t now = attributes(last_)->file_system;
    const auto other = earlier_stat(Within::kMount, [&](std::size_t i) { return attributes(i)->file_system != now; });
    if (!other) return evidence_.give_up("the mount's device was not seen by stat");
    evidence_.claim(evidence_.value(last_, Shown::kFileSystem), Relation::kDiffers,
                    evidence_.value(*other, Shown::kFileSystem));
  }

  void tell_change_time() {
    const auto before = earlier_of_object();
    if (!before) return evidence_.give_up("the earlier change time was not seen by stat");
    evidence_.claim(evidence_.value(last_, Shown::kChangeTime), Relation::kEarlier,
                    evidence_.value(*before, Shown::kChangeTime));
  }

  void tell_directory_links() {
    const model::World& world = evidence_.judge().world();
    const std::string counted = std::to_string(2 + world.tree.subdirectories(object(last_)));
    const std::string seen = std::to_string(attributes(last_)->links);
    const Value links = evidence_.value(last_, Shown::kLinks);
    if (seen != "1" && seen != counted) return evidence_.claim(links, Relation::kNoneOf, "1 " + counted);
    // Once it was 1, and once it was counted.
    const auto before = earlier_of_object();
    if (!before) return evidence_.give_up("the earlier link count was not seen by stat");
    const Value then = evidence_.value(*before, Shown::kLinks);
    evidence_.claim(links, seen == "1" ? Relation::kSame : Relation::kDiffers, "1");
    evidence_.claim(then, seen == "1" ? Relation::kDiffers : Relation::kSame, "1");
  }

  // The entry of a listing with this number, by the name of the object if there is one.
  std::optional<Value> listed(InodeNumber number, Within within) {
    std::optional<Value> found;
    (void)evidence_.latest(last_, within, [&](std::size_t i) {
      if (entries(i) == nullptr) return false;
      for (const DirectoryEntry& entry : *entries(i)) {
        if (entry.number != number) continue;
        const bool is_better = !found || entry.name == base_name(path(last_));
        if (is_better) found = Value{.moment = i, .shown = Shown::kListedNumber, .name = entry.name};
      }
      return found && found->name == base_name(path(last_));
    });
    if (found) *found = evidence_.value(found->moment, Shown::kListedNumber, found->name);
    return found;
  }

  void tell_listed_before() {
    const auto before = number_after(evidence_.finding().what, "d_ino was ");
    auto entry = before ? listed(*before, Within::kMount) : std::nullopt;
    if (!entry) return evidence_.give_up("the earlier d_ino was not seen in a listing");
    evidence_.claim(number(last_), Relation::kDiffers, std::move(*entry));
  }

  void tell_listed_now() {
    const model::World& world = evidence_.judge().world();
    const model::Inode& directory = world[object(last_)];
    for (const DirectoryEntry& entry : *entries(last_)) {
      const model::Entry* found = directory.find(entry.name);
      ObjectId listed = found == nullptr ? model::kNoObject : found->object;
      if (entry.name == ".") listed = object(last_);
      if (entry.name == "..") listed = directory.parent;
      const auto stat = earlier_stat(Within::kMount, [&](std::size_t i) { return object(i) == listed; });
      if (listed == model::kNoObject || !stat || attributes(*stat)->number == entry.number) continue;
      const std::string sentence = "d_ino of " + model::quoted(entry.name) + " is";
      if (evidence_.finding().what.rfind(sentence, 0) != 0) continue;
      return evidence_.claim(evidence_.value(last_, Shown::kListedNumber, entry.name), Relation::kDiffers,
                             number(*stat));
    }
    evidence_.give_up("the number was not seen by stat");
  }

  // The object had this number before, in this mount or an earlier one.
  void tell_other_number() {
    const InodeNumber before = *number_after(evidence_.finding().what, "it was ");
    const auto has_number = [&](std::size_t i) { return attributes(i)->number == before; };
    auto earlier = earlier_stat(Within::kRun, [&](std::size_t i) { return has_number(i) && path(i) == path(last_); });
    if (!earlier) earlier = earlier_stat(Within::kRun, has_number);
    if (earlier) return evidence_.claim(number(last_), Relation::kDiffers, number(*earlier));
    auto entry = listed(before, Within::kRun);
    if (!entry) return evidence_.give_up("the earlier number was not seen");
    evidence_.claim(number(last_), Relation::kDiffers, std::move(*entry));
  }

  EvidenceBuilder& evidence_;
  std::size_t last_;
};

}  // namespace

void tell_identity(EvidenceBuilder& evidence) { Identity(evidence).tell(); }

void tell_handle(EvidenceBuilder& evidence) {
  const std::size_t last = evidence.last();
  const auto* asked = std::get_if<HandleAsked>(&evidence.moments()[last].what);
  if (asked == nullptr) return evidence.claim(evidence.value(last, Shown::kError), Relation::kDiffers, "success");
  const std::string handle = asked->handle;
  const auto taken = evidence.latest(last, Within::kRun, [&](std::size_t i) {
    const auto* moment = std::get_if<HandleTaken>(&evidence.moments()[i].what);
    return moment != nullptr && moment->handle.ok() && *moment->handle == handle;
  });
  if (!taken) return evidence.give_up("where the handle was taken is not known");
  (void)evidence.value(*taken, Shown::kError);
  const auto& opened = asked->opened;
  const bool is_gone = evidence.finding().what.find("that is gone") != std::string::npos;
  if (!opened.ok() || is_gone)
    return evidence.claim(evidence.value(last, Shown::kError), Relation::kNoneOf, is_gone ? "ESTALE" : "success");
  const auto number = number_after(evidence.finding().what, " has ");
  const auto stat = evidence.latest(last, Within::kRun, [&](std::size_t i) {
    const Asked* of = evidence.asked(i);
    const auto* attributes = of == nullptr ? nullptr : std::get_if<Attributes>(&of->outcome.payload);
    return attributes != nullptr && number == attributes->number;
  });
  if (!stat) return evidence.give_up("what the handle should open was not seen by stat");
  evidence.claim(evidence.value(last, Shown::kNumber), Relation::kDiffers, evidence.value(*stat, Shown::kNumber));
}

}  // namespace ovlspec::oracle
