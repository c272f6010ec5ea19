#include "impl/fuse/layers.h"

#include <fmt/format.h>

#include <map>
#include <vector>

namespace ovlspec::fuse {
namespace {

struct Place {
  std::string what;  // the option and the path, for messages
  Descriptor directory;
  DirectoryIdentity identity;
};

Failure cannot_use(const std::string& what, Errno error) {
  return Failure{.message = fmt::format("{}: {}", what, error_text(error))};
}

Attempt<Place> open_place(std::string_view option, const std::string& path) {
  std::string what = fmt::format("{} {}", option, in_quotes(path));
  Result<Descriptor> directory = open_directory(path);
  if (!directory) return cannot_use(what, directory.error());
  const Result<DirectoryIdentity> identity = directory_identity(*directory);
  if (!identity) return cannot_use(what, identity.error());
  return Place{.what = std::move(what), .directory = *std::move(directory), .identity = *identity};
}

Attempt<std::vector<Place>> open_places(const MountOptions& options) {
  std::vector<Place> places;
  std::vector<std::pair<std::string_view, const std::string*>> asked;
  if (!options.upper.empty()) asked = {{"upperdir", &options.upper}, {"workdir", &options.work}};
  for (const std::string& lower : options.lowers) asked.emplace_back("lowerdir", &lower);
  for (const std::string& data : options.data_layers) asked.emplace_back("data-only layer", &data);
  for (const auto& [option, path] : asked) {
    Attempt<Place> place = open_place(option, *path);
    if (!place) return place.failure();
    places.push_back(*std::move(place));
  }
  return places;
}

using Known = std::map<DirectoryIdentity, const Place*>;

// Walks from `place` to the root of the tree of files.
Check check_ancestors(const Place& place, const Known& known) {
  Result<Descriptor> parent = open_parent(place.directory);
  DirectoryIdentity below = place.identity;
  while (parent) {
    const Result<DirectoryIdentity> identity = directory_identity(*parent);
    if (!identity) return cannot_use(place.what, identity.error());
    if (*identity == below) return Done{};
    if (const auto found = known.find(*identity); found != known.end()) {
      return Failure{.message = fmt::format("{} lies inside {}", place.what, found->second->what)};
    }
    below = *identity;
    parent = open_parent(*parent);
  }
  return cannot_use(place.what, parent.error());
}

Check check_overlap(const std::vector<Place>& places) {
  Known known;
  for (const Place& place : places) {
    const auto [found, fresh] = known.emplace(place.identity, &place);
    if (!fresh) {
      return Failure{.message = fmt::format("{} and {} are the same directory", found->second->what, place.what)};
    }
  }
  for (const Place& place : places) {
    if (Check check = check_ancestors(place, known); !check) return check;
  }
  return Done{};
}

// The map of identities changes while layers do not; beside the work directory's own files it may lie.
Check check_state(const MountOptions& options, const std::vector<Place>& places) {
  if (options.state.empty()) return Done{};
  const Attempt<Place> state = open_place("statedir", options.state);
  if (!state) return state.failure();
  Known known;
  for (const Place& place : places) known.emplace(place.identity, &place);
  const auto same = known.find(state->identity);
  if (same == known.end()) return check_ancestors(*state, known);
  if (!options.work.empty() && same->second == &places[1]) return Done{};
  return Failure{.message = fmt::format("{} and {} are the same directory", state->what, same->second->what)};
}

Check check_writable(const Place& upper, const Place& work) {
  if (upper.identity.device != work.identity.device) {
    return Failure{.message = fmt::format("{} is on another file system than {}", work.what, upper.what)};
  }
  const Result<bool> read_only = on_read_only_file_system(upper.directory);
  if (!read_only) return cannot_use(upper.what, read_only.error());
  if (*read_only) return Failure{.message = upper.what + " is on a read-only file system"};
  return Done{};
}

Attempt<Descriptor> lock(const Place& place) {
  Result<Descriptor> held = lock_directory(place.directory);
  if (held) return *std::move(held);
  if (held.error() != Errno::kEAGAIN) return cannot_use(place.what, held.error());
  return Failure{.message = place.what + " is in use by another mount"};
}

}  // namespace

Attempt<CheckedLayers> check_layers(const MountOptions& options) {
  Attempt<std::vector<Place>> places = open_places(options);
  if (!places) return places.failure();
  if (Check check = check_overlap(*places); !check) return check.failure();
  if (Check check = check_state(options, *places); !check) return check.failure();

  CheckedLayers layers;
  for (const Place& place : *places) {
    if (on_stacked_file_system(place.directory)) layers.stack_depth = 2;
  }
  if (!options.upper.empty()) {
    const Place& upper = (*places)[0];
    const Place& work = (*places)[1];
    if (Check check = check_writable(upper, work); !check) return check.failure();
    Attempt<Descriptor> upper_lock = lock(upper);
    if (!upper_lock) return upper_lock.failure();
    Attempt<Descriptor> work_lock = lock(work);
    if (!work_lock) return work_lock.failure();
    layers.upper_lock = *std::move(upper_lock);
    layers.work_lock = *std::move(work_lock);
  }
  layers.top = std::move(places->front().directory);
  return layers;
}

}  // namespace ovlspec::fuse
