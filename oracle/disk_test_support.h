// What tests on real directories share.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "model/layer.h"
#include "oracle/kernel_subject.h"
#include "oracle/layer_entries.h"
#include "oracle/trace.h"

namespace ovlspec::oracle {

// Skips, and says why, where overlays cannot be mounted in a private namespace.
class MountTest : public testing::Test {
 protected:
  void SetUp() override {
    static const std::optional<std::string> why = KernelSubject::unavailable();
    if (why) GTEST_SKIP() << "overlays cannot be mounted here: " << *why;
  }
};

// A directory of a test's own, removed with all that is in it.
class TestDirectory {
 public:
  TestDirectory() {
    path_ = (std::filesystem::temp_directory_path() / "ovlspec-test-XXXXXX").string();
    if (::mkdtemp(path_.data()) == nullptr) path_.clear();
    EXPECT_FALSE(path_.empty()) << "no directory can be made";
  }
  ~TestDirectory() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  TestDirectory(const TestDirectory&) = delete;
  TestDirectory& operator=(const TestDirectory&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// A layer from paths, parents first.
class WorldLayer {
 public:
  WorldLayer& file(const std::string& path, std::string content = "", Mode mode = 0644) {
    return put(path,
               model::Inode{.type = FileType::kRegular, .mode = mode, .content = model::Content(std::move(content))});
  }
  WorldLayer& directory(const std::string& path, Mode mode = 0755) {
    return put(path, model::Inode{.type = FileType::kDirectory, .mode = mode});
  }
  WorldLayer& opaque(const std::string& path) {
    return put(path, model::Inode{.type = FileType::kDirectory, .mode = 0755}, model::Marks{.opaque = true});
  }
  WorldLayer& redirect(const std::string& path, const std::string& to) {
    return put(path, model::Inode{.type = FileType::kDirectory, .mode = 0755}, model::Marks{.redirect = to});
  }
  WorldLayer& symlink(const std::string& path, std::string target) {
    return put(path,
               model::Inode{.type = FileType::kSymlink, .mode = 0777, .content = model::Content(std::move(target))});
  }
  WorldLayer& whiteout(const std::string& path) { return put(path, {}, model::Marks{.whiteout = true}); }
  WorldLayer& link(const std::string& path, const std::string& to) {
    const Problem problem = builder_.link(path, to);
    EXPECT_FALSE(problem) << path << ": " << *problem;
    return *this;
  }
  WorldLayer& put(const std::string& path, model::Inode inode, model::Marks marks = {}) {
    const Problem problem = builder_.add(path, std::move(inode), std::move(marks));
    EXPECT_FALSE(problem) << path << ": " << *problem;
    return *this;
  }
  model::Layer done() { return builder_.take(); }

 private:
  LayerBuilder builder_;
};

inline Trace stack_of(std::vector<model::Layer> lowers, std::optional<model::Layer> upper = model::Layer{}) {
  Trace trace;
  for (model::Layer& lower : lowers) trace.lowers.push_back(LayerImage{.layer = std::move(lower), .place = 0});
  if (upper) trace.upper = LayerImage{.layer = std::move(*upper), .place = 0};
  trace.callers.push_back({"root", superuser()});
  return trace;
}

// A layer without what no value says of it: backings, also of origins, and what stands beside a whiteout.
inline model::Layer comparable(model::Layer layer) {
  for (model::ObjectId id = 0; id < layer.marks.size(); ++id) {
    layer.marks[id].backing = {};
    if (layer.marks[id].origin) layer.marks[id].origin->backing = {};
    if (!layer.marks[id].whiteout) continue;
    const std::uint32_t links = layer.tree[id].links;
    layer.tree[id] = whiteout_inode();
    layer.tree[id].links = links;
  }
  return layer;
}

inline std::optional<std::string> marks_difference(const model::Layer& seen, const model::Layer& expected,
                                                   std::pair<model::ObjectId, model::ObjectId> at) {
  if (seen.mark(at.first) != expected.mark(at.second)) return seen.tree.path_of(at.first) + ": other marks";
  for (const model::Entry& entry : expected.tree[at.second].entries) {
    const model::Entry* other = seen.tree[at.first].find(entry.name);
    if (other == nullptr) return entry.name + ": missing";
    if (auto difference = marks_difference(seen, expected, {other->object, entry.object})) return difference;
  }
  return std::nullopt;
}

// Nothing where two layers say the same; times that `expected` leaves free are.
inline std::optional<std::string> layer_difference(const model::Layer& seen, const model::Layer& expected) {
  const model::Layer one = comparable(seen);
  const model::Layer two = comparable(expected);
  if (const auto difference = model::first_difference(one.tree, two.tree))
    return difference->path + ": " + difference->what;
  return marks_difference(one, two, {model::kRoot, model::kRoot});
}

#define OVLSPEC_ASSERT_DONE(attempt)                                   \
  do {                                                                 \
    const auto ovlspec_attempt = (attempt);                            \
    ASSERT_TRUE(ovlspec_attempt.ok()) << ovlspec_attempt.failure.what; \
  } while (false)

}  // namespace ovlspec::oracle
