// Finding what the layers have under a name: the walk that visibility_kernel.h decides, redirects followed.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "impl/engine/layers.h"
#include "impl/engine/node.h"
#include "impl/engine/visibility_kernel.h"
#include "model/vocabulary/result.h"

namespace ovlspec::impl {

// The instances that make up one name of a directory, one after the other, topmost first. Reads only as far as asked.
//
// REQUIRES: directory and root are directories and outlive the search; the namespace lock is held.
class Search {
 public:
  enum class From { kUpper, kLowers };  // kLowers: as if the upper layer had nothing under the name

  Search(const Layers& layers, const Node& root, const Node& directory, std::string_view name, From from);

  // The next instance, or nothing where there is no other. The first one is what shows; of what is no directory and
  // lies in the upper layer, on the file system of its root, it has the attributes alone, and no inode.
  Result<std::optional<FoundInstance>> next();

  // Of a file that next() found, or this: what lies below it under its name, or where its redirect leads. Nothing where
  // nothing does, or something hides it.
  Result<std::optional<FoundInstance>> next_below(const FoundInstance& file);

  // After next_below() found nothing: what the data-only layers have where the redirect leads.
  Result<std::optional<FoundInstance>> next_data_only() const;

  // After the first next(): whether the upper layer has a whiteout under the name.
  bool upper_whiteout() const { return upper_whiteout_; }
  // After the first next(): the upper directory's redirect, or empty.
  const std::string& upper_redirect() const { return upper_redirect_; }

 private:
  using State = visibility::LayerState;
  struct Seen {
    State state = State::kAbsent;
    std::optional<FoundInode> found;
    std::string redirect;
  };
  enum class Element { kLast, kBefore };

  Result<std::optional<FoundInstance>> examine(const Instance& base);
  Result<Seen> probe_upper(const Instance& base) const;
  Result<Seen> probe(const Instance& base, std::string_view component, Element element) const;
  Result<Seen> probe_directory(const Instance& base, FoundInode found) const;
  Result<Seen> walk(const Instance& base);
  Result<bool> is_attribute_whiteout(const Instance& base, const FoundInode& found) const;
  Result<bool> may_hold_marked(const Instance& base) const;
  void restart_below(const Layer& layer);
  bool is_lowest(const Layer& layer) const { return layer.depth == layers_.lowest(); }

  const Layers& layers_;
  const Node& root_;
  const Node& directory_;
  std::string_view name_;               // while path_ is empty
  std::string path_;                    // a single component, or absolute from the root of the layers below
  const std::vector<Instance>* bases_;  // the directories of the lowers to look in
  std::size_t next_base_ = 0;
  bool at_upper_;
  bool upper_whiteout_ = false;
  std::string upper_redirect_;
  visibility::Progress<WordDomain> progress_;
};

}  // namespace ovlspec::impl
