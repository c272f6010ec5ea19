// Private attributes that no overlay wrote: redirects that lead out or in circles, marks and records with rubbish.
#include <fcntl.h>
#include <signal.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "impl/engine/identity_record.h"
#include "impl/engine/layer_seal.h"
#include "impl/fuse/hostile_fixture.h"
#include "impl/store/posix_store.h"
#include "model/vocabulary/handle_digest.h"

namespace ovlspec::fuse {
namespace {

using Names = std::vector<std::string>;
using namespace std::string_literals;

class HostileAttribute : public HostileLayer {
 protected:
  void make_directory(const std::string& path) { ASSERT_EQ(mkdir(path.c_str(), 0755), 0) << path; }
};

TEST_F(HostileAttribute, RedirectsThatLeadOutOfTheLayerCountForNothing) {
  const std::vector<std::string> redirects = {"..",
                                              ".",
                                              "",
                                              "/",
                                              "//",
                                              "/..",
                                              "../secret",
                                              "/../secret",
                                              "/d/../../secret",
                                              "/./d",
                                              "//d",
                                              "/d/",
                                              "d/e",
                                              "/link",
                                              "/link/",
                                              "/link/file",
                                              "link",
                                              secret(""),
                                              "/proc/self/root" + secret(""),
                                              "\0"s,
                                              "/d\0/../secret"s,
                                              std::string(10'000, 'x'),
                                              "/" + std::string(10'000, 'x'),
                                              "/" + std::string(4'094, 'x'),
                                              std::string(256, 'y'),
                                              std::string(65'536, '/')};
  make_directory(deeper("d"));
  write_file(deeper("d/below"), "below");
  ASSERT_EQ(symlink(secret("").c_str(), deeper("link").c_str()), 0);
  for (std::size_t i = 0; i < redirects.size(); ++i) {
    const std::string name = "r" + std::to_string(i);
    make_directory(lower(name));
    write_file(lower(name + "/own"), "own");
    set_private(lower(name), "redirect", redirects[i]);
  }
  serve();
  for (std::size_t i = 0; i < redirects.size(); ++i) {
    EXPECT_EQ(names_in(at("r" + std::to_string(i))), Names{"own"}) << redirects[i].substr(0, 100);
  }
  expect_harmless();
  // And on with the directories at new names, where our own redirects take their place.
  for (std::size_t i = 0; i < redirects.size(); ++i) {
    const std::string name = "r" + std::to_string(i);
    EXPECT_EQ(rename(at(name).c_str(), at("d/" + name).c_str()), 0) << name << ": " << std::strerror(errno);
  }
  serve_again();
  for (std::size_t i = 0; i < redirects.size(); ++i) {
    EXPECT_EQ(names_in(at("d/r" + std::to_string(i))), Names{"own"}) << redirects[i].substr(0, 100);
  }
  expect_harmless();
}

TEST_F(HostileAttribute, RedirectsInCirclesEnd) {
  for (const char* name : {"a", "b", "self", "up"}) {
    make_directory(lower(name));
    make_directory(deeper(name));
    write_file(lower(name + "/upper"s), name);
    write_file(deeper(name + "/lower"s), name);
  }
  make_directory(lower("up/child"));
  make_directory(deeper("up/child"));
  set_private(lower("a"), "redirect", "b");
  set_private(lower("b"), "redirect", "a");
  set_private(lower("self"), "redirect", "/self");
  set_private(lower("up/child"), "redirect", "/up");
  set_private(deeper("a"), "redirect", "/b");
  set_private(deeper("up"), "redirect", "/up/child");
  serve();
  EXPECT_EQ(read_file(at("a/lower")) + read_file(at("b/lower")), "ba");
  EXPECT_EQ(names_in(at("self")), (Names{"lower", "upper"}));
  EXPECT_EQ(read_file(at("up/child/lower")), "up");
  for (const char* name : {"a", "b", "self", "up/child"}) {
    EXPECT_EQ(rename(at(name).c_str(), at("moved").c_str()), 0) << name;
    const std::vector<std::string> names = names_in(at("moved"));
    EXPECT_EQ(rename(at("moved").c_str(), at(name).c_str()), 0) << name;
    EXPECT_EQ(names_in(at(name)), names);
  }
  expect_harmless();
}

// Each of the names that overlays know, on each kind of object, in each kind of layer.
TEST_F(HostileAttribute, RubbishInPrivateAttributesLeavesEveryObjectInPlace) {
  const std::vector<std::string> attributes = {"opaque", "redirect", "metacopy", "origin",  "impure",       "nlink",
                                               "upper",  "uuid",     "protattr", "ovlspec", "ovlspec.seal", "rubbish"};
  std::string noise;
  for (int i = 0; i < 200; ++i) noise += static_cast<char>(i * 37);
  const std::vector<std::string> values = {"",
                                           "\0"s,
                                           "z",
                                           "yy",
                                           "Y\n",
                                           "-1",
                                           "U+99999999999999999999",
                                           noise,
                                           "\x00\xfb\x1d\x00\x01"s + noise,
                                           std::string(60'000, 'y')};
  make_directory(deeper("d"));
  write_file(deeper("d/f"), "file");
  Walked expected = {{"f", "lower"}, {"d", ""}, {"d/f", "file"}};
  int made = 0;
  for (const auto& directory : {lower(""), upper("")}) {
    for (const std::string& attribute : attributes) {
      for (const std::string& value : values) {
        const std::string name = std::to_string(made++);
        write_file(directory + "f" + name, name);
        make_directory(directory + "d" + name);
        write_file(directory + "d" + name + "/g", name);
        ASSERT_EQ(mknod((directory + "p" + name).c_str(), S_IFIFO | 0666, 0), 0);
        for (const char* kind : {"f", "d", "p"}) set_private(directory + kind + name, attribute, value);
        expected.insert({{"f" + name, name}, {"d" + name, ""}, {"d" + name + "/g", name}, {"p" + name, "p"}});
      }
    }
    for (const std::string& attribute : attributes) {
      if (attribute != "opaque") set_private(directory, attribute, noise);
    }
  }
  serve();
  EXPECT_TRUE(walk() == expected);
  for (int i = 0; i < made; ++i) {
    const std::string name = std::to_string(i);
    EXPECT_EQ(chmod(at("f" + name).c_str(), 0600), 0) << i << ": " << std::strerror(errno);
    EXPECT_EQ(chmod(at("d" + name).c_str(), 0700), 0) << i << ": " << std::strerror(errno);
    EXPECT_EQ(chmod(at("p" + name).c_str(), 0600), 0) << i << ": " << std::strerror(errno);
  }
  serve_again();
  EXPECT_TRUE(walk() == expected);
  expect_usable();
}

// Records and seals that are whole, lie on their own inodes, and claim numbers that are not theirs to have.
TEST_F(HostileAttribute, RecordsGiveNobodyTheNumberOfAnother) {
  impl::PosixStore store;
  const auto generation = [&store](const impl::InodeRef& inode) {
    const auto handle = store.handle(inode);
    return std::uint64_t{handle.ok() ? handle_digest(handle->bytes) : 0};
  };
  serve();
  const InodeNumber number_of_root = status_of_path(at("")).st_ino;
  const InodeNumber number_of_f = status_of_path(at("f")).st_ino;
  kill_daemons(SIGTERM);
  const std::vector<InodeNumber> numbers = {1, 2, number_of_root, number_of_f, 1ULL << 63U, ~0ULL, 77, 77};
  Walked expected = {{"f", "lower"}};
  for (const std::string& directory : {lower(""), upper("")}) {
    const auto root = store.open_plain(directory);
    ASSERT_TRUE(root.ok());
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      const std::string name = (directory == lower("") ? "l" : "u") + std::to_string(i);
      write_file(directory + name, name);
      expected[name] = name;
      const auto found = store.lookup(*root, name);
      ASSERT_TRUE(found.ok());
      set_private(directory + name, "ovlspec",
                  impl::encode_record({.number = numbers[i],
                                       .generation = i,
                                       .origin_file_system = i,
                                       .origin_inode = number_of_f,
                                       .upper_inode = found->attributes.number,
                                       .upper_generation = generation(found->inode),
                                       .origin_links = ~0ULL}));
    }
    set_private(directory, "ovlspec.seal",
                impl::encode_seal({.root = store.attributes(*root)->number,
                                   .generation = generation(*root),
                                   .claims = {0, 1, number_of_root, ~0ULL}},
                                  4096));
  }
  for (const std::string& more : {""s, ",identity=on-lookup"s, ",identity=volatile"s}) {
    serve(more);
    EXPECT_EQ(walk(), expected) << more;
    std::map<InodeNumber, std::string> seen = {{0, "nothing"}, {1, "node of the root"}};
    EXPECT_TRUE(seen.emplace(status_of_path(at("")).st_ino, "root").second);
    for (const auto& [name, content] : expected) {
      const InodeNumber number = status_of_path(at(name)).st_ino;
      EXPECT_LT(number, 1ULL << 63U) << name;
      const auto [other, is_new] = seen.emplace(number, name);
      EXPECT_TRUE(is_new) << name << " shows the number of " << other->second;
      EXPECT_EQ(chmod(at(name).c_str(), 0600), 0) << name;
    }
    expect_usable();
    kill_daemons(SIGTERM);
  }
}

// An index entry is a hard link of an upper inode; one of another object must not show at the lower's names.
TEST_F(HostileAttribute, IndexEntriesThatPointElsewhereCountForNothing) {
  write_file(lower("h1"), "linked");
  ASSERT_EQ(link(lower("h1").c_str(), lower("h2").c_str()), 0);
  serve();
  EXPECT_EQ(chmod(at("h1").c_str(), 0600), 0);
  write_file(at("other"), "other");
  kill_daemons(SIGTERM);
  const Names index = names_in(root() + "/work/index");
  ASSERT_EQ(index.size(), 1U);
  const std::string entry = root() + "/work/index/" + index.front();
  const std::vector<std::string> elsewhere = {upper("other"), secret("file")};
  for (const std::string& target : elsewhere) {
    ASSERT_EQ(unlink(entry.c_str()), 0);
    ASSERT_EQ(link(target.c_str(), entry.c_str()), 0);
    serve();
    EXPECT_EQ(walk(), (Walked{{"f", "lower"}, {"h1", "linked"}, {"h2", "linked"}, {"other", "other"}})) << target;
    EXPECT_EQ(status_of_path(at("other")).st_nlink, target == elsewhere[0] ? 2U : 1U);
    expect_usable();
    kill_daemons(SIGTERM);
  }
  for (const char* kind : {"directory", "symlink", "fifo"}) {
    unlink(entry.c_str());
    if (kind == "directory"s) {
      ASSERT_EQ(mkdir(entry.c_str(), 0755), 0);
    }
    if (kind == "symlink"s) {
      ASSERT_EQ(symlink(secret("file").c_str(), entry.c_str()), 0);
    }
    if (kind == "fifo"s) {
      ASSERT_EQ(mkfifo(entry.c_str(), 0666), 0);
    }
    serve();
    EXPECT_EQ(walk(), (Walked{{"f", "lower"}, {"h1", "linked"}, {"h2", "linked"}, {"other", "other"}})) << kind;
    write_file(at("h2"), "linked");
    expect_harmless();
    kill_daemons(SIGTERM);
    std::filesystem::remove(entry);
  }
}

}  // namespace
}  // namespace ovlspec::fuse
