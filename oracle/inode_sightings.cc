#include "oracle/inode_sightings.h"

#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/stat.h>

#include <cinttypes>
#include <cstdio>
#include <fstream>

#include "oracle/descriptor.h"
#include "oracle/directory_reader.h"
#include "oracle/overlay_mount.h"

namespace ovlspec::oracle {
namespace {

Attempt<Done> success() { return {.value = Done{}, .failure = {}}; }
Attempt<Done> refused(const std::string& what) { return {.value = std::nullopt, .failure = system_failure(what)}; }

// i_ino from the watch's line, "inotify wd:1 ino:2a sdev:19 ..."; all numbers are hexadecimal.
std::optional<InodeNumber> watched_number(int watcher, int watch) {
  std::ifstream file("/proc/thread-self/fdinfo/" + std::to_string(watcher));
  for (std::string line; std::getline(file, line);) {
    unsigned number_of_watch = 0;
    InodeNumber number = 0;
    if (std::sscanf(line.c_str(), "inotify wd:%x ino:%" SCNx64, &number_of_watch, &number) != 2) continue;
    if (number_of_watch == static_cast<unsigned>(watch)) return number;
  }
  return std::nullopt;
}

class Walk {
 public:
  explicit Walk(std::string mount_point) : mount_point_(std::move(mount_point)) {}

  Attempt<Done> begin() {
    struct stat status;
    if (::stat(mount_point_.c_str(), &status) != 0) return refused("cannot look at " + mount_point_);
    root_at_ = status.st_dev;
    watcher_.reset(::inotify_init1(IN_CLOEXEC));
    if (!watcher_.open()) return refused("cannot make an inotify instance");
    return list("");
  }
  std::vector<InodeSighting> take() { return std::move(sightings_); }

 private:
  Attempt<Done> list(const std::string& path) {
    const Descriptor directory(::open((mount_point_ + "/" + path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!directory.open()) return refused("cannot open " + path);
    DirectoryReader reader(DirectoryReader::Chunk::kLarge);
    std::vector<DirectoryEntry> entries;
    if (const Status read = reader.read(directory.get(), 0, entries); !read.ok())
      return {.value = std::nullopt, .failure = {read.error(), "cannot list " + path}};
    for (const DirectoryEntry& entry : entries) {
      if (entry.name == "." || entry.name == "..") continue;
      if (auto seen = see(path.empty() ? entry.name : path + "/" + entry.name, entry.number); !seen.ok()) return seen;
    }
    return success();
  }

  // The object stays open while it is asked, so that all answers are of one inode in memory.
  Attempt<Done> see(const std::string& path, InodeNumber listed) {
    const Descriptor object(::open((mount_point_ + "/" + path).c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
    if (!object.open()) return refused("cannot open " + path);
    struct stat status;
    if (::fstat(object.get(), &status) != 0) return refused("cannot look at " + path);
    const auto held = held_number(object.get());
    if (!held.ok()) return {.value = std::nullopt, .failure = held.failure};
    sightings_.push_back(InodeSighting{.path = path,
                                       .directory = S_ISDIR(status.st_mode),
                                       .shown = status.st_ino,
                                       .listed = listed,
                                       .held = *held.value,
                                       .file_system = status.st_dev,
                                       .mount_root_at = root_at_});
    return S_ISDIR(status.st_mode) ? list(path) : success();
  }

  Attempt<InodeNumber> held_number(int object) const {
    // The name below /proc leads to the object itself, also where that is a symlink.
    const std::string name = "/proc/thread-self/fd/" + std::to_string(object);
    const int watch = ::inotify_add_watch(watcher_.get(), name.c_str(), IN_DELETE_SELF);
    if (watch < 0) return {.value = std::nullopt, .failure = system_failure("cannot watch an object")};
    if (const auto number = watched_number(watcher_.get(), watch)) return {.value = *number, .failure = {}};
    return {.value = std::nullopt,
            .failure = {Errno::kEIO, "the kernel does not tell what an inotify instance watches"}};
  }

  std::string mount_point_;
  std::uint64_t root_at_ = 0;
  Descriptor watcher_;  // one for all objects, as closing one takes the kernel tens of milliseconds
  std::vector<InodeSighting> sightings_;
};

}  // namespace

Attempt<std::vector<InodeSighting>> inode_sightings(const std::string& mount_point) {
  Walk walk(mount_point);
  if (const auto walked = walk.begin(); !walked.ok()) return {.value = std::nullopt, .failure = walked.failure};
  return {.value = walk.take(), .failure = {}};
}

}  // namespace ovlspec::oracle
