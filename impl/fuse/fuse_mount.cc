#include "impl/fuse/fuse_mount.h"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "impl/engine/access_lists.h"
#include "impl/engine/file_whiteout_conversion.h"
#include "impl/fuse/log.h"
#include "impl/identity/lmdb_identity_map.h"
#include "model/vocabulary/names.h"

namespace ovlspec::fuse {
namespace {

constexpr unsigned kThreadsLeast = 4;  // some may be busy copying up or syncing
constexpr unsigned kThreadsMost = 16;

unsigned suitable_threads() { return std::clamp(2 * std::thread::hardware_concurrency(), kThreadsLeast, kThreadsMost); }

// Private attributes that this process can write.
impl::XattrNamespace suitable_xattrs() {
  return may_set_trusted_attributes() ? impl::XattrNamespace::kTrusted : impl::XattrNamespace::kUser;
}

Failure cannot_use(std::string_view option, const std::string& path, Errno error) {
  return Failure{.message = fmt::format("{} {}: {}", option, in_quotes(path), error_text(error))};
}

Attempt<std::string> find_mount_point(const std::string& path) {
  detach_dead_mount(path);
  const auto refused = [&](Errno error) {
    return Failure{.message = fmt::format("mount point {}: {}", in_quotes(path), error_text(error))};
  };
  if (const Result<Descriptor> directory = open_directory(path); !directory) return refused(directory.error());
  Result<std::string> absolute = resolve(path);
  if (!absolute) return refused(absolute.error());
  return *std::move(absolute);
}

// Before anything is written; a device that only fusermount3 may open is none of our business.
Check check_device() {
  const Result<Descriptor> device = open_fuse_device();
  if (device || device.error() == Errno::kEACCES || device.error() == Errno::kEPERM) return Done{};
  return Failure{.message = "/dev/fuse: " + error_text(device.error())};
}

// Where no layer can have a list the kernel need not ask for any.
impl::AccessLists lists_of(const impl::Stack& stack, impl::AccessLists asked) {
  const auto has_lists = [](const impl::LayerRoot& layer) {
    return layer.store->xattr(layer.root, impl::kAccessList).error() != Errno::kEOPNOTSUPP;
  };
  const bool some =
      (stack.upper && has_lists(*stack.upper)) || std::any_of(stack.lowers.begin(), stack.lowers.end(), has_lists);
  return some ? asked : impl::AccessLists::kIgnored;
}

}  // namespace

Attempt<std::unique_ptr<FuseMount>> FuseMount::start(const MountRequest& request) {
  std::unique_ptr<FuseMount> mount(new FuseMount);
  Attempt<std::string> mount_point = find_mount_point(request.mount_point);
  if (!mount_point) return mount_point.failure();
  mount->mount_point_ = *std::move(mount_point);
  Attempt<CheckedLayers> layers = check_layers(request.options);
  if (!layers) return layers.failure();
  mount->layers_ = *std::move(layers);
  if (Check device = check_device(); !device) return device.failure();
  if (const auto limit = impl::prepare_process(); !limit) {
    return Failure{.message = "the limit of open files: " + error_text(limit.error())};
  }
  if (Check opened = mount->open_stack(request.options); !opened) return opened.failure();
  if (Check opened = mount->open_session(request); !opened) return opened.failure();
  return mount;
}

FuseMount::~FuseMount() = default;

// An upper without a seal is one that another overlay wrote, or nobody.
Check FuseMount::convert_upper(const impl::LayerRoot& upper, impl::XattrNamespace xattrs) {
  const std::string prefix(xattrs == impl::XattrNamespace::kTrusted ? names::kTrustedPrefix : names::kUserPrefix);
  if (store_.xattr(upper.root, prefix + std::string(names::kSeal))) return Done{};
  const Result<std::size_t> count = impl::convert_file_whiteouts(upper, prefix + std::string(names::kOpaque));
  if (!count) return Failure{.message = "whiteouts that are files, in the upper layer: " + error_text(count.error())};
  if (*count != 0) log_error(fmt::format("{} whiteouts of the upper layer were files, and are devices now", *count));
  return Done{};
}

Check FuseMount::open_stack(const MountOptions& options) {
  impl::LayerStore* reader = &store_;
  if (options.whiteouts == Whiteouts::kFiles) reader = &file_whiteouts_;
  for (const std::string& path : options.lowers) {
    Result<impl::OpenedLayer> lower = store_.open_lower(path);
    if (!lower) return cannot_use("lowerdir", path, lower.error());
    if (options.seal == impl::SealCheck::kDigest && !store_.content_seal(lower->root)) {
      return Failure{.message =
                         fmt::format("lowerdir {}: nothing seals the content of its file system, as it does of a "
                                     "squashfs, an erofs or a read-only snapshot of btrfs; try seal=verify",
                                     in_quotes(path))};
    }
    stack_.lowers.push_back({.store = reader, .root = lower->root, .rights = lower->rights});
  }
  for (const std::string& path : options.data_layers) {
    Result<impl::OpenedLayer> data = store_.open_lower(path);
    if (!data) return cannot_use("data-only layer", path, data.error());
    stack_.data_layers.push_back({.store = &store_, .root = data->root, .rights = data->rights});
  }
  if (!options.upper.empty()) {
    Result<impl::OpenedUpper> opened = store_.open_upper(options.upper, options.work);
    if (opened.error() == Errno::kEXDEV) {
      return Failure{.message = fmt::format("workdir {} is on another mount than upperdir {}", in_quotes(options.work),
                                            in_quotes(options.upper))};
    }
    if (!opened) return cannot_use("upperdir", options.upper, opened.error());
    stack_.upper = impl::LayerRoot{.store = &store_, .root = opened->upper, .rights = opened->rights};
    stack_.work = impl::LayerRoot{.store = &store_, .root = opened->work, .rights = opened->rights};
  }
  const impl::XattrNamespace xattrs = options.xattrs.value_or(suitable_xattrs());
  if (options.whiteouts == Whiteouts::kFiles && stack_.upper) {
    if (Check converted = convert_upper(*stack_.upper, xattrs); !converted) return converted;
  }
  if (Check opened = open_map(options); !opened) return opened;
  impl::EngineOptions engine_options;
  engine_options.identity = options.identity;
  engine_options.map = map_.get();
  engine_options.seal = options.seal;
  engine_options.xattrs = xattrs;
  engine_options.redirects = options.redirects;
  if (options.whiteouts == Whiteouts::kFiles) engine_options.file_whiteout_names = impl::FileWhiteoutNames::kRefused;
  engine_options.access_lists = options.access_lists;
  engine_options.durability = options.durability;
  engine_options.report = [](const std::string& line) { log_error(line); };
  Result<std::unique_ptr<impl::Engine>> engine = impl::Engine::mount(stack_, engine_options);
  if (!engine) return Failure{.message = "the layers cannot be used: " + error_text(engine.error())};
  engine_ = *std::move(engine);
  return Done{};
}

Check FuseMount::open_map(const MountOptions& options) {
  if (options.identity == impl::IdentityStrategy::kVolatile) map_ = std::make_unique<impl::MemoryIdentityMap>();
  if (!keeps_map(options.identity)) return Done{};
  const std::string& directory = options.state.empty() ? options.work : options.state;
  impl::OpenedIdentityMap opened = impl::open_identity_map(directory + "/" + std::string(names::kIdentityMap));
  if (opened.map == nullptr) return Failure{.message = "identity map: " + opened.refusal};
  map_ = std::move(opened.map);
  return Done{};
}

Check FuseMount::open_session(const MountRequest& request) {
  const MountOptions& options = request.options;
  const std::size_t descriptors = options.descriptors != 0 ? options.descriptors : descriptor_limit() / 2;
  // Before the kernel is asked to forget nodes, those do without that can.
  impl::want_descriptors(descriptors / 4 * 3);
  SessionOptions session_options{
      .source = request.source,
      .mount_point = mount_point_,
      .flags = options.flags,
      .security = options.security,
      .presentation = options.presentation,
      .visibility = options.visibility,
      .passthrough = options.passthrough,
      .io_uring = options.threads == 1 && options.io_uring == IoUring::kAutomatic ? IoUring::kOff : options.io_uring,
      .access_lists = lists_of(stack_, options.access_lists),
      .verbosity = options.verbosity,
      .descriptors = descriptors,
      .threads = options.threads != 0 ? options.threads : suitable_threads()};
  if (options.upper.empty()) session_options.flags.set(MountFlag::kReadOnly);
  // A device node of a lower on a nodev mount opens nothing here either.
  for (const impl::LayerRoot& lower : stack_.lowers)
    if (!lower.rights.devices) session_options.flags.set(MountFlag::kNoDevices);
  session_ = std::make_unique<Session>(*engine_, layers_, std::move(session_options));
  if (Check started = session_->start(); !started) return started;
  if (options.propagation == Propagation::kPrivate) {
    if (const Status made = make_mount_private(mount_point_); !made) {
      return Failure{.message = fmt::format("the mount cannot be made private: {}", error_text(made.error()))};
    }
  }
  return Done{};
}

}  // namespace ovlspec::fuse
