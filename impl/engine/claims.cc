#include "impl/engine/claims.h"

#include <algorithm>
#include <unordered_set>

#include "impl/engine/digest.h"
#include "impl/engine/words.h"
#include "model/vocabulary/names.h"

namespace ovlspec::impl {
namespace {

constexpr std::size_t kEntryBytes = 2 * kWordBytes;
constexpr std::uint64_t kTakenBack = std::uint64_t{1} << 63;
constexpr std::uint64_t kProofSeed = 0x636c61696d73ULL;

std::uint64_t proof(std::uint64_t word) { return mix(word ^ mix(kProofSeed)); }

NewInode log_file() {
  return NewInode{.type = FileType::kRegular, .mode = 0600, .uid = 0, .gid = 0, .device = {}, .symlink_target = {}};
}

std::string entry_of(std::uint64_t word) {
  std::string entry;
  append_word(entry, word);
  append_word(entry, proof(word));
  return entry;
}

// Reads a log piece by piece, its holes not at all.
class Reader {
 public:
  Reader(LayerStore& store, const FoundInode& log) : store_(store), end_(log.attributes.size / kEntryBytes) {}

  Status read(const FoundInode& log) {
    auto file = store_.open(log.inode, Access::kRead);
    if (!file.ok()) return file.error();
    while (at_ < end_) {
      auto data = store_.next_data(*file, at_ * kEntryBytes);
      if (!data.ok()) return data.error();
      const FileSize next = *data ? std::min((*data)->begin / kEntryBytes, end_) : end_;
      if (next > at_) is_whole_ = false;
      at_ = next;
      if (at_ < end_) OVLSPEC_TRY(read_piece(*file));
    }
    return {};
  }

  ClaimLog::Logged logged() const { return {.numbers = {claimed_.begin(), claimed_.end()}, .is_whole = is_whole_}; }

 private:
  static constexpr FileSize kPiece = 4096;  // entries

  Status read_piece(const FileRef& file) {
    std::string bytes(std::min(kPiece, end_ - at_) * kEntryBytes, '\0');
    auto length = store_.read(file, bytes.data(), bytes.size(), at_ * kEntryBytes);
    if (!length.ok()) return length.error();
    if (*length < bytes.size()) end_ = at_ + *length / kEntryBytes;
    for (std::size_t i = 0; i + kEntryBytes <= *length; i += kEntryBytes) take(bytes, i);
    at_ = std::min(at_ + kPiece, end_);
    return {};
  }

  void take(const std::string& bytes, std::size_t i) {
    const std::uint64_t word = word_at(bytes, i);
    if (word_at(bytes, i + kWordBytes) != proof(word)) {
      is_whole_ = false;
    } else if ((word & kTakenBack) != 0) {
      claimed_.erase(word & ~kTakenBack);
    } else {
      claimed_.insert(word);
    }
  }

  LayerStore& store_;
  FileSize at_ = 0;  // entries
  FileSize end_;
  std::unordered_set<InodeNumber> claimed_;
  bool is_whole_ = true;
};

}  // namespace

void ClaimedNumbers::add(InodeNumber number, std::size_t depth) {
  const auto [claim, is_new] = topmost_.try_emplace(number, depth);
  if (!is_new) claim->second = std::min(claim->second, depth);
}

bool ClaimedNumbers::claimed_above(InodeNumber number, std::size_t depth) const {
  const auto claim = topmost_.find(number);
  return claim != topmost_.end() && claim->second < depth;
}

Result<ClaimLog::Logged> ClaimLog::read() {
  auto found = store_.lookup(work_.root(), names::kClaims);
  if (!found.ok() && found.error() == Errno::kENOENT) return Logged{};
  if (!found.ok()) return found.error();
  if (found->attributes.type != FileType::kRegular) return Logged{};
  Reader reader(store_, *found);
  OVLSPEC_TRY(reader.read(*found));
  return reader.logged();
}

Status ClaimLog::open() {
  if (file_) return {};
  auto found = store_.lookup(work_.root(), names::kClaims);
  if (found.ok() && found->attributes.type != FileType::kRegular) {
    const std::string aside = work_.fresh_name();
    OVLSPEC_TRY(store_.rename(work_.root(), names::kClaims, work_.temporary(), aside, StoreRename::kReplace));
    OVLSPEC_TRY(work_.discard(aside));
    found = Errno::kENOENT;
  }
  if (!found.ok() && found.error() == Errno::kENOENT) found = store_.create(work_.root(), names::kClaims, log_file());
  if (!found.ok()) return found.error();
  auto file = store_.open(found->inode, Access::kWrite);
  if (!file.ok()) return file.error();
  file_ = std::move(*file);
  inode_ = std::move(found->inode);
  end_ = found->attributes.size / kEntryBytes * kEntryBytes;
  return {};
}

Status ClaimLog::append_entry(std::uint64_t word) {
  OVLSPEC_TRY(open());
  const std::string entry = entry_of(word);
  StoreChange grow;
  grow.size = end_ + entry.size();
  OVLSPEC_TRY(store_.change(inode_, grow));
  auto written = store_.write(file_, entry, end_);
  if (!written.ok()) return written.error();
  if (*written != entry.size()) return Errno::kENOSPC;
  end_ += entry.size();
  return {};
}

Status ClaimLog::rewrite(const std::vector<InodeNumber>& numbers, Durability durability) {
  auto made = work_.make(log_file());
  if (!made.ok()) return made.error();
  std::string entries;
  for (const InodeNumber number : numbers) entries += entry_of(number);
  const auto fill = [&]() -> Status {
    auto file = store_.open(made->found.inode, Access::kWrite);
    if (!file.ok()) return file.error();
    auto written = store_.write(*file, entries, 0);
    if (!written.ok()) return written.error();
    if (*written != entries.size()) return Errno::kENOSPC;
    if (durability == Durability::kSynced) OVLSPEC_TRY(store_.sync(*file));
    return store_.rename(work_.temporary(), made->name, work_.root(), names::kClaims, StoreRename::kReplace);
  };
  const Status filled = fill();
  if (!filled.ok()) static_cast<void>(work_.discard(made->name));
  if (filled.ok()) file_.reset();
  return filled;
}

Status ClaimLog::take_back(InodeNumber number) { return append_entry(number | kTakenBack); }

}  // namespace ovlspec::impl
