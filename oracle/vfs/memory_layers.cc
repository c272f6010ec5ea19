#include "oracle/vfs/memory_layers.h"

#include <algorithm>
#include <utility>

#include "oracle/disk_mutate.h"
#include "oracle/materialise.h"
#include "oracle/mixing.h"
#include "oracle/posix_handle.h"

namespace ovlspec::oracle {
namespace {

Failure failure(Errno error, std::string what) {
  return Failure{.error = error, .what = std::move(what) + ": " + std::string(errno_name(error))};
}

impl::NewInode empty_directory() {
  impl::NewInode inode;
  inode.type = FileType::kDirectory;
  inode.mode = 0755;
  return inode;
}

void add_inode(const impl::MemoryInode& inode, Mixing& mixing) {
  const Attributes& attributes = inode.attributes;
  for (const std::uint64_t word :
       {static_cast<std::uint64_t>(attributes.type), std::uint64_t{attributes.mode}, std::uint64_t{attributes.uid},
        std::uint64_t{attributes.gid}, std::uint64_t{attributes.links}, std::uint64_t{attributes.number},
        std::uint64_t{inode.generation}, std::uint64_t{inode.flags}, std::uint64_t{attributes.device.major},
        std::uint64_t{attributes.device.minor}})
    mixing.add(word);
  mixing.add(inode.symlink_target);
  mixing.add(inode.content.blocks());
  mixing.add(inode.content.all());
  mixing.add(inode.xattrs.size());
  for (const impl::MemoryXattr& xattr : inode.xattrs) {
    mixing.add(xattr.name);
    mixing.add(xattr.value);
  }
  mixing.add(inode.entries.size());
  for (const impl::MemoryEntry& entry : inode.entries) {
    mixing.add(entry.name);
    add_inode(*entry.inode, mixing);
  }
}

}  // namespace

Attempt<Done> MemoryLayers::materialise_images() {
  for (const LayerImage& image : trace_.lowers) {
    auto made = materialise_image(image);
    if (!made.ok()) return {.value = std::nullopt, .failure = std::move(made.failure)};
    lowers_.push_back(std::move(*made.value));
  }
  if (!trace_.upper) return {.value = Done{}, .failure = {}};
  auto upper = materialise_image(*trace_.upper);
  if (!upper.ok()) return {.value = std::nullopt, .failure = std::move(upper.failure)};
  upper_ = std::move(*upper.value);
  auto work = new_layer(upper_->place);
  if (!work) return {.value = std::nullopt, .failure = failure(work.error(), "cannot make the work directory")};
  work_ = std::move(*work);
  return {.value = Done{}, .failure = {}};
}

std::uint64_t MemoryLayers::writes() const {
  std::uint64_t writes = 0;
  for (const auto& counted : counted_) writes += counted != nullptr ? counted->counted_calls() : 0;
  return writes;
}

Result<impl::Stack> MemoryLayers::stack() {
  for (auto& counted : counted_) counted.reset();
  impl::Stack stack;
  for (const Layer& lower : lowers_) {
    auto found = root(lower);
    if (!found) return found.error();
    stack.lowers.push_back(std::move(*found));
  }
  if (!upper_) return stack;
  auto upper = root(*upper_);
  auto work = root(*work_);
  if (!upper || !work) return !upper ? upper.error() : work.error();
  stack.upper = std::move(*upper);
  stack.work = std::move(*work);
  return stack;
}

Attempt<Scanned> MemoryLayers::scan() {
  std::vector<MemoryAccess> accesses;
  accesses.reserve(lowers_.size() + 2);
  const auto add = [&](const Layer& layer) {
    auto found = access(layer);
    if (found) accesses.push_back(std::move(*found));
    return found.error();
  };
  Errno error = Errno::kOk;
  for (const Layer& lower : lowers_)
    if (error == Errno::kOk) error = add(lower);
  if (upper_ && error == Errno::kOk) error = add(*upper_);
  if (work_ && error == Errno::kOk) error = add(*work_);
  if (error != Errno::kOk) return {.value = std::nullopt, .failure = failure(error, "cannot find a layer")};

  StackAccess stack;
  for (std::size_t i = 0; i < lowers_.size(); ++i) stack.lowers.push_back(&accesses[i]);
  if (upper_) stack.upper = &accesses[lowers_.size()];
  if (work_) stack.work = &accesses[lowers_.size() + 1];
  return scan_stack(stack, format_);
}

struct MemoryLayers::Changer {
  MemoryLayers& layers;

  Status operator()(const model::CopyLayer& m) const {
    if (m.layer.upper) return layers.upper_ ? layers.copy_layer(*layers.upper_, m.xattrs) : Status();
    if (m.layer.lower >= layers.lowers_.size()) return {};
    return layers.copy_layer(layers.lowers_[m.layer.lower], m.xattrs);
  }

  Status operator()(const model::AddLower& m) const {
    auto added = layers.materialise_image(LayerImage{.layer = m.layer, .place = m.place});
    if (!added.ok()) return added.failure.error;
    const auto position = std::min<std::size_t>(m.position, layers.lowers_.size());
    layers.lowers_.insert(layers.lowers_.begin() + static_cast<std::ptrdiff_t>(position), std::move(*added.value));
    return {};
  }

  Status operator()(const model::RemoveLower& m) const {
    if (layers.lowers_.size() < 2 || m.position >= layers.lowers_.size()) return {};
    const auto it = layers.lowers_.begin() + m.position;
    OVLSPEC_TRY(layers.remove(*it));
    layers.lowers_.erase(it);
    return {};
  }

  Status operator()(const model::SwapLowers& m) const {
    if (m.first < layers.lowers_.size() && m.second < layers.lowers_.size())
      std::swap(layers.lowers_[m.first], layers.lowers_[m.second]);
    return {};
  }

  Status operator()(const model::UpperBecomesLower&) const { return layers.retire_upper(); }
  Status operator()(const model::WipeWork&) const { return layers.wipe_work(); }

  template <typename WithinLayer>
  Status operator()(const WithinLayer& m) const {
    const Layer* layer = layers.find(m.layer);
    if (layer == nullptr) return {};
    auto access = layers.access(*layer);
    if (!access) return access.error();
    return mutate_layer(*access, model::Mutation(m), layers.format_);
  }
};

Attempt<Done> MemoryLayers::mutate(const model::Mutation& mutation) {
  const Status status = std::visit(Changer{*this}, mutation);
  if (status.ok()) return {.value = Done{}, .failure = {}};
  return {.value = std::nullopt, .failure = failure(status.error(), "cannot change the layers")};
}

std::unique_ptr<MemoryLayers> MemoryLayers::after_crash() const {
  auto copy = std::make_unique<MemoryLayers>(trace_, reuse_, format_);
  copy->clock_ = clock_;
  copy->lowers_ = lowers_;
  copy->upper_ = upper_;
  copy->work_ = work_;
  copy->made_ = made_;
  for (std::size_t i = 0; i < stores_.size(); ++i)
    if (stores_[i] != nullptr) copy->stores_[i] = stores_[i]->clone();
  return copy;
}

std::uint64_t MemoryLayers::digest() const {
  Mixing mixing;
  const auto add_layer = [&](const std::optional<Layer>& layer) {
    mixing.add(layer ? std::uint64_t{layer->place} + 1 : 0);
    if (layer) add_inode(*stores_[layer->place % kPlaces]->root()->find(layer->name), mixing);
  };
  add_layer(upper_);
  add_layer(work_);
  for (const Layer& lower : lowers_) add_layer(lower);
  for (const auto& store : stores_)
    if (store != nullptr)
      for (const InodeNumber number : store->freed_numbers()) mixing.add(number);
  return mixing.value();
}

impl::MemoryStore& MemoryLayers::store(std::uint8_t place) {
  auto& store = stores_[place % kPlaces];
  if (store == nullptr) {
    impl::MemoryStoreOptions options;
    options.uuid = std::string(kUuidSize, static_cast<char>('A' + place));
    options.device = place + 1U;
    options.reuse = reuse_;
    options.clock = clock_;
    store = std::make_unique<impl::MemoryStore>(std::move(options));
  }
  return *store;
}

Result<MemoryLayers::Layer> MemoryLayers::new_layer(std::uint8_t place) {
  Layer layer{.place = place, .name = std::to_string(made_++)};
  const auto made = store(place).create(store(place).root(), layer.name, empty_directory());
  if (!made) return made.error();
  return layer;
}

Result<MemoryAccess> MemoryLayers::access(const Layer& layer) {
  auto directory = store(layer.place).lookup(store(layer.place).root(), layer.name);
  if (!directory) return directory.error();
  return MemoryAccess(store(layer.place), impl::MemoryStore::inode_of(directory->inode));
}

Result<impl::LayerRoot> MemoryLayers::root(const Layer& layer) {
  auto directory = store(layer.place).lookup(store(layer.place).root(), layer.name);
  if (!directory) return directory.error();
  auto& counted = counted_[layer.place % kPlaces];
  if (counted == nullptr) counted = std::make_unique<impl::FaultyStore>(store(layer.place));
  return impl::LayerRoot{.store = counted.get(), .root = std::move(directory->inode)};
}

Attempt<MemoryLayers::Layer> MemoryLayers::materialise_image(const LayerImage& image) {
  auto layer = new_layer(image.place);
  if (!layer) return {.value = std::nullopt, .failure = failure(layer.error(), "cannot make a layer")};
  auto to = access(*layer);
  if (!to) return {.value = std::nullopt, .failure = failure(to.error(), "cannot find a new layer")};
  auto written = materialise(image.layer, *to, format_);
  if (!written.ok()) return {.value = std::nullopt, .failure = std::move(written.failure)};
  return {.value = std::move(*layer), .failure = {}};
}

const MemoryLayers::Layer* MemoryLayers::find(const model::LayerName& name) const {
  if (name.upper) return upper_ ? &*upper_ : nullptr;
  return name.lower < lowers_.size() ? &lowers_[name.lower] : nullptr;
}

Status MemoryLayers::remove(const Layer& layer) {
  return MemoryAccess(store(layer.place), store(layer.place).root()).remove(layer.name);
}

Status MemoryLayers::copy_layer(Layer& layer, model::CopyXattrs xattrs) {
  auto copy = new_layer(layer.place);
  if (!copy) return copy.error();
  auto from = access(layer);
  auto to = access(*copy);
  if (!from || !to) return !from ? from.error() : to.error();
  OVLSPEC_TRY(copy_tree(*from, *to, xattrs));
  OVLSPEC_TRY(remove(layer));
  layer = std::move(*copy);
  return {};
}

// The new upper's root differs from an empty layer's in its mode only.
Status MemoryLayers::retire_upper() {
  if (!upper_) return {};
  auto old_upper = access(*upper_);
  if (!old_upper) return old_upper.error();
  const auto old_root = old_upper->read("");
  auto upper = new_layer(upper_->place);
  auto work = new_layer(upper_->place);
  if (!old_root || !upper || !work) return Errno::kEIO;
  auto new_upper = access(*upper);
  if (!new_upper) return new_upper.error();
  model::Inode root_inode = model::Tree::empty()[model::kRoot];
  root_inode.mode = old_root->inode.mode;
  OVLSPEC_TRY(new_upper->make("", root_inode));
  OVLSPEC_TRY(remove(*work_));
  lowers_.insert(lowers_.begin(), std::move(*upper_));
  upper_ = std::move(*upper);
  work_ = std::move(*work);
  return {};
}

Status MemoryLayers::wipe_work() {
  if (!work_) return {};
  auto work = access(*work_);
  if (!work) return work.error();
  const auto names = work->list("");
  if (!names) return names.error();
  for (const std::string& name : *names) OVLSPEC_TRY(work->remove(name));
  return {};
}

}  // namespace ovlspec::oracle
