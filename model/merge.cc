#include "model/merge.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <unordered_map>

#include "model/vocabulary/names.h"

namespace ovlspec::model {
namespace {

using Instances = std::vector<Instance>;

// What one look-up of a name looks for, layer by layer: a sibling's name, or a path from the layers' roots once a
// redirect named one.
struct Wanted {
  std::vector<std::string> components;
  bool absolute = false;
  bool directory = false;  // a directory was found in a layer above
  bool metacopy = false;   // ... or a file whose data are below
  bool stop = false;       // nothing below takes part
};

std::vector<std::string> components_of(std::string_view path) {
  std::vector<std::string> components;
  while (!path.empty()) {
    const auto slash = path.find('/');
    if (slash != 0) components.emplace_back(path.substr(0, slash));
    path = slash == std::string_view::npos ? std::string_view{} : path.substr(slash + 1);
  }
  return components;
}

// A redirect with an empty component, `.` or `..`, or a zero byte, a relative one of several components, or one longer
// than any that is written, is damaged and means nothing.
bool is_redirect(std::string_view redirect) {
  if (redirect.size() > names::kRedirectMax || redirect.find('\0') != std::string_view::npos) return false;
  const bool absolute = !redirect.empty() && redirect.front() == '/';
  if (absolute) redirect.remove_prefix(1);
  if (!absolute && redirect.find('/') != std::string_view::npos) return false;
  for (;;) {
    const auto slash = redirect.find('/');
    const auto name = redirect.substr(0, slash);
    if (name.empty() || name == "." || name == "..") return false;
    if (slash == std::string_view::npos) return true;
    redirect.remove_prefix(slash + 1);
  }
}

// Rewrites the path below a directory with a redirect, for the layers below. Component `at` is the directory's.
//
// overlayfs.rst, redirect_dir: an absolute redirect is a path from the overlay's root, another is a sibling's name.
void follow_redirect(Wanted& wanted, std::size_t at, const std::string& redirect) {
  if (!is_redirect(redirect)) return;
  if (redirect.front() != '/') {
    wanted.components[at] = redirect;
    return;
  }
  std::vector<std::string> path = components_of(redirect);
  path.insert(path.end(), wanted.components.begin() + static_cast<std::ptrdiff_t>(at) + 1, wanted.components.end());
  wanted.components = std::move(path);
  wanted.absolute = true;
  // As the kernel does: an absolute redirect continues below, whatever opaque directory stands above it on its path.
  wanted.stop = false;
}

// Looks in one layer, from the directory `base` on. Rewrites `wanted` for the layers below.
ObjectId find_in_layer(const Layer& layer, ObjectId base, Wanted& wanted) {
  const std::size_t count = wanted.components.size();
  for (std::size_t from_end = count; from_end > 0; --from_end) {
    const std::size_t at = wanted.components.size() - from_end;
    const Entry* entry = layer.tree[base].find(wanted.components[at]);
    if (entry == nullptr) return kNoObject;
    const Marks& marks = layer.mark(entry->object);
    const bool last = from_end == 1;
    if (marks.whiteout) {
      wanted.stop = true;
      return kNoObject;
    }
    if (!layer.tree[entry->object].is(FileType::kDirectory)) {
      // overlayfs.rst, Upper and Lower: a non-directory ends the merge, and is itself seen only where no directory lies
      // above.
      const bool seen = last && !wanted.directory;
      // overlayfs.rst, Metadata only copy up: the data lie in a layer below, where a redirect says under which name.
      wanted.metacopy = seen && marks.metacopy;
      if (!wanted.metacopy) wanted.stop = true;
      if (wanted.metacopy && marks.redirect) follow_redirect(wanted, at, *marks.redirect);
      return seen ? entry->object : kNoObject;
    }
    if (last && wanted.metacopy) {
      wanted.stop = true;
      return kNoObject;
    }
    if (last) wanted.directory = true;
    base = entry->object;
    if (marks.opaque) {
      wanted.stop = true;
    } else if (marks.redirect) {
      follow_redirect(wanted, at, *marks.redirect);
    }
  }
  return base;
}

class Merger {
 public:
  explicit Merger(const Layers& layers) : layers_(layers) {
    for (std::uint16_t i = 0; i < layer_count(layers); ++i) roots_.push_back(Instance{i, kRoot});
    index_origins();
  }

  Merged run() {
    merged_.tree.inodes.push_back(visible(roots_.front()));
    merged_.tree[kRoot].parent = kRoot;
    merged_.tree[kRoot].links = 1;
    merged_.sources.push_back(source(roots_));
    for (const Instance& root : roots_) shown_.emplace(root.layer, root.object);
    directory(kRoot);
    free_hidden_links();
    return std::move(merged_);
  }

  Instances find(const Instances& parents, const std::string& name) const {
    Instances found;
    Wanted wanted{.components = {name}};
    const Instances* stack = &parents;
    bool absolute = false;
    for (std::size_t i = 0; i < stack->size() && !wanted.stop; ++i) {
      const Instance base = (*stack)[i];
      const ObjectId object = find_in_layer(layer_at(layers_, base.layer), base.object, wanted);
      if (object != kNoObject) found.push_back(Instance{base.layer, object});
      if (wanted.absolute && !absolute) {
        absolute = true;
        stack = &roots_;
        i = base.layer;  // roots_[n] is layer n: go on with the one below
      }
    }
    return found;
  }

  // The instances of the upper's directory at `path`, found from the root down; empty where it is not visible.
  Instances stack_of(std::string_view path) const {
    Instances stack = roots_;
    for (const std::string& name : components_of(path)) stack = find(stack, name);
    return stack;
  }

 private:
  // Records of hard links that survived copy up.
  void index_origins() {
    if (!layers_.upper) return;
    const Layer& upper = *layers_.upper;
    for (ObjectId id = 0; id < upper.tree.inodes.size(); ++id) {
      const auto& origin = upper.mark(id).origin;
      if (!upper.tree[id].is(FileType::kDirectory) && origin && origin->linked && origin->backing != Backing{})
        copied_up_.emplace(origin->backing, id);
    }
  }

  // Alias rule: every visible lower name of a copied-up object that had several links shows the upper object.
  Instance aliased(Instance instance) const {
    if (layers_.upper && instance.layer == 0) return instance;
    const auto it = copied_up_.find(layer_at(layers_, instance.layer).mark(instance.object).backing);
    return it == copied_up_.end() ? instance : Instance{0, it->second};
  }

  // OVL-STAT-7: an inode that has other names in its layer than those that show.
  void free_hidden_links() {
    for (ObjectId id = 0; id < merged_.tree.inodes.size(); ++id) {
      const Instance top = merged_.sources[id].instances.front();
      const Layer& layer = layer_at(layers_, top.layer);
      const bool copied_up = layer.mark(top.object).origin.has_value();
      if (copied_up || layer.tree[top.object].links != merged_.tree[id].links) merged_.tree[id].hidden_links.reset();
    }
  }

  Inode visible(Instance instance) const {
    const Inode& from = layer_at(layers_, instance.layer).tree[instance.object];
    Inode inode = from;
    inode.entries.clear();
    inode.links = 0;
    inode.parent = kNoObject;
    return inode;
  }

  Source source(const Instances& instances) const {
    const Instance top = instances.front();
    return Source{.instances = instances,
                  .backing = layer_at(layers_, top.layer).mark(top.object).backing,
                  .from_upper = layers_.upper.has_value() && top.layer == 0};
  }

  ObjectId add(const Instances& instances) {
    for (const Instance& instance : instances)
      if (layer_at(layers_, instance.layer).tree[instance.object].is(FileType::kDirectory))
        merged_.shown_twice |= !shown_.emplace(instance.layer, instance.object).second;
    merged_.sources.push_back(source(instances));
    return merged_.tree.add(visible(instances.front()));
  }

  // One object for all names of one non-directory: of one inode of a layer, or of one backing in several layers. The
  // last of `found` has its data.
  ObjectId non_directory(const Instances& found) {
    const Instance instance = aliased(found.front());
    const auto key = std::pair{instance.layer, instance.object};
    if (const auto it = objects_.find(key); it != objects_.end()) return it->second;
    const Backing backing = layer_at(layers_, instance.layer).mark(instance.object).backing;
    if (backing != Backing{})
      if (const auto it = by_backing_.find(backing); it != by_backing_.end()) return it->second;
    const ObjectId id = add({instance});
    const Instance data = found.back();
    if (layer_at(layers_, instance.layer).mark(instance.object).metacopy)
      merged_.tree[id].content = layer_at(layers_, data.layer).tree[data.object].content;
    objects_.emplace(key, id);
    if (backing != Backing{}) by_backing_.emplace(backing, id);
    return id;
  }

  std::vector<std::string> names(const Instances& stack) const {
    std::vector<std::string> all;
    for (const Instance& instance : stack)
      for (const Entry& entry : layer_at(layers_, instance.layer).tree[instance.object].entries)
        all.push_back(entry.name);
    std::sort(all.begin(), all.end());
    all.erase(std::unique(all.begin(), all.end()), all.end());
    return all;
  }

  void directory(ObjectId id) {
    const Instances stack = merged_.sources[id].instances;
    for (const std::string& name : names(stack)) {
      const Instances found = find(stack, name);
      if (found.empty()) continue;
      const Instance top = found.front();
      const bool is_directory = layer_at(layers_, top.layer).tree[top.object].is(FileType::kDirectory);
      const ObjectId child = is_directory ? add(found) : non_directory(found);
      merged_.tree.attach(id, name, child);
      if (is_directory) directory(child);
    }
  }

  const Layers& layers_;
  Instances roots_;
  Merged merged_;
  std::map<Backing, ObjectId> copied_up_;                           // origin -> upper object
  std::map<std::pair<std::uint16_t, ObjectId>, ObjectId> objects_;  // instance -> merged object
  std::map<Backing, ObjectId> by_backing_;
  std::set<std::pair<std::uint16_t, ObjectId>> shown_;  // directories that are part of a merged one
};

}  // namespace

const Layer& layer_at(const Layers& layers, std::uint16_t layer) {
  if (!layers.upper) return layers.lowers[layer];
  return layer == 0 ? *layers.upper : layers.lowers[layer - 1U];
}

std::uint16_t layer_count(const Layers& layers) {
  return static_cast<std::uint16_t>(layers.lowers.size() + (layers.upper ? 1 : 0));
}

Merged merge(const Layers& layers) { return Merger(layers).run(); }

bool shows_below(const Layers& layers, std::string_view directory, std::string_view name) {
  const Merger merger(layers);
  Instances stack = merger.stack_of(directory);
  if (!stack.empty() && stack.front().layer == 0) stack.erase(stack.begin());
  return !stack.empty() && !merger.find(stack, std::string(name)).empty();
}

}  // namespace ovlspec::model
