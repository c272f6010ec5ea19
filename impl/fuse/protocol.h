// What the kernel's FUSE protocol has and Debian 12's <linux/fuse.h> (protocol 7.38) lacks: passthrough, of protocol
// 7.40 (Documentation/filesystems/fuse-passthrough.rst), requests over io_uring, of 7.42
// (Documentation/filesystems/fuse-io-uring.rst), and FUSE_NOTIFY_PRUNE, of 7.45. Source: the change log of
// include/uapi/linux/fuse.h.
#pragma once

#include <linux/fuse.h>
#include <linux/ioctl.h>

#include <cstddef>
#include <cstdint>

namespace ovlspec::fuse::protocol {

// INIT: offered by the kernel and asked for by the server, in the upper half of the flags. Needs max_stack_depth.
inline constexpr std::uint64_t kPassthrough = std::uint64_t{1} << 37;

// OPEN and CREATE: the open file is served by the backing file, by the kernel alone.
inline constexpr std::uint32_t kOpenPassthrough = 1U << 7;

// The reply to INIT, in 7.40's reading of the words that 7.38 keeps unused.
struct InitReply {
  std::uint32_t major;
  std::uint32_t minor;
  std::uint32_t max_readahead;
  std::uint32_t flags;  // flags 0 to 31
  std::uint16_t max_background;
  std::uint16_t congestion_threshold;
  std::uint32_t max_write;
  std::uint32_t time_granularity;
  std::uint16_t max_pages;
  std::uint16_t map_alignment;
  std::uint32_t flags2;           // flags 32 to 63; read where FUSE_INIT_EXT is among `flags`
  std::uint32_t max_stack_depth;  // 1: backing files lie on no stacked file system; 2: on one stack at most
  std::uint32_t unused[6];
};
static_assert(sizeof(InitReply) == sizeof(fuse_init_out));
static_assert(offsetof(InitReply, flags2) == offsetof(fuse_init_out, flags2));

// The reply to OPEN; also the second part of the reply to CREATE.
struct OpenReply {
  std::uint64_t handle;
  std::uint32_t flags;   // FOPEN_*
  std::int32_t backing;  // of BackingOpen, where `flags` has kOpenPassthrough
};
static_assert(sizeof(OpenReply) == sizeof(fuse_open_out));

struct CreateReply {
  fuse_entry_out entry;
  OpenReply open;
};

// The device's ioctls. BackingOpen answers the backing's id; BackingClose takes it.
struct BackingMap {
  std::int32_t descriptor;
  std::uint32_t flags;    // 0
  std::uint64_t padding;  // 0
};
inline constexpr unsigned long kBackingOpen = _IOW(229, 1, BackingMap);
inline constexpr unsigned long kBackingClose = _IOW(229, 2, std::uint32_t);

// The notification that asks the kernel to drop what it remembers of nodes and does not use: this, then the ids.
inline constexpr std::int32_t kNotifyPrune = 9;
struct NotifyPrune {
  fuse_out_header header;  // error: kNotifyPrune; unique: 0
  std::uint32_t count;
  std::uint32_t padding;
  std::uint64_t spare;
};

// INIT: offered where the module parameter enable_uring is set. Once every queue has a registered entry, all requests
// but FORGET and INTERRUPT come over io_uring. A registration that fails gives that up.
inline constexpr std::uint64_t kOverIoUring = std::uint64_t{1} << 41;

// The headers of a registered entry. A request: fuse_in_header in `in_out`, its first argument in `operation`, the
// others in the entry's payload. A reply: fuse_out_header in `in_out`, its body in the payload.
struct RingHeaders {
  char in_out[128];
  char operation[128];
  std::uint64_t flags;
  std::uint64_t commit;        // names the request in kRingCommitAndFetch
  std::uint32_t payload_size;  // of the request, then of the reply
  std::uint32_t padding;
  std::uint64_t reserved;
};
static_assert(sizeof(RingHeaders) == 288);

// Operations of IORING_OP_URING_CMD on the device, in entries of 128 bytes. Registering, address and length are those
// of two iovecs: the headers and the payload.
inline constexpr std::uint32_t kRingRegister = 1;
inline constexpr std::uint32_t kRingCommitAndFetch = 2;
struct RingCommand {
  std::uint64_t flags;   // 0
  std::uint64_t commit;  // RingHeaders::commit; 0 for kRingRegister
  std::uint16_t queue;   // the number of a processor
  std::uint8_t padding[6];
};
static_assert(sizeof(RingCommand) == 24);

}  // namespace ovlspec::fuse::protocol
