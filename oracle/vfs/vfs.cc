#include "oracle/vfs/vfs.h"

#include "oracle/vfs/operations.h"

namespace ovlspec::oracle {

struct Vfs::State {
  vfs::Session session;
};

Vfs::Vfs(impl::Engine& engine, VfsOptions options) : state_(new State{{engine, options}}) {}
Vfs::~Vfs() = default;

Outcome Vfs::apply(const Caller& caller, const Operation& operation) {
  vfs::Session& session = state_->session;
  Outcome outcome = std::visit([&](const auto& asked) { return vfs::run(session, caller, asked); }, operation);
  session.nodes.end_operation();
  return outcome;
}

void Vfs::drop_caches() { state_->session.nodes.drop_caches(); }

void Vfs::release() {
  state_->session.slots.close_all();
  state_->session.nodes.drop_caches();
}

}  // namespace ovlspec::oracle
