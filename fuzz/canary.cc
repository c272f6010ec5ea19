#include "fuzz/canary.h"

namespace ovlspec::fuzz {
namespace {

using oracle::Attempt;
using oracle::Done;
using oracle::Scanned;

class Canary : public oracle::Subject {
 public:
  explicit Canary(std::unique_ptr<oracle::Subject> engine) : engine_(std::move(engine)) {}

  std::string name() const override { return "canary"; }
  Attempt<Done> prepare(const oracle::Trace& trace) override { return engine_->prepare(trace); }
  Attempt<Done> mount() override { return engine_->mount(); }
  Attempt<Done> unmount() override { return engine_->unmount(); }
  Attempt<Done> crash() override { return engine_->crash(); }
  void drop_caches() override { engine_->drop_caches(); }
  Attempt<Done> mutate(const model::Mutation& mutation) override { return engine_->mutate(mutation); }
  Attempt<Scanned> scan() override { return engine_->scan(); }

  Outcome apply(const Caller& caller, const Operation& operation) override {
    const Unlink* unlink = std::get_if<Unlink>(&operation);
    if (unlink == nullptr || !is_linked(unlink->path)) return engine_->apply(caller, operation);
    return Outcome::success();
  }

 private:
  bool is_linked(const std::string& path) {
    const Outcome seen = engine_->apply(superuser(), Stat{Target::at(path, Follow::kNoFollow)});
    const Attributes* attributes = std::get_if<Attributes>(&seen.payload);
    return attributes != nullptr && attributes->type != FileType::kDirectory && attributes->links > 1;
  }

  std::unique_ptr<oracle::Subject> engine_;
};

}  // namespace

std::unique_ptr<oracle::Subject> make_canary() {
  return std::make_unique<Canary>(oracle::make_subject("engine").subject);
}

}  // namespace ovlspec::fuzz
