// Nodes and their attributes.
#include <span>

#include "impl/fuse/operations.h"
#include "impl/fuse/translate.h"

namespace ovlspec::fuse {
namespace {

void reply_attributes(fuse_req_t request, const Result<Attributes>& attributes) {
  if (!attributes) return reply(request, attributes.error());
  const struct stat status = stat_of(*attributes, served(request).presentation);
  fuse_reply_attr(request, &status, kForEver);
}

void lookup(fuse_req_t request, fuse_ino_t parent, const char* name) {
  const std::string_view component(name);
  const Result<impl::NodeEntry> entry = served(request).engine.lookup(parent, component);
  // A missing name is worth remembering; `.` and `..` come from file handles, which are stale where the node is gone.
  if (entry.error() == Errno::kENOENT && component != "." && component != "..") {
    const fuse_entry_param none = no_entry();
    fuse_reply_entry(request, &none);
    return;
  }
  reply_entry(request, entry);
}

void forget(fuse_req_t request, fuse_ino_t node, std::uint64_t lookups) {
  served(request).engine.forget(node, lookups);
  fuse_reply_none(request);
}

void forget_multi(fuse_req_t request, std::size_t count, fuse_forget_data* forgets) {
  for (const fuse_forget_data& one : std::span(forgets, count)) {
    served(request).engine.forget(one.ino, one.nlookup);
  }
  fuse_reply_none(request);
}

void getattr(fuse_req_t request, fuse_ino_t node, fuse_file_info*) {
  reply_attributes(request, served(request).engine.attributes(node));
}

Result<Attributes> change_object(Served& session, impl::NodeId node, const impl::AttributeChange& shown) {
  Result<impl::AttributeChange> change = stored(shown, session.presentation);
  if (!change) return change.error();
  Result<Attributes> changed = session.engine.change(node, *change);
  if (changed.error() != Errno::kEPERM || !session.presentation.squashes()) return changed;
  // Nobody sees who owns it.
  change->uid.reset();
  change->gid.reset();
  return session.engine.change(node, *change);
}

void setattr(fuse_req_t request, fuse_ino_t node, struct stat* wanted, int mask, fuse_file_info*) {
  reply_attributes(request, change_object(served(request), node, change_of(*wanted, mask)));
}

void readlink(fuse_req_t request, fuse_ino_t node) {
  const Result<std::string> target = served(request).engine.symlink_target(node);
  if (!target) return reply(request, target.error());
  fuse_reply_readlink(request, target->c_str());
}

void statfs(fuse_req_t request, fuse_ino_t) {
  const Result<FileSystemStatus> status = served(request).engine.status();
  if (!status) return reply(request, status.error());
  const Result<Space> counts = space(served(request).top);
  if (!counts) return reply(request, counts.error());
  const struct statvfs answer = status_of(*status, *counts);
  fuse_reply_statfs(request, &answer);
}

}  // namespace

Served& served(fuse_req_t request) { return *static_cast<Served*>(fuse_req_userdata(request)); }

Result<impl::NodeEntry> create_object(Served& session, impl::NodeId parent, std::string_view name,
                                      const impl::NewInode& shown) {
  impl::NewInode inode = stored(shown, session.presentation);
  Result<impl::NodeEntry> made = session.engine.create(parent, name, inode);
  if (made.error() != Errno::kEPERM || !session.presentation.squashes()) return made;
  const ProcessIds own = own_ids();
  inode.uid = own.user;
  inode.gid = own.group;
  return session.engine.create(parent, name, inode);
}

void reply(fuse_req_t request, const Status& status) { fuse_reply_err(request, number_of(status.error())); }

void reply_entry(fuse_req_t request, const Result<impl::NodeEntry>& entry) {
  if (!entry) return reply(request, entry.error());
  impl::Engine& engine = served(request).engine;
  const fuse_entry_param answer = entry_of(*entry, served(request).presentation);
  if (fuse_reply_entry(request, &answer) != 0) engine.forget(entry->node, 1);
}

void add_node_operations(fuse_lowlevel_ops& operations) {
  operations.lookup = lookup;
  operations.forget = forget;
  operations.forget_multi = forget_multi;
  operations.getattr = getattr;
  operations.setattr = setattr;
  operations.readlink = readlink;
  operations.statfs = statfs;
}

}  // namespace ovlspec::fuse
