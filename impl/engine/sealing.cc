// Which numbers records hold: told from the layers' seals and the log, and kept in both.
#include <algorithm>
#include <array>
#include <iterator>

#include "impl/engine/layer_seal.h"
#include "impl/engine/overlay_engine.h"
#include "model/vocabulary/names.h"

namespace ovlspec::impl {
namespace {

// As long as the seal stays this small it is written with every claim: it lies in the inode itself then.
constexpr std::size_t kShortSeal = 256;
// How many claims it can hold then: at least a byte each beside the header.
constexpr std::size_t kShortSealClaims = kShortSeal - kSealHeaderBytes;
// What an attribute can hold at most, and on a file system that keeps them in one block.
constexpr std::array<std::size_t, 4> kSealLimits = {65536, 3900, 2048, kShortSeal};

}  // namespace

Status OverlayEngine::load_seal(Layer& layer) {
  const Instance root{&layer, layer.root};
  auto bytes = layers_.private_xattr(root, names::kSeal);
  if (!bytes.ok()) return bytes.error();
  const auto seal = *bytes ? decode_seal(**bytes) : std::nullopt;
  if (!seal) return {};
  auto attributes = layer.store->attributes(layer.root);
  if (!attributes.ok()) return attributes.error();
  const bool is_own = seal->lies_on(attributes->number, generation_of({&layer, {layer.root, *attributes}}));
  layer.has_records = layer.has_records || is_own;
  // In a copy of the layer too: what they name is dead or elsewhere, and nothing else is taken for it.
  for (const InodeNumber number : seal->claims) table_.claim(number, layer.depth);
  if (layer.depth != 0) return {};
  parts_->claims = seal->claims;
  parts_->is_sealed = is_own;
  parts_->found_seal = is_own ? WritableParts::Seal::kOwn : WritableParts::Seal::kForeign;
  return {};
}

Status OverlayEngine::load_claims() {
  for (const auto& layer : layers_.lowers) OVLSPEC_TRY(load_seal(*layer));
  if (!parts_) return {};
  Layer& upper = *layers_.upper;
  upper.has_records = true;
  OVLSPEC_TRY(load_seal(upper));
  auto logged = parts_->claim_log.read();
  if (!logged.ok()) return logged.error();
  parts_->lost_claims = !logged->is_whole;
  std::vector<InodeNumber>& claims = parts_->claims;
  std::vector<InodeNumber>& numbers = logged->numbers;
  std::sort(numbers.begin(), numbers.end());
  // The one that lost some gets them back.
  for (const InodeNumber number : claims)
    if (!std::binary_search(numbers.begin(), numbers.end(), number))
      static_cast<void>(parts_->claim_log.append(number));
  std::vector<InodeNumber> both;
  std::set_union(claims.begin(), claims.end(), numbers.begin(), numbers.end(), std::back_inserter(both));
  if (both.size() != claims.size()) parts_->is_sealed = false;
  claims = std::move(both);
  for (const InodeNumber number : claims) table_.claim(number, upper.depth);
  return {};
}

Status OverlayEngine::claim(InodeNumber number) {
  OVLSPEC_TRY(parts_->claim_log.append(number));
  table_.claim(number, layers_.upper->depth);
  parts_->claims.push_back(number);
  return {};
}

// The log has it; the seal follows at the end of the mount, or now where that costs little.
void OverlayEngine::keep_claim() {
  parts_->is_sealed = false;
  if (parts_->claims.size() <= kShortSealClaims) static_cast<void>(write_seal(Amount::kShort));
}

// Best effort: a claim that nobody has keeps its number from being given, and nothing else.
void OverlayEngine::take_claim_back(InodeNumber number) {
  static_cast<void>(parts_->claim_log.take_back(number));
  std::erase(parts_->claims, number);
}

Status OverlayEngine::write_seal(Amount amount) {
  const FoundInode root{layers_.upper->root, {}};
  auto attributes = parts_->store.attributes(root.inode);
  if (!attributes.ok()) return attributes.error();
  LayerSeal seal{
      .root = attributes->number, .generation = generation_of({layers_.upper.get(), root}), .claims = parts_->claims};
  std::sort(seal.claims.begin(), seal.claims.end());
  seal.claims.erase(std::unique(seal.claims.begin(), seal.claims.end()), seal.claims.end());
  const std::string name = layers_.private_name(names::kSeal);
  const auto write = [&](const std::string& bytes) {
    return parts_->store.set_xattr(root.inode, name, bytes, XattrMode::kAny);
  };
  if (amount == Amount::kShort) {
    const std::string bytes = encode_seal(seal, kSealLimits[0]);
    if (bytes.size() > kShortSeal) return {};
    OVLSPEC_TRY(write(bytes));
    parts_->is_sealed = true;
    return {};
  }
  Status written;
  for (const std::size_t limit : kSealLimits) {
    written = write(encode_seal(seal, limit));
    if (written.error() != Errno::kENOSPC && written.error() != Errno::kE2BIG) break;
  }
  parts_->is_sealed = written.ok();
  return written;
}

}  // namespace ovlspec::impl
