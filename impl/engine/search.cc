#include "impl/engine/search.h"

#include <algorithm>

#include "impl/engine/value_domain.h"
#include "model/vocabulary/names.h"

namespace ovlspec::impl {
namespace {

bool is_component(std::string_view name) {
  return !name.empty() && name != "." && name != ".." && name.find_first_of(std::string_view("/\0", 2)) == name.npos;
}

// Whether a redirect is one that overlays write: a single component, or an absolute path of components.
bool is_valid_redirect(std::string_view redirect) {
  if (redirect.empty() || redirect.size() > names::kRedirectMax) return false;
  if (redirect.front() != '/') return is_component(redirect);
  while (!redirect.empty()) {
    redirect.remove_prefix(1);
    const auto length = std::min(redirect.find('/'), redirect.size());
    if (!is_component(redirect.substr(0, length))) return false;
    redirect.remove_prefix(length);
  }
  return true;
}

}  // namespace

Search::Search(const Layers& layers, const Node& root, const Node& directory, std::string_view name, From from)
    : layers_(layers),
      root_(root),
      directory_(directory),
      name_(name),
      bases_(&directory.lowers),
      at_upper_(from == From::kUpper && directory.upper != nullptr),
      progress_(visibility::start<WordDomain>()) {}

Result<std::optional<FoundInstance>> Search::next() {
  while (!progress_.ended) {
    if (at_upper_) {
      at_upper_ = false;
      auto found = examine({layers_.upper.get(), directory_.upper});
      if (!found.ok() || found->has_value()) return found;
      continue;
    }
    if (next_base_ >= bases_->size()) break;
    auto found = examine((*bases_)[next_base_++]);
    if (!found.ok() || found->has_value()) return found;
  }
  return std::optional<FoundInstance>();
}

Result<std::optional<FoundInstance>> Search::examine(const Instance& base) {
  const bool is_path = !path_.empty() && path_.front() == '/';
  auto seen = base.layer->depth == 0 ? probe_upper(base)
              : is_path              ? walk(base)
                                     : probe(base, path_.empty() ? name_ : std::string_view(path_), Element::kLast);
  if (!seen.ok()) return seen.error();
  const auto step = visibility::look<WordDomain>(progress_, static_cast<std::uint64_t>(seen->state));
  progress_ = step.next;
  if (base.layer->depth == 0) {
    upper_whiteout_ = seen->state == State::kWhiteout;
    upper_redirect_ = seen->redirect;
  }
  if (!is_path && !seen->redirect.empty()) path_ = seen->redirect;
  if (!path_.empty() && path_.front() == '/') restart_below(*base.layer);
  if (!step.merges) return std::optional<FoundInstance>();
  return std::optional<FoundInstance>(layers_.found_at(base, name_, std::move(*seen->found)));
}

Result<std::optional<FoundInstance>> Search::next_below(const FoundInstance& file) {
  auto redirect = layers_.private_xattr(file.instance(), names::kRedirect);
  if (!redirect.ok()) return redirect.error();
  if (*redirect && is_valid_redirect(**redirect)) path_ = std::move(**redirect);
  const bool is_path = !path_.empty() && path_.front() == '/';
  if (is_path) restart_below(*file.layer);
  while (next_base_ < bases_->size()) {
    const Instance& base = (*bases_)[next_base_++];
    auto seen = is_path ? walk(base) : probe(base, path_.empty() ? name_ : std::string_view(path_), Element::kLast);
    if (!seen.ok()) return seen.error();
    if (seen->state == State::kAbsent) continue;
    if (seen->state != State::kNonDirectory) break;
    return std::optional<FoundInstance>(FoundInstance{base.layer, std::move(*seen->found)});
  }
  return std::optional<FoundInstance>();
}

// Nothing hides anything there, and nothing redirects.
Result<std::optional<FoundInstance>> Search::next_data_only() const {
  if (path_.empty() || path_.front() != '/') return std::optional<FoundInstance>();
  for (const auto& layer : layers_.data_layers) {
    std::optional<FoundInode> at;
    for (std::size_t begin = 1, end = 0; begin < path_.size() && end != path_.size(); begin = end + 1) {
      end = std::min(path_.find('/', begin), path_.size());
      auto found = layer->store->lookup(at ? at->inode : layer->root, path_.substr(begin, end - begin));
      if (!found.ok() && found.error() != Errno::kENOENT && found.error() != Errno::kENOTDIR) return found.error();
      at = found.ok() ? std::optional<FoundInode>(std::move(*found)) : std::nullopt;
      if (!at) break;
    }
    if (at && at->attributes.type == FileType::kRegular)
      return std::optional<FoundInstance>(FoundInstance{layer.get(), std::move(*at)});
  }
  return std::optional<FoundInstance>();
}

// An absolute path is looked up in every layer below, whether the directory that we came from is there or not.
void Search::restart_below(const Layer& layer) {
  bases_ = &root_.lowers;
  next_base_ = layer.depth;  // the lower of depth d + 1 is root_.lowers[d]
}

// Most of what is asked for there is held already, so that its inode is not needed; except to know which file system
// it is on, where that is not the layer's own.
Result<Search::Seen> Search::probe_upper(const Instance& base) const {
  auto attributes = base.layer->store->look_at(base.inode, name_);
  if (attributes.error() == Errno::kENOENT || attributes.error() == Errno::kENAMETOOLONG) return Seen{};
  if (!attributes.ok()) return attributes.error();
  const bool is_elsewhere = attributes->file_system != base.layer->backing.device;
  if (attributes->type == FileType::kDirectory || is_elsewhere) return probe(base, name_, Element::kLast);
  if (is_whiteout_device(*attributes)) return Seen{.state = State::kWhiteout, .found = {}, .redirect = {}};
  return Seen{
      .state = State::kNonDirectory, .found = FoundInode{.inode = {}, .attributes = *attributes}, .redirect = {}};
}

Result<Search::Seen> Search::probe(const Instance& base, std::string_view component, Element element) const {
  auto found = base.layer->store->lookup(base.inode, component);
  if (!found.ok()) {
    if (found.error() == Errno::kENOENT || found.error() == Errno::kENAMETOOLONG) return Seen{};
    return found.error();
  }
  if (found->attributes.type == FileType::kDirectory) return probe_directory(base, std::move(*found));
  if (is_whiteout_device(found->attributes)) return Seen{.state = State::kWhiteout, .found = {}, .redirect = {}};
  auto hidden = is_attribute_whiteout(base, *found);
  if (!hidden.ok()) return hidden.error();
  if (*hidden || element == Element::kBefore) return Seen{.state = State::kWhiteout, .found = {}, .redirect = {}};
  return Seen{.state = State::kNonDirectory, .found = std::move(*found), .redirect = {}};
}

Result<Search::Seen> Search::probe_directory(const Instance& base, FoundInode found) const {
  Seen seen{.state = State::kDirectory, .found = std::move(found), .redirect = {}};
  if (is_lowest(*base.layer)) return seen;
  const Instance instance{base.layer, seen.found->inode};
  auto opaque = layers_.private_xattr(instance, names::kOpaque);
  if (!opaque.ok()) return opaque.error();
  if (*opaque && **opaque == "y") {
    seen.state = State::kOpaqueDirectory;
    return seen;
  }
  auto redirect = layers_.private_xattr(instance, names::kRedirect);
  if (!redirect.ok()) return redirect.error();
  if (*redirect && is_valid_redirect(**redirect)) seen.redirect = std::move(**redirect);
  return seen;
}

// The kernel honours the attribute in lower layers alone, and in directories marked "x" alone.
Result<bool> Search::is_attribute_whiteout(const Instance& base, const FoundInode& found) const {
  if (base.layer->depth == 0 || found.attributes.type != FileType::kRegular || found.attributes.size != 0) return false;
  auto marked = may_hold_marked(base);
  if (!marked.ok() || !*marked) return marked;
  auto mark = layers_.private_xattr({base.layer, found.inode}, names::kWhiteout);
  if (!mark.ok()) return mark.error();
  return mark->has_value();
}

// The directories' own marks are asked for once a node: empty files are not rare, and each would have to be opened.
Result<bool> Search::may_hold_marked(const Instance& base) const {
  using Marked = Node::MarkedWhiteouts;
  const auto holds = [this](const Instance& directory) -> Result<bool> {
    auto opaque = layers_.private_xattr(directory, names::kOpaque);
    if (!opaque.ok()) return opaque.error();
    return *opaque && **opaque == "x";
  };
  if (bases_ != &directory_.lowers) return holds(base);
  if (directory_.marked_whiteouts.load(std::memory_order_relaxed) == Marked::kUnknown) {
    bool some = false;
    for (const Instance& lower : directory_.lowers) {
      auto one = holds(lower);
      if (!one.ok()) return one;
      some = some || *one;
    }
    directory_.marked_whiteouts.store(some ? Marked::kSome : Marked::kNone, std::memory_order_relaxed);
  }
  if (directory_.marked_whiteouts.load(std::memory_order_relaxed) == Marked::kNone) return false;
  return holds(base);
}

// Follows the absolute path_ in one layer. A redirect met on the way changes the path for the layers below.
Result<Search::Seen> Search::walk(const Instance& base) {
  Instance at = base;
  bool cut = false;  // a directory on the way hides the layers below
  std::size_t begin = 1;
  for (;;) {
    const std::size_t end = std::min(path_.find('/', begin), path_.size());
    const std::string component = path_.substr(begin, end - begin);
    const bool last = end == path_.size();
    auto seen = probe(at, component, last ? Element::kLast : Element::kBefore);
    if (!seen.ok()) return seen;
    if (!seen->redirect.empty()) {
      if (seen->redirect.front() == '/') cut = false;
      const std::string after = path_.substr(end);
      const bool is_absolute = seen->redirect.front() == '/';
      const std::string before = is_absolute ? std::string() : path_.substr(0, begin);
      path_ = before + seen->redirect + after;
      begin = before.size() + seen->redirect.size() + 1;
    } else {
      begin = end + 1;
    }
    if (seen->state == State::kAbsent) seen->state = cut ? State::kWhiteout : State::kAbsent;
    if (seen->state == State::kDirectory && last && cut) seen->state = State::kOpaqueDirectory;
    if (last || seen->state == State::kAbsent || seen->state == State::kWhiteout) {
      return seen;
    }
    cut = cut || seen->state == State::kOpaqueDirectory;
    at.inode = seen->found->inode;
  }
}

}  // namespace ovlspec::impl
