// The callers that generated traces use: root, two users who share a group, and one with a part of root's capabilities.
#pragma once

#include <vector>

#include "oracle/trace.h"

namespace ovlspec::oracle {

inline constexpr Gid kSharedGroup = 50;

// root; alice (1000, in kSharedGroup); bob (1001, in kSharedGroup); carol (1002, may override permissions).
inline std::vector<NamedCaller> standard_callers() {
  const auto some = Capabilities().with(Capability::kDacOverride).with(Capability::kFowner);
  return {NamedCaller{"root", superuser()},
          NamedCaller{"alice", Caller{1000, 1000, {kSharedGroup}, 022, Capabilities::none()}},
          NamedCaller{"bob", Caller{1001, 1001, {kSharedGroup}, 007, Capabilities::none()}},
          NamedCaller{"carol", Caller{1002, 1002, {}, 022, some}}};
}

}  // namespace ovlspec::oracle
