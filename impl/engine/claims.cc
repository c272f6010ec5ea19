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

Result<std::string> contents(LayerStore& store, const FoundInode& log) {
  auto file = store.open(log.inode, Access::kRead);
  if (!file.ok()) return file.error();
  std::string bytes(log.attributes.size, '\0');
  auto length = store.read(*file, bytes.data(), bytes.size(), 0);
  if (!length.ok()) return length.error();
  bytes.resize(*length);
  return bytes;
}

}  // namespace

void ClaimedNumbers::add(InodeNumber number, std::size_t depth) {
  const auto [claim, is_new] = topmost_.try_emplace(number, depth);
  if (!is_new) claim->second = std::min(claim->second, depth);
}

bool ClaimedNumbers::claimed_above(InodeNumber number, std::size_t depth) const {
  const auto claim = topmost_.find(number);
  return claim != topmost_.end() && claim->second < depth;
}

Result<std::vector<InodeNumber>> ClaimLog::read() {
  std::vector<InodeNumber> numbers;
  auto found = store_.lookup(work_.root(), names::kClaims);
  if (!found.ok() && found.error() == Errno::kENOENT) return numbers;
  if (!found.ok()) return found.error();
  if (found->attributes.type != FileType::kRegular) return numbers;
  auto bytes = contents(store_, *found);
  if (!bytes.ok()) return bytes.error();
  std::unordered_set<InodeNumber> claimed;
  for (std::size_t at = 0; at + kEntryBytes <= bytes->size(); at += kEntryBytes) {
    const std::uint64_t word = word_at(*bytes, at);
    if (word_at(*bytes, at + kWordBytes) != proof(word)) continue;
    if ((word & kTakenBack) != 0) {
      claimed.erase(word & ~kTakenBack);
    } else {
      claimed.insert(word);
    }
  }
  numbers.assign(claimed.begin(), claimed.end());
  return numbers;
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
  end_ = found->attributes.size / kEntryBytes * kEntryBytes;
  return {};
}

Status ClaimLog::append_entry(std::uint64_t word) {
  OVLSPEC_TRY(open());
  std::string entry;
  append_word(entry, word);
  append_word(entry, proof(word));
  auto written = store_.write(file_, entry, end_);
  if (!written.ok()) return written.error();
  if (*written != entry.size()) return Errno::kENOSPC;
  end_ += entry.size();
  return {};
}

Status ClaimLog::take_back(InodeNumber number) { return append_entry(number | kTakenBack); }

}  // namespace ovlspec::impl
