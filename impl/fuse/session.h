// One FUSE connection: libfuse's session over our own reading and writing of the device, so that the reply to INIT can
// ask for passthrough and for requests over io_uring, and so that each worker thread has a queue of its own.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "impl/fuse/attempt.h"
#include "impl/fuse/cache_pruner.h"
#include "impl/fuse/layers.h"
#include "impl/fuse/node_io.h"
#include "impl/fuse/operations.h"
#include "impl/fuse/request_ring.h"
#include "impl/fuse/system.h"
#include "impl/fuse/worker_roster.h"

namespace ovlspec::fuse {

struct SessionOptions {
  std::string source;
  std::string mount_point;  // absolute
  MountFlags flags;
  std::string security;
  Presentation presentation;
  Visibility visibility = Visibility::kAutomatic;
  Passthrough passthrough = Passthrough::kAutomatic;
  IoUring io_uring = IoUring::kAutomatic;
  // Whether the kernel enforces access control lists, and leaves it to the engine to apply the umask.
  impl::AccessLists access_lists = impl::AccessLists::kInherited;
  Verbosity verbosity = Verbosity::kNormal;
  std::size_t descriptors = SIZE_MAX;  // that inodes hold, before the kernel is asked to forget some
  unsigned threads = 1;
};

class Session final : private BackingRegistry, private CacheNotifier {
 public:
  // REQUIRES: `engine` and `layers` outlive the session.
  Session(impl::Engine& engine, const CheckedLayers& layers, SessionOptions options);
  ~Session() override;  // stop()
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Mounts, and serves from threads of its own. Returns once the kernel has our answer to INIT: the mount is usable.
  Check start();
  // Unmounts, finishes the requests at hand and joins the threads. Does nothing the second time. REQUIRES: the caller
  // is no worker.
  void stop();
  // Set once nobody serves any more: somebody unmounted it.
  const Event& ended() const { return ended_; }

  // How many nodes have open files, and how often a backing file was registered; for tests.
  std::size_t open_nodes() const { return io_.open_nodes(); }
  std::uint64_t backings_opened() const { return backings_opened_; }
  // Whether the kernel agreed to passthrough and has not refused it since.
  bool passes_through() const { return passes_through_; }
  // Whether requests come over io_uring.
  bool uses_rings() const { return uses_rings_; }

  // Memory of this thread for the body of a reply of `size` bytes, until it is sent. REQUIRES: what is at hand brought
  // no bytes that are still needed.
  static char* reply_space(std::size_t size);

 private:
  static ssize_t read_request(int descriptor, void* buffer, std::size_t size, void* served);
  static ssize_t write_reply(int descriptor, iovec* parts, int count, void* served);
  static void initialise(void* served, fuse_conn_info* connection);

  Check mount();
  Check mount_by_helper();
  Check make_session(std::vector<std::string> arguments);
  Check take_over(Descriptor device);
  Check answer_init();
  void work(Descriptor device);
  void make_rings();
  void serve(RequestRing& ring);
  void end_worker();
  void learn_offers(const void* request, std::size_t size);
  ssize_t write_init_reply(int descriptor, iovec* parts, int count);

  Result<BackingId> open(int descriptor) override;
  void close(BackingId backing) override;
  Status prune(const std::vector<impl::HeldName>& nodes) override;
  void drop_name(const impl::HeldName& node) override;

  enum class MountedBy : std::uint8_t { kNobody, kSystemCall, kHelper };

  const SessionOptions options_;
  const std::uint32_t stack_depth_;
  NodeIo io_;
  Served served_;
  fuse_session* session_ = nullptr;
  int device_ = -1;  // owned by session_
  MountedBy mounted_by_ = MountedBy::kNobody;

  bool passthrough_offered_ = false;  // written before there are workers
  bool rings_offered_ = false;        // the same
  bool uses_rings_ = false;           // the same
  bool initialised_ = false;          // the same
  std::atomic<bool> passes_through_{false};
  std::atomic<std::uint64_t> backings_opened_{0};
  std::atomic<bool> stopping_{false};
  std::atomic<unsigned> working_{0};
  Event ended_;
  CachePruner pruner_;
  WorkerRoster roster_;
  std::vector<std::unique_ptr<RequestRing>> rings_;  // each served by a worker
  std::vector<std::thread> workers_;
};

}  // namespace ovlspec::fuse
