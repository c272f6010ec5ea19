#include "impl/fuse/session.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>

#include "impl/fuse/log.h"
#include "impl/fuse/protocol.h"
#include "impl/fuse/translate.h"
#include "impl/store/posix_store.h"

namespace ovlspec::fuse {
namespace {

constexpr unsigned kBackground = 64;  // requests that the kernel may have under way by itself
constexpr std::chrono::milliseconds kWakeUpInterval{5};

constexpr unsigned kReadAhead = 1024;  // KiB: as much as one request takes

// Of each processor. A request that waits for a disk keeps one of them.
constexpr unsigned kRingsPerQueue = 4;

// The queue of this worker. -1 in other threads: they use the session's own.
thread_local int worker_device = -1;
// Null where this thread serves none.
thread_local RequestRing* worker_ring = nullptr;

int device_for(int descriptor) { return worker_device >= 0 ? worker_device : descriptor; }

Session& session_of(void* served) { return static_cast<Served*>(served)->owner; }

const fuse_lowlevel_ops& all_operations(void (*initialise)(void*, fuse_conn_info*)) {
  static const fuse_lowlevel_ops operations = [initialise] {
    fuse_lowlevel_ops filled{};
    filled.init = initialise;
    add_node_operations(filled);
    add_name_operations(filled);
    add_file_operations(filled);
    add_flag_operations(filled);
    add_directory_operations(filled);
    add_xattr_operations(filled);
    return filled;
  }();
  return operations;
}

// What moves much data, or waits for a disk by its nature.
WorkerRoster::Expected expected(const fuse_buf& request) {
  constexpr std::size_t kMuch = 64 << 10;
  fuse_in_header header{};
  fuse_read_in read{};
  if (request.size < sizeof header) return WorkerRoster::Expected::kShort;
  std::memcpy(&header, request.mem, sizeof header);
  switch (header.opcode) {
    case FUSE_READ:
      if (request.size < sizeof header + sizeof read) return WorkerRoster::Expected::kShort;
      std::memcpy(&read, static_cast<const char*>(request.mem) + sizeof header, sizeof read);
      return read.size > kMuch ? WorkerRoster::Expected::kLong : WorkerRoster::Expected::kShort;
    case FUSE_WRITE: return header.len > kMuch ? WorkerRoster::Expected::kLong : WorkerRoster::Expected::kShort;
    case FUSE_FSYNC:
    case FUSE_FSYNCDIR:
    case FUSE_FALLOCATE:
    case FUSE_COPY_FILE_RANGE: return WorkerRoster::Expected::kLong;
    default: return WorkerRoster::Expected::kShort;
  }
}

// A value inside the option text of fusermount3.
std::string escaped(const std::string& value) {
  std::string text;
  for (const char c : value) {
    if (c == ',' || c == '\\') text += '\\';
    text += c;
  }
  return text;
}

std::string helper_options(const SessionOptions& options) {
  struct Pair {
    MountFlag flag;
    std::string_view word;
  };
  constexpr std::array<Pair, 7> kWords = {{
      {MountFlag::kReadOnly, "ro"},
      {MountFlag::kNoSetId, "nosuid"},
      {MountFlag::kNoDevices, "nodev"},
      {MountFlag::kNoExecute, "noexec"},
      {MountFlag::kNoAccessTimes, "noatime"},
      {MountFlag::kSynchronous, "sync"},
      {MountFlag::kSynchronousDirectories, "dirsync"},
  }};
  std::string text = fmt::format("fsname={},subtype=fuse-ovlspec,default_permissions", escaped(options.source));
  for (const Pair& pair : kWords) {
    if (options.flags.has(pair.flag)) text += fmt::format(",{}", pair.word);
  }
  if (options.visibility == Visibility::kEverybody) text += ",allow_other";
  if (!options.security.empty()) text += "," + options.security;
  return text;
}

}  // namespace

Session::Session(impl::Engine& engine, const CheckedLayers& layers, SessionOptions options)
    : options_(std::move(options)),
      stack_depth_(layers.stack_depth),
      io_(*this),
      served_{.engine = engine,
              .io = io_,
              .presentation = options_.presentation,
              .top = layers.top,
              .access_lists = options_.access_lists,
              .owner = *this,
              .session = nullptr,
              .files = {},
              .directories = {}},
      pruner_(engine, *this, &impl::held_descriptors, options_.descriptors),
      roster_(options_.threads) {}

Session::~Session() {
  stop();
  if (session_ != nullptr) fuse_session_destroy(session_);
}

Check Session::start() {
  prepare_wake_up();
  make_rings();
  if (Check mounted = mount(); !mounted) return mounted;
  if (Check answered = answer_init(); !answered) {
    stop();
    return answered;
  }
  // Before anybody gets an answer: who has one may unmount, and finds nothing of ours in the way.
  set_read_ahead(options_.mount_point, kReadAhead);
  pruner_.start();
  if (!uses_rings_) rings_.clear();
  working_ = options_.threads + static_cast<unsigned>(rings_.size());
  for (const std::unique_ptr<RequestRing>& ring : rings_) {
    workers_.emplace_back([this, &served = *ring] { serve(served); });
  }
  for (unsigned i = 0; i < options_.threads; ++i) {
    // The first one serves the session's own queue; so does one that gets none of its own.
    Result<Descriptor> device = i == 0 ? Result<Descriptor>(Descriptor()) : clone_fuse_device(device_);
    workers_.emplace_back([this, own = device ? *std::move(device) : Descriptor()]() mutable { work(std::move(own)); });
  }
  return Done{};
}

Check Session::mount() {
  Result<Descriptor> device = open_fuse_device();
  if (device.error() == Errno::kEACCES || device.error() == Errno::kEPERM) return mount_by_helper();
  if (!device) return Failure{.message = "/dev/fuse: " + error_text(device.error())};
  const Status mounted = mount_connection(*device, {.source = options_.source,
                                                    .mount_point = options_.mount_point,
                                                    .flags = options_.flags,
                                                    .security = options_.security});
  if (mounted.error() == Errno::kEPERM) return mount_by_helper();
  const std::string place = in_quotes(options_.mount_point);
  if (!mounted) return Failure{.message = fmt::format("cannot mount on {}: {}", place, error_text(mounted.error()))};
  mounted_by_ = MountedBy::kSystemCall;
  device_ = device->number();
  if (Check made = make_session({}); !made) {
    unmount_connection(device_, options_.mount_point);
    mounted_by_ = MountedBy::kNobody;
    return made;
  }
  return take_over(*std::move(device));
}

Check Session::mount_by_helper() {
  if (Check made = make_session({"-o", helper_options(options_)}); !made) return made;
  if (fuse_session_mount(session_, options_.mount_point.c_str()) != 0) {
    return Failure{.message = fmt::format("fusermount3 cannot mount on {}", in_quotes(options_.mount_point))};
  }
  mounted_by_ = MountedBy::kHelper;
  device_ = fuse_session_fd(session_);
  return take_over(Descriptor(device_));
}

Check Session::make_session(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "fuse-ovlspec");
  if (options_.verbosity == Verbosity::kDebug) arguments.emplace_back("-d");
  std::vector<char*> pointers;
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  fuse_args args = FUSE_ARGS_INIT(static_cast<int>(pointers.size()), pointers.data());
  const fuse_lowlevel_ops& operations = all_operations(&Session::initialise);
  session_ = fuse_session_new(&args, &operations, sizeof operations, &served_);
  fuse_opt_free_args(&args);
  served_.session = session_;
  if (session_ == nullptr) return Failure{.message = "libfuse makes no session"};
  return Done{};
}

Check Session::take_over(Descriptor device) {
  const fuse_custom_io io{.writev = &Session::write_reply,
                          .read = &Session::read_request,
                          .splice_receive = nullptr,
                          .splice_send = nullptr};
  const int error = fuse_session_custom_io(session_, &io, device.number());
  // The session closes it from now on; a failure leaves it to the descriptor, but for the helper's, which it had
  // before.
  if (error == 0 || mounted_by_ == MountedBy::kHelper) device.release();
  if (error == 0) return Done{};
  stop();
  return Failure{.message = "libfuse does not take the device over"};
}

Check Session::answer_init() {
  fuse_buf request{};
  while (!initialised_) {
    const int size = fuse_session_receive_buf(session_, &request);
    if (size == -EINTR) continue;
    if (size <= 0) break;
    fuse_session_process_buf(session_, &request);
    if (!initialised_) break;
  }
  std::free(request.mem);
  if (!initialised_) return Failure{.message = "the kernel and libfuse do not agree on a protocol"};
  if (options_.io_uring == IoUring::kRequired && !uses_rings_) {
    return Failure{.message = rings_offered_ ? "io_uring: this process may not use it"
                                             : "io_uring: the kernel does not offer it (Linux 6.14, with the parameter "
                                               "enable_uring of its module fuse)"};
  }
  return Done{};
}

void Session::stop() {
  if (stopping_.exchange(true)) return;
  if (mounted_by_ == MountedBy::kSystemCall) unmount_connection(device_, options_.mount_point);
  pruner_.stop();  // while workers still answer what it may wait for
  roster_.stop();
  // Open files keep a detached mount alive, and the workers in their reads. A wake-up that comes between a worker's
  // look at stopping_ and its read is lost, hence more than one.
  while (working_ > 0) {
    for (std::thread& worker : workers_) wake_up(worker.native_handle());
    std::this_thread::sleep_for(kWakeUpInterval);
  }
  for (std::thread& worker : workers_) worker.join();
  workers_.clear();
  rings_.clear();  // each holds the device
  if (mounted_by_ == MountedBy::kHelper) fuse_session_unmount(session_);
  mounted_by_ = MountedBy::kNobody;
}

void Session::work(Descriptor device) {
  worker_device = device.number();
  fuse_buf request{};
  WorkerRoster::Shift shift(roster_);
  bool is_awake = shift.await();
  while (is_awake && !stopping_) {
    shift.began_to_wait();
    const int size = fuse_session_receive_buf(session_, &request);
    if (size <= 0) shift.gave_up();
    if (size == -EINTR || size == -EAGAIN) continue;
    if (size <= 0) break;
    shift.woke(expected(request));
    fuse_session_process_buf(session_, &request);
    pruner_.note();
    is_awake = shift.finished() || shift.await();
  }
  roster_.stop();  // the connection is gone, for the others too
  std::free(request.mem);
  end_worker();
}

// As many as the kernel needs to begin with them, or none.
void Session::make_rings() {
  if (options_.io_uring == IoUring::kOff) return;
  const unsigned count = request_queues() * kRingsPerQueue;
  for (unsigned i = 0; i < count; ++i) {
    std::unique_ptr<RequestRing> ring = RequestRing::make(i / kRingsPerQueue);
    if (ring == nullptr) return rings_.clear();
    rings_.push_back(std::move(ring));
  }
}

// Where the kernel does not take the ring, requests come from the device, to the other workers.
void Session::serve(RequestRing& ring) {
  worker_ring = &ring;
  fuse_buf request{};
  int size = ring.begin(device_) ? -EINTR : -EIO;
  while (!stopping_) {
    if (size > 0) {
      const bool is_long = expected(request) == WorkerRoster::Expected::kLong;
      ring.run_at(is_long ? RequestRing::Place::kAnywhere : RequestRing::Place::kOwnProcessor);
      fuse_session_process_buf(session_, &request);
      pruner_.note();
    } else if (size != -EINTR && size != -EAGAIN) {
      break;
    }
    size = ring.next(request);
  }
  worker_ring = nullptr;
  end_worker();
}

void Session::end_worker() {
  if (--working_ == 0) ended_.set();
}

char* Session::reply_space(std::size_t size) {
  // Kept by the thread: requests are of a few sizes, and clearing a fresh buffer costs as much as filling it.
  static thread_local std::vector<char> buffer;
  if (worker_ring != nullptr && size <= RequestRing::kPayload) return worker_ring->reply_space();
  if (buffer.size() < size) buffer.resize(size);
  return buffer.data();
}

ssize_t Session::read_request(int descriptor, void* buffer, std::size_t size, void* served) {
  Session& session = session_of(served);
  const ssize_t count = read_device(device_for(descriptor), buffer, size);
  if (!session.initialised_ && count > 0) session.learn_offers(buffer, static_cast<std::size_t>(count));
  return count;
}

ssize_t Session::write_reply(int descriptor, iovec* parts, int count, void* served) {
  Session& session = session_of(served);
  if (!session.initialised_) return session.write_init_reply(descriptor, parts, count);
  if (worker_ring != nullptr && worker_ring->answers(parts, count)) return worker_ring->take_reply(parts, count);
  return write_device(device_for(descriptor), parts, count);
}

void Session::learn_offers(const void* request, std::size_t size) {
  struct {
    fuse_in_header header;
    fuse_init_in init;
  } message{};
  if (size < sizeof message) return;
  std::memcpy(&message, request, sizeof message);
  if (message.header.opcode != FUSE_INIT || (message.init.flags & FUSE_INIT_EXT) == 0) return;
  const std::uint64_t flags = (std::uint64_t{message.init.flags2} << 32) | message.init.flags;
  passthrough_offered_ = (flags & protocol::kPassthrough) != 0;
  rings_offered_ = (flags & protocol::kOverIoUring) != 0;
}

// libfuse writes a header and the body, whose words for passthrough and io_uring it leaves zero.
ssize_t Session::write_init_reply(int descriptor, iovec* parts, int count) {
  fuse_out_header header{};
  if (count < 1 || parts[0].iov_len != sizeof header) return write_device(descriptor, parts, count);
  std::memcpy(&header, parts[0].iov_base, sizeof header);
  initialised_ = header.error == 0;
  protocol::InitReply body{};
  if (!initialised_ || count != 2 || parts[1].iov_len != sizeof body) return write_device(descriptor, parts, count);
  std::memcpy(&body, parts[1].iov_base, sizeof body);
  std::uint64_t asked = 0;
  if (options_.passthrough == Passthrough::kAutomatic && passthrough_offered_) {
    asked |= protocol::kPassthrough;
    body.max_stack_depth = stack_depth_;
    passes_through_ = true;
  }
  const std::size_t most_pages = std::size_t{body.max_pages} * 4096;
  if (rings_offered_ && !rings_.empty() && std::max<std::size_t>(body.max_write, most_pages) <= RequestRing::kPayload) {
    asked |= protocol::kOverIoUring;
    uses_rings_ = true;
  }
  if (asked != 0) body.flags |= FUSE_INIT_EXT;
  body.flags2 |= static_cast<std::uint32_t>(asked >> 32);
  const std::array<iovec, 2> patched = {parts[0], {.iov_base = &body, .iov_len = sizeof body}};
  return write_device(descriptor, patched.data(), static_cast<int>(patched.size()));
}

// Set-id bits are not ours to clear (no HANDLE_KILLPRIV): the kernel asks with setattr. The umask is the
// kernel's to apply (no DONT_MASK) where there are no access control lists, which take its place. Nothing is written
// back later (no WRITEBACK_CACHE), which passthrough excludes.
void Session::initialise(void* served, fuse_conn_info* connection) {
  constexpr unsigned kWanted = FUSE_CAP_ASYNC_READ | FUSE_CAP_ATOMIC_O_TRUNC | FUSE_CAP_EXPORT_SUPPORT |
                               FUSE_CAP_READDIRPLUS | FUSE_CAP_READDIRPLUS_AUTO | FUSE_CAP_ASYNC_DIO |
                               FUSE_CAP_PARALLEL_DIROPS | FUSE_CAP_CACHE_SYMLINKS | FUSE_CAP_EXPLICIT_INVAL_DATA |
                               FUSE_CAP_IOCTL_DIR;
  constexpr unsigned kLists = FUSE_CAP_POSIX_ACL | FUSE_CAP_DONT_MASK;
  connection->want = connection->capable & kWanted;
  const bool has_lists = session_of(served).options_.access_lists == impl::AccessLists::kInherited;
  if (has_lists && (connection->capable & kLists) == kLists) connection->want |= kLists;
  connection->max_background = kBackground;
}

Result<BackingId> Session::open(int descriptor) {
  if (!passes_through_) return Errno::kEPERM;
  Result<BackingId> backing = open_backing(device_, descriptor);
  if (backing) {
    ++backings_opened_;
  } else {
    log_debug(fmt::format("no passthrough: {}", error_text(backing.error())));
    // Without the privilege it will not work for the next file either.
    if (backing.error() == Errno::kEPERM) passes_through_ = false;
  }
  return backing;
}

void Session::close(BackingId backing) { close_backing(device_, backing); }

Status Session::prune(const std::vector<impl::HeldName>& nodes) {
  std::vector<std::uint64_t> ids;
  ids.reserve(nodes.size());
  for (const impl::HeldName& node : nodes) ids.push_back(node.node);
  const std::size_t bytes = ids.size() * sizeof(std::uint64_t);
  protocol::NotifyPrune head{};
  head.header.len = static_cast<std::uint32_t>(sizeof head + bytes);
  head.header.error = protocol::kNotifyPrune;
  head.count = static_cast<std::uint32_t>(ids.size());
  const std::array<iovec, 2> parts = {iovec{.iov_base = &head, .iov_len = sizeof head},
                                      iovec{.iov_base = ids.data(), .iov_len = bytes}};
  if (write_device(device_, parts.data(), static_cast<int>(parts.size())) >= 0) return {};
  return errno_from_number(errno).value_or(Errno::kEIO);
}

void Session::drop_name(const impl::HeldName& node) {
  fuse_lowlevel_notify_inval_entry(session_, node.parent, node.name.c_str(), node.name.size());
}

}  // namespace ovlspec::fuse
