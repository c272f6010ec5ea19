// The steps that benchmark.py times: each does one thing over and over, in C++ so that the client costs little, and
// prints the seconds that it took and how many objects it met. What has to be known beforehand is read before the clock
// starts.
//
//   workload walk DIR            every directory read, every name in it looked at (lstat)
//   workload list DIR            the names of one directory
//   workload read DIR            every file below opened, 4 KiB of it read, closed
//   workload open-write DIR      every file below opened for writing, closed: copied up on an overlay
//   workload create DIR COUNT    files f0, f1, ... made in DIR, closed
//   workload unlink DIR COUNT    the same removed
//   workload remove DIR          everything below removed, and the directory
//   workload read-large FILE     read from begin to end, 1 MiB at a time
//   workload write-large FILE    as much written as FILE has, over it, 1 MiB at a time
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr std::size_t kSmall = 4096;
constexpr std::size_t kLarge = std::size_t{1} << 20;

[[noreturn]] void fail(const std::string& what) {
  std::fprintf(stderr, "%s: %s\n", what.c_str(), std::strerror(errno));
  std::exit(1);
}

void check(long result, const std::string& what) {
  if (result < 0) fail(what);
}

int opened(const std::string& path, int flags, mode_t mode = 0) {
  const int descriptor = open(path.c_str(), flags | O_CLOEXEC, mode);
  check(descriptor, path);
  return descriptor;
}

struct Found {
  std::string name;
  bool is_directory = false;
};

// Takes the descriptor of the directory over.
std::vector<Found> read_directory(DIR* directory) {
  std::vector<Found> names;
  errno = 0;
  while (const dirent* entry = readdir(directory)) {
    const std::string_view name(entry->d_name);
    if (name != "." && name != "..") names.push_back({std::string(name), entry->d_type == DT_DIR});
  }
  if (errno != 0) fail("readdir");
  return names;
}

DIR* open_directory(int parent, const char* name) {
  const int descriptor = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  check(descriptor, name);
  DIR* directory = fdopendir(descriptor);
  if (directory == nullptr) fail(name);
  return directory;
}

std::size_t walk(int parent, const char* name) {
  DIR* directory = open_directory(parent, name);
  const int descriptor = dirfd(directory);
  std::size_t count = 0;
  for (const Found& found : read_directory(directory)) {
    struct stat status {};
    check(fstatat(descriptor, found.name.c_str(), &status, AT_SYMLINK_NOFOLLOW), found.name);
    count += S_ISDIR(status.st_mode) ? 1 + walk(descriptor, found.name.c_str()) : 1;
  }
  closedir(directory);
  return count;
}

std::size_t remove(int parent, const char* name) {
  DIR* directory = open_directory(parent, name);
  const int descriptor = dirfd(directory);
  std::size_t count = 1;
  for (const Found& found : read_directory(directory)) {
    if (found.is_directory) {
      count += remove(descriptor, found.name.c_str());
    } else {
      check(unlinkat(descriptor, found.name.c_str(), 0), found.name);
      ++count;
    }
  }
  closedir(directory);
  check(unlinkat(parent, name, AT_REMOVEDIR), name);
  return count;
}

std::size_t list(const std::string& path) {
  DIR* directory = open_directory(AT_FDCWD, path.c_str());
  std::size_t count = 0;
  while (readdir(directory) != nullptr) ++count;
  closedir(directory);
  return count;
}

void collect(const std::string& path, std::vector<std::string>& files) {
  DIR* directory = open_directory(AT_FDCWD, path.c_str());
  for (const Found& found : read_directory(directory)) {
    const std::string below = path + "/" + found.name;
    found.is_directory ? collect(below, files) : files.push_back(below);
  }
  closedir(directory);
}

std::size_t read_files(const std::vector<std::string>& files) {
  std::vector<char> buffer(kSmall);
  for (const std::string& file : files) {
    const int descriptor = opened(file, O_RDONLY);
    check(read(descriptor, buffer.data(), buffer.size()), file);
    close(descriptor);
  }
  return files.size();
}

std::size_t open_for_writing(const std::vector<std::string>& files) {
  for (const std::string& file : files) close(opened(file, O_RDWR));
  return files.size();
}

std::size_t create(const std::vector<std::string>& files) {
  for (const std::string& file : files) close(opened(file, O_WRONLY | O_CREAT | O_EXCL, 0644));
  return files.size();
}

std::size_t unlink_all(const std::vector<std::string>& files) {
  for (const std::string& file : files) check(unlink(file.c_str()), file);
  return files.size();
}

std::size_t read_large(const std::string& path) {
  std::vector<char> buffer(kLarge);
  const int descriptor = opened(path, O_RDONLY);
  std::size_t total = 0;
  ssize_t count = 0;
  while ((count = read(descriptor, buffer.data(), buffer.size())) > 0) total += static_cast<std::size_t>(count);
  check(count, path);
  close(descriptor);
  return total;
}

std::size_t write_large(const std::string& path, std::size_t size) {
  const std::vector<char> buffer(kLarge, 'w');
  const int descriptor = opened(path, O_WRONLY);
  for (std::size_t total = 0; total < size; total += buffer.size()) {
    check(write(descriptor, buffer.data(), buffer.size()), path);
  }
  close(descriptor);
  return size;
}

std::size_t size_of(const std::string& path) {
  struct stat status {};
  check(stat(path.c_str(), &status), path);
  return static_cast<std::size_t>(status.st_size);
}

std::vector<std::string> numbered(const std::string& path, const std::string& count) {
  std::vector<std::string> files;
  const auto end = std::strtoul(count.c_str(), nullptr, 10);
  for (unsigned long i = 0; i < end; ++i) files.push_back(path + "/f" + std::to_string(i));
  return files;
}

using Step = std::function<std::size_t()>;

// The step, with what it needs known; empty for a word that is none.
Step step_of(const std::string& word, const std::string& path, const std::string& more) {
  std::vector<std::string> files;
  if (word == "read" || word == "open-write") collect(path, files);
  if (word == "create" || word == "unlink") files = numbered(path, more);
  const std::size_t size = word == "write-large" ? size_of(path) : 0;
  const std::map<std::string, Step> steps = {
      {"walk", [=] { return walk(AT_FDCWD, path.c_str()); }},
      {"list", [=] { return list(path); }},
      {"read", [=] { return read_files(files); }},
      {"open-write", [=] { return open_for_writing(files); }},
      {"create", [=] { return create(files); }},
      {"unlink", [=] { return unlink_all(files); }},
      {"remove", [=] { return remove(AT_FDCWD, path.c_str()); }},
      {"read-large", [=] { return read_large(path); }},
      {"write-large", [=] { return write_large(path, size); }},
  };
  const auto found = steps.find(word);
  return found == steps.end() ? Step() : found->second;
}

}  // namespace

int main(int count, char** arguments) {
  const std::vector<std::string> given(arguments + 1, arguments + count);
  const Step step = given.size() < 2 ? Step() : step_of(given[0], given[1], given.size() > 2 ? given[2] : "0");
  if (!step) {
    std::fprintf(stderr, "usage: workload STEP PATH [COUNT]\n");
    return 2;
  }
  const auto begin = std::chrono::steady_clock::now();
  const std::size_t met = step();
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin;
  std::printf("%.9f %zu\n", taken.count(), met);
  return 0;
}
