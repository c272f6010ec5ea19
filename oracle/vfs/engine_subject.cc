#include "oracle/vfs/engine_subject.h"

#include <algorithm>
#include <utility>

#include "oracle/vfs/memory_layers.h"
#include "oracle/vfs/vfs.h"

namespace ovlspec::oracle {
namespace {

constexpr std::uint64_t kMountDevice = 0x6f766c;  // st_dev of the mount: none of a place's

struct Options {
  impl::IdentityStrategy identity = impl::IdentityStrategy::kDerived;
  impl::SealCheck seal = impl::SealCheck::kVerify;
  MemoryLayers::Reuse reuse = MemoryLayers::Reuse::kNever;
  impl::XattrNamespace xattrs = impl::XattrNamespace::kTrusted;
  VfsOptions vfs;
};

Attempt<Done> done() { return {.value = Done{}, .failure = {}}; }
Attempt<Done> failed(Errno error, std::string what) {
  return {.value = std::nullopt, .failure = {.error = error, .what = std::move(what)}};
}

bool has(const Trace& trace, std::string_view option) {
  return std::find(trace.options.begin(), trace.options.end(), option) != trace.options.end();
}

class EngineSubject final : public Subject {
 public:
  EngineSubject(std::string name, Options options) : name_(std::move(name)), options_(options) {}

  std::string name() const override { return name_; }

  Attempt<Done> prepare(const Trace& trace) override {
    end_mount();
    layers_.reset();
    map_.reset();
    trace_.lowers = trace.lowers;
    trace_.upper = trace.upper;
    trace_.options = trace.options;
    const bool has_user_marks = options_.xattrs == impl::XattrNamespace::kUser || has(trace, "userxattr");
    const DiskFormat format = has_user_marks ? DiskFormat::kOverlayUser : DiskFormat::kOverlay;
    layers_ = std::make_unique<MemoryLayers>(trace_, options_.reuse, format);
    return layers_->materialise_images();
  }

  Attempt<Done> mount() override {
    impl::EngineOptions options;
    options.mount_device = kMountDevice;
    options.identity = options_.identity;
    options.seal = options_.seal;
    options.xattrs = options_.xattrs;
    if (options_.identity != impl::IdentityStrategy::kDerived) {
      if (map_ == nullptr || options_.identity == impl::IdentityStrategy::kVolatile)
        map_ = std::make_unique<impl::MemoryIdentityMap>();
      options.map = map_.get();
    }
    for (const std::string& option : trace_.options) {
      if (option == "userxattr")
        options.xattrs = impl::XattrNamespace::kUser;
      else if (option == "volatile")
        options.durability = impl::Durability::kVolatile;
      else
        return failed(Errno::kEINVAL, "unknown mount option `" + option + "`");
    }
    auto stack = layers_->stack();
    if (!stack) return failed(stack.error(), "cannot find the layers: " + std::string(errno_name(stack.error())));
    auto engine = impl::Engine::mount(std::move(*stack), options);
    if (!engine)
      return failed(engine.error(), "the engine refuses to mount: " + std::string(errno_name(engine.error())));
    engine_ = std::move(*engine);
    vfs_ = std::make_unique<Vfs>(*engine_, options_.vfs);
    return done();
  }

  Attempt<Done> unmount() override {
    vfs_->release();
    const std::size_t held = engine_->nodes();
    end_mount();
    if (held <= 1) return done();  // the root may stay
    return failed(Errno::kEBUSY, std::to_string(held) + " nodes are still held after everything was forgotten");
  }

  Attempt<Done> crash() override {
    auto found = layers_->after_crash();
    end_mount();
    layers_ = std::move(found);
    return done();
  }

  void drop_caches() override {
    if (vfs_ != nullptr) vfs_->drop_caches();
  }

  Outcome apply(const Caller& caller, const Operation& operation) override { return vfs_->apply(caller, operation); }
  Result<std::string> take_handle(const std::string& path) override {
    auto found = engine_->lookup(impl::kRootNode, ".");
    std::string_view rest = path;
    while (found && !rest.empty()) {
      const std::string_view name = rest.substr(0, rest.find('/'));
      rest.remove_prefix(std::min(name.size() + 1, rest.size()));
      if (name.empty()) continue;
      const impl::NodeId parent = found->node;
      found = engine_->lookup(parent, name);
      engine_->forget(parent, 1);
    }
    if (!found) return found.error();
    engine_->forget(found->node, 1);
    return std::to_string(found->node) + ":" + std::to_string(found->generation);
  }

  Result<HandleOpened> open_handle(const std::string& handle) override {
    const std::size_t colon = handle.find(':');
    const auto found = engine_->lookup(std::stoull(handle), ".");
    if (!found) return found.error();
    const Held held{*engine_, found->node};
    if (found->generation != std::stoull(handle.substr(colon + 1))) return Errno::kESTALE;
    HandleOpened opened{.attributes = found->attributes, .content = {}};
    if (opened.attributes.type != FileType::kRegular) return opened;
    const auto file = engine_->open(found->node, {});
    if (!file) return file.error();
    opened.content.resize(kHandleContent);
    const auto length = engine_->read(*file, opened.content.data(), opened.content.size(), 0);
    if (!length) return length.error();
    opened.content.resize(*length);
    return opened;
  }

  std::optional<std::uint64_t> writes() const override {
    const bool is_kept = map_ != nullptr && options_.identity != impl::IdentityStrategy::kVolatile;
    return layers_->writes() + (is_kept ? map_->writes() : 0);
  }
  std::optional<std::uint64_t> walked_at_mount() const override { return engine_->walked_at_mount(); }
  Attempt<Done> mutate(const model::Mutation& mutation) override { return layers_->mutate(mutation); }
  Attempt<Scanned> scan() override { return layers_->scan(); }

  std::shared_ptr<const Snapshot> snapshot() override {
    if (options_.identity != impl::IdentityStrategy::kDerived) return nullptr;
    return std::make_shared<Layers>(layers_->after_crash());
  }
  std::optional<std::uint64_t> digest() override {
    if (options_.identity != impl::IdentityStrategy::kDerived) return std::nullopt;
    return layers_->digest();
  }
  Attempt<Done> go_back(const Snapshot& snapshot) override {
    end_mount();
    layers_ = static_cast<const Layers&>(snapshot).layers->after_crash();
    return done();
  }

 private:
  struct Layers : Snapshot {
    explicit Layers(std::unique_ptr<MemoryLayers> copied) : layers(std::move(copied)) {}
    std::unique_ptr<MemoryLayers> layers;
  };

  struct Held {  // a lookup that is taken back
    ~Held() { engine.forget(node, 1); }
    impl::Engine& engine;
    impl::NodeId node;
  };

  void end_mount() {
    vfs_.reset();
    engine_.reset();
  }

  std::string name_;
  Options options_;
  Trace trace_;  // images and options only
  std::unique_ptr<MemoryLayers> layers_;
  std::unique_ptr<impl::MemoryIdentityMap> map_;  // of a strategy that keeps one; outlives mounts
  std::unique_ptr<impl::Engine> engine_;
  std::unique_ptr<Vfs> vfs_;
};

}  // namespace

SubjectOrError make_engine_subject(std::string_view options) {
  Options parsed;
  const std::string name = options.empty() ? "engine" : "engine:" + std::string(options);
  while (!options.empty()) {
    const std::size_t end = std::min(options.find(','), options.size());
    const std::string_view option = options.substr(0, end);
    options.remove_prefix(std::min(end + 1, options.size()));
    if (option == "reuse")
      parsed.reuse = MemoryLayers::Reuse::kAtOnce;
    else if (option == "uncached")
      parsed.vfs.caching = VfsOptions::Caching::kNone;
    else if (option == "identity=upfront")
      parsed.identity = impl::IdentityStrategy::kUpfront;
    else if (option == "identity=on-lookup")
      parsed.identity = impl::IdentityStrategy::kOnLookup;
    else if (option == "identity=volatile")
      parsed.identity = impl::IdentityStrategy::kVolatile;
    else if (option == "userxattr")
      parsed.xattrs = impl::XattrNamespace::kUser;
    else if (option == "seal=trust")
      parsed.seal = impl::SealCheck::kTrust;
    else
      return {.subject = nullptr,
              .error = {.usage = true, .what = "unknown option `" + std::string(option) + "` of subject engine"}};
  }
  return {.subject = std::make_unique<EngineSubject>(name, parsed), .error = {}};
}

}  // namespace ovlspec::oracle
