// FUSE over io_uring (Documentation/filesystems/fuse-io-uring.rst): the kernel has a queue for each processor, and a
// request goes to the one of the processor that its caller runs on. A server thread there takes over the processor,
// which costs a fraction of waking one elsewhere; and one system call answers a request and waits for the next one.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <memory>

#include "impl/fuse/libfuse.h"

namespace ovlspec::fuse {

// How many queues the kernel has, one for each processor that there may be; 0 where it offers none.
unsigned request_queues();

// One thread's place in a queue: it takes one request at a time, so that the others of the queue take those that come
// meanwhile.
class RequestRing {
 public:
  // As much as a request or a reply may have behind its headers: the largest max_write and max_pages of INIT.
  static constexpr std::size_t kPayload = std::size_t{1} << 20;

  // Null where io_uring is not to be had.
  static std::unique_ptr<RequestRing> make(unsigned queue);
  ~RequestRing();
  RequestRing(const RequestRing&) = delete;
  RequestRing& operator=(const RequestRing&) = delete;

  // The rest is for one thread alone. It runs on the queue's processor, where it may. REQUIRES: INIT was answered with
  // kOverIoUring; `device` stays open.
  bool begin(int device);
  // Where the thread runs from now on: on the queue's processor, which its callers leave while they wait; or wherever
  // there is room, for long work that callers may not wait for, such as reading ahead.
  enum class Place : std::uint8_t { kOwnProcessor, kAnywhere };
  void run_at(Place place);
  // Sends the answer to the request at hand, EIO where it has none, and waits for the next one, which is valid until
  // the next call. As libfuse's receive: its size, or a negative errno; -EINTR: call again.
  int next(fuse_buf& request);
  // Takes the parts of a reply, as writev(2) would: their size, or -1 and errno. The first part is a fuse_out_header.
  // REQUIRES: answers(parts, count).
  ssize_t take_reply(const iovec* parts, int count);
  // Whether the parts are the reply to the request at hand.
  bool answers(const iovec* parts, int count) const;
  // Where the body of a reply may be written before it is given to take_reply(), which then need not move it. The
  // request's own payload is there. Of kPayload bytes.
  char* reply_space() const;

 private:
  struct Parts;
  explicit RequestRing(std::unique_ptr<Parts> parts);
  void prepare(std::uint32_t operation);

  std::unique_ptr<Parts> parts_;
};

}  // namespace ovlspec::fuse
