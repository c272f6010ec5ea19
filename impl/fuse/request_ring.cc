#include "impl/fuse/request_ring.h"

#include <liburing.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>

#include "impl/fuse/protocol.h"

namespace ovlspec::fuse {
namespace {

constexpr std::size_t kPage = 4096;
constexpr unsigned kEntries = 2;  // of the ring; one is used at a time

std::string first_line(const char* path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

}  // namespace

// The memory: a page with the headers at its begin and, at its end, header and first argument of the request, so that
// with the payload behind them they are one piece, as libfuse wants it.
struct RequestRing::Parts {
  enum class State { kNew, kWaiting, kAtHand, kAnswered };

  ~Parts() {
    if (has_ring) io_uring_queue_exit(&ring);
    if (memory != nullptr) munmap(memory, kPage + kPayload);
  }
  protocol::RingHeaders& headers() const { return *reinterpret_cast<protocol::RingHeaders*>(memory); }
  char* payload() const { return memory + kPage; }

  unsigned queue = 0;
  int device = -1;
  char* memory = nullptr;
  std::array<iovec, 2> registered{};
  io_uring ring{};
  bool has_ring = false;
  State state = State::kNew;
  cpu_set_t own_processor{};
  cpu_set_t everywhere{};  // where the process may run
  Place place = Place::kAnywhere;
  std::uint64_t unique = 0;  // of the request at hand
  std::uint64_t commit = 0;
};

unsigned request_queues() {
  if (first_line("/sys/module/fuse/parameters/enable_uring") != "Y") return 0;
  const long configured = sysconf(_SC_NPROCESSORS_CONF);
  // "0-7", or "0-3,8-11"
  const std::string possible = first_line("/sys/devices/system/cpu/possible");
  const std::string last = possible.substr(possible.find_last_of(",-") + 1);
  const unsigned count = static_cast<unsigned>(std::strtoul(last.c_str(), nullptr, 10)) + 1;
  return std::max(count, configured > 0 ? static_cast<unsigned>(configured) : 1U);
}

std::unique_ptr<RequestRing> RequestRing::make(unsigned queue) {
  auto parts = std::make_unique<Parts>();
  parts->queue = queue;
  void* const memory = mmap(nullptr, kPage + kPayload, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return nullptr;
  parts->memory = static_cast<char*>(memory);
  // The thread that serves it is not there yet: disabled until then. Not DEFER_TASKRUN: where the process is killed, a
  // request that was handed over and not seen yet would be answered by the ring's end alone, which may wait for it.
  const unsigned flags =
      IORING_SETUP_SQE128 | IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_COOP_TASKRUN | IORING_SETUP_R_DISABLED;
  if (io_uring_queue_init(kEntries, &parts->ring, flags) != 0) return nullptr;
  parts->has_ring = true;
  return std::unique_ptr<RequestRing>(new RequestRing(std::move(parts)));
}

RequestRing::RequestRing(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
RequestRing::~RequestRing() = default;

bool RequestRing::begin(int device) {
  parts_->device = device;
  CPU_ZERO(&parts_->own_processor);
  CPU_SET(parts_->queue, &parts_->own_processor);
  if (pthread_getaffinity_np(pthread_self(), sizeof parts_->everywhere, &parts_->everywhere) != 0) {
    parts_->everywhere = parts_->own_processor;
  }
  parts_->place = Place::kAnywhere;
  run_at(Place::kOwnProcessor);
  // io_uring_enable_rings(), which Debian 12's liburing declares and does not export.
  return syscall(SYS_io_uring_register, parts_->ring.ring_fd, IORING_REGISTER_ENABLE_RINGS, nullptr, 0) == 0;
}

void RequestRing::run_at(Place place) {
  if (place == parts_->place) return;
  parts_->place = place;
  const cpu_set_t& set = place == Place::kOwnProcessor ? parts_->own_processor : parts_->everywhere;
  // Where it may not run on its own it serves the queue from elsewhere.
  static_cast<void>(pthread_setaffinity_np(pthread_self(), sizeof set, &set));
}

void RequestRing::prepare(std::uint32_t operation) {
  Parts& parts = *parts_;
  io_uring_sqe* const entry = io_uring_get_sqe(&parts.ring);
  io_uring_prep_rw(IORING_OP_URING_CMD, entry, parts.device, nullptr, 0, 0);
  entry->cmd_op = operation;
  if (operation == protocol::kRingRegister) {
    parts.registered = {iovec{.iov_base = &parts.headers(), .iov_len = sizeof(protocol::RingHeaders)},
                        iovec{.iov_base = parts.payload(), .iov_len = kPayload}};
    entry->addr = reinterpret_cast<std::uint64_t>(parts.registered.data());
    entry->len = static_cast<std::uint32_t>(parts.registered.size());
  }
  const protocol::RingCommand command{.flags = 0,
                                      .commit = operation == protocol::kRingRegister ? 0 : parts.commit,
                                      .queue = static_cast<std::uint16_t>(parts.queue),
                                      .padding = {}};
  // 80 bytes, in entries of 128.
  std::memcpy(reinterpret_cast<char*>(entry) + offsetof(io_uring_sqe, cmd), &command, sizeof command);
}

int RequestRing::next(fuse_buf& request) {
  Parts& parts = *parts_;
  if (parts.state == Parts::State::kAtHand) {
    fuse_out_header failure{.len = sizeof failure, .error = -EIO, .unique = parts.unique};
    const iovec part{.iov_base = &failure, .iov_len = sizeof failure};
    take_reply(&part, 1);
  }
  if (parts.state == Parts::State::kNew) prepare(protocol::kRingRegister);
  if (parts.state == Parts::State::kAnswered) prepare(protocol::kRingCommitAndFetch);
  const int submitted = io_uring_submit_and_wait(&parts.ring, 1);
  if (submitted > 0) parts.state = Parts::State::kWaiting;
  io_uring_cqe* completed = nullptr;
  if (io_uring_peek_cqe(&parts.ring, &completed) != 0 || completed == nullptr) {
    return submitted < 0 && submitted != -EINTR ? submitted : -EINTR;
  }
  const int result = completed->res;
  io_uring_cqe_seen(&parts.ring, completed);
  if (result < 0) return result;
  fuse_in_header header{};
  std::memcpy(&header, parts.headers().in_out, sizeof header);
  const std::size_t payload = parts.headers().payload_size;
  if (header.len < sizeof header + payload || header.len - payload > kPage - sizeof(protocol::RingHeaders)) return -EIO;
  const std::size_t argument = header.len - payload - sizeof header;
  char* const begin = parts.payload() - argument - sizeof header;
  std::memcpy(begin, &header, sizeof header);
  std::memcpy(begin + sizeof header, parts.headers().operation, argument);
  parts.state = Parts::State::kAtHand;
  parts.unique = header.unique;
  parts.commit = parts.headers().commit;
  request = fuse_buf{};
  request.mem = begin;
  request.size = header.len;
  return static_cast<int>(header.len);
}

bool RequestRing::answers(const iovec* parts, int count) const {
  fuse_out_header header{};
  if (parts_->state != Parts::State::kAtHand || count < 1 || parts[0].iov_len < sizeof header) return false;
  std::memcpy(&header, parts[0].iov_base, sizeof header);
  return header.unique == parts_->unique;
}

ssize_t RequestRing::take_reply(const iovec* parts, int count) {
  std::size_t size = 0;
  for (int i = 0; i < count; ++i) size += parts[i].iov_len;
  if (size > sizeof(fuse_out_header) + kPayload) {
    errno = EINVAL;
    return -1;
  }
  protocol::RingHeaders& headers = parts_->headers();
  std::memcpy(headers.in_out, parts[0].iov_base, sizeof(fuse_out_header));
  char* to = parts_->payload();
  for (int i = 0; i < count; ++i) {
    const std::size_t skipped = i == 0 ? sizeof(fuse_out_header) : 0;
    const char* const from = static_cast<const char*>(parts[i].iov_base) + skipped;
    const std::size_t bytes = parts[i].iov_len - skipped;
    if (from != to && bytes > 0) std::memmove(to, from, bytes);
    to += bytes;
  }
  headers.flags = 0;
  headers.payload_size = static_cast<std::uint32_t>(size - sizeof(fuse_out_header));
  parts_->state = Parts::State::kAnswered;
  return static_cast<ssize_t>(size);
}

char* RequestRing::reply_space() const { return parts_->payload(); }

}  // namespace ovlspec::fuse
