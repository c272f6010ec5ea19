// For tests with layers that somebody made to do harm: a daemon over them, and a secret beside them that nothing in the
// mount may lead to.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "impl/fuse/program_fixture.h"

namespace ovlspec::fuse {

inline constexpr std::string_view kSecret = "nobody reads this through the mount";

// What a walk through a tree met: the path below its root, and for a regular file its content, for a symlink its
// target, for a directory nothing, for the others the letter that ls(1) shows.
using Walked = std::map<std::string, std::string>;

class HostileLayer : public Program {
 protected:
  // `root()/secret` is a directory with the file `file`, which contains kSecret.
  void SetUp() override;

  std::string secret(const std::string& name) const { return root() + "/secret/" + name; }
  // Mounts by the program, writable. Fails the test where that fails.
  void serve(const std::string& more = "");
  // Stops the daemon, mounts again.
  void serve_again(const std::string& more = "");
  // The whole mount: every name that a listing shows can be looked up and read, and none shows the secret.
  Walked walk();
  // The same daemon serves, and what no attack is about works: reading, making, changing, renaming, removing.
  void expect_usable();
  // What walk() and expect_usable() ask for; the layers below are as they were when `before` was taken.
  void expect_harmless();

 private:
  void walk_in(const std::string& path, Walked& walked);
  void look_at(const std::string& path, Walked& walked);
};

// An attribute of the overlay's own. The test fails where it cannot be set.
void set_private(const std::string& path, const std::string& name, std::string_view value);

}  // namespace ovlspec::fuse
