#include "oracle/state_digest.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <string_view>
#include <utility>
#include <vector>

#include "oracle/mixing.h"
#include "oracle/small_worlds.h"

namespace ovlspec::oracle {
namespace {

class Digesting {
 public:
  Digesting(const model::Layers& layers, const std::array<unsigned, kNamesAtMost>& order)
      : layers_(layers), order_(order) {}

  std::uint64_t digest() {
    if (layers_.upper) add_layer(*layers_.upper);
    add(layers_.upper.has_value());
    for (const model::Layer& lower : layers_.lowers) add_layer(lower);
    return mixing_.value();
  }

 private:
  void add(std::uint64_t word) { mixing_.add(word); }
  void add(std::string_view bytes) { mixing_.add(bytes); }

  char renamed(char letter) const {
    const auto index = static_cast<unsigned>(letter - 'a');
    return index < order_.size() ? static_cast<char>('a' + order_[index]) : letter;
  }
  std::string renamed(std::string_view text) const {
    std::string result(text);
    for (char& letter : result) letter = renamed(letter);
    return result;
  }

  // Backings are numbered as they are met.
  void add_backing(const model::Backing& backing) {
    const auto found = std::find(backings_.begin(), backings_.end(), backing);
    add(static_cast<std::uint64_t>(found - backings_.begin()));
    if (found == backings_.end()) backings_.push_back(backing);
  }

  void add_layer(const model::Layer& layer) {
    add(layer.tree.inodes.size());
    add_object(layer, model::kRoot);
    // Index entries have no name.
    for (model::ObjectId id = 1; id < layer.tree.inodes.size(); ++id)
      if (layer.tree[id].links == 0 && layer.mark(id).origin) add_object(layer, id);
  }

  void add_object(const model::Layer& layer, model::ObjectId id) {
    const model::Inode& inode = layer.tree[id];
    const model::Marks& marks = layer.mark(id);
    add(static_cast<std::uint64_t>(inode.type) | std::uint64_t{marks.whiteout} << 8U |
        std::uint64_t{marks.opaque} << 9U | std::uint64_t{marks.redirect.has_value()} << 10U |
        std::uint64_t{marks.origin.has_value()} << 11U | std::uint64_t{marks.metacopy} << 12U |
        std::uint64_t{inode.mode} << 16U | std::uint64_t{inode.links} << 32U);
    add(std::uint64_t{inode.uid} | std::uint64_t{inode.gid} << 32U);
    add(std::uint64_t{inode.device.major} | std::uint64_t{inode.device.minor} << 32U);
    if (marks.redirect) add(renamed(*marks.redirect));
    add_backing(marks.backing);
    if (marks.origin) {
      add(marks.origin->linked);
      add_backing(marks.origin->backing);
    }
    if (marks.whiteout) return;
    const std::string content = inode.content.read(0, inode.content.size());
    add(content);
    for (const model::Xattr& xattr : inode.xattrs) {
      add(xattr.name);
      add(xattr.value);
    }
    add_entries(layer, inode);
  }

  void add_entries(const model::Layer& layer, const model::Inode& inode) {
    std::vector<std::pair<std::string, model::ObjectId>> entries;
    entries.reserve(inode.entries.size());
    for (const model::Entry& entry : inode.entries) entries.emplace_back(renamed(entry.name), entry.object);
    std::sort(entries.begin(), entries.end());
    add(entries.size());
    for (const auto& [name, object] : entries) {
      add(name);
      add_object(layer, object);
    }
  }

  const model::Layers& layers_;
  const std::array<unsigned, kNamesAtMost>& order_;
  std::vector<model::Backing> backings_;
  Mixing mixing_;
};

}  // namespace

std::uint64_t state_digest(const model::Layers& layers, unsigned names) {
  std::array<unsigned, kNamesAtMost> order{};
  std::iota(order.begin(), order.end(), 0U);
  std::uint64_t smallest = ~std::uint64_t{0};
  do smallest = std::min(smallest, Digesting(layers, order).digest());
  while (std::next_permutation(order.begin(), order.begin() + names));
  return smallest;
}

}  // namespace ovlspec::oracle
