#include "oracle/trace_binary.h"

#include <algorithm>

#include "oracle/binary_fields.h"

namespace ovlspec::oracle {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::uint8_t kStepEvent = 0;
constexpr std::uint8_t kMutateEvent = 5;
constexpr std::size_t kPayloadMax = 1U << 26;
constexpr std::size_t kOptionsMax = 4096;
constexpr std::uint64_t kEventsMax = 1U << 30;

// In the order of Event's alternatives.
static_assert(std::is_same_v<std::variant_alternative_t<kStepEvent, Event>, Step>);
static_assert(std::is_same_v<std::variant_alternative_t<kMutateEvent, Event>, Mutate>);

struct PayloadWriter {
  BinaryWriter& out;
  void operator()(std::monostate) const {}
  void operator()(const std::string& bytes) const { out.string(bytes); }
  void operator()(std::uint64_t number) const { out.number(number); }
  void operator()(const Attributes& a) const {
    BinaryFieldWriter fields(out);
    out.byte(static_cast<std::uint8_t>(a.type));
    for (const std::uint64_t number : {std::uint64_t{a.mode}, std::uint64_t{a.links}, std::uint64_t{a.uid},
                                       std::uint64_t{a.gid}, a.size, a.blocks, a.number, a.file_system})
      out.number(number);
    fields.device({}, a.device);
    for (const Time time : {a.access_time, a.modify_time, a.change_time}) fields.time(time);
  }
  void operator()(const std::vector<std::string>& names) const {
    out.number(names.size());
    for (const std::string& name : names) out.string(name);
  }
  void operator()(const std::vector<DirectoryEntry>& entries) const {
    out.number(entries.size());
    for (const DirectoryEntry& entry : entries) {
      out.string(entry.name);
      out.number(entry.number);
      out.byte(static_cast<std::uint8_t>(entry.type));
      out.byte(entry.type_known ? 1 : 0);
    }
  }
  void operator()(const FileSystemStatus& status) const {
    out.number(status.name_max);
    out.number(status.block_size);
    out.byte(status.read_only ? 1 : 0);
  }
};

struct PayloadReader {
  BinaryReader& in;
  void operator()(std::monostate) const {}
  void operator()(std::string& bytes) const { bytes = in.string(kPayloadMax); }
  void operator()(std::uint64_t& number) const { number = in.number(kAnyNumber); }
  void operator()(Attributes& a) const {
    BinaryFieldReader fields(in);
    fields.type({}, a.type);
    a.mode = static_cast<Mode>(in.number(kModeMask));
    for (std::uint32_t* number : {&a.links, &a.uid, &a.gid}) *number = static_cast<std::uint32_t>(in.number(kAnyWord));
    for (std::uint64_t* number : {&a.size, &a.blocks, &a.number, &a.file_system}) *number = in.number(kAnyNumber);
    fields.device({}, a.device);
    for (Time* time : {&a.access_time, &a.modify_time, &a.change_time}) *time = fields.time();
  }
  void operator()(std::vector<std::string>& names) const {
    for (auto left = in.number(kPayloadMax); left != 0 && !in.failed(); --left) names.push_back(in.string(kPayloadMax));
  }
  void operator()(std::vector<DirectoryEntry>& entries) const {
    BinaryFieldReader fields(in);
    for (auto left = in.number(kPayloadMax); left != 0 && !in.failed(); --left) {
      DirectoryEntry& entry = entries.emplace_back();
      entry.name = in.string(kPayloadMax);
      entry.number = in.number(kAnyNumber);
      fields.type({}, entry.type);
      fields.flag({}, entry.type_known);
    }
  }
  void operator()(FileSystemStatus& status) const {
    status.name_max = in.number(kAnyNumber);
    status.block_size = in.number(kAnyNumber);
    status.read_only = in.number(1) != 0;
  }
};

Outcome::Payload payload_from_index(std::uint64_t index) {
  switch (index) {
    case 1: return std::string();
    case 2: return std::uint64_t{0};
    case 3: return Attributes{};
    case 4: return std::vector<std::string>{};
    case 5: return std::vector<DirectoryEntry>{};
    case 6: return FileSystemStatus{};
    default: return std::monostate{};
  }
}

class Encoder {
 public:
  std::string run(const Trace& trace) {
    out_.raw(kBinaryMagic);
    out_.byte(kVersion);
    out_.string(trace.subject);
    out_.number(trace.options.size());
    for (const std::string& option : trace.options) out_.string(option);
    out_.number(trace.callers.size());
    for (const NamedCaller& named : trace.callers) caller(named);
    out_.number(trace.lowers.size());
    for (const LayerImage& lower : trace.lowers) image(lower);
    out_.byte(trace.upper ? 1 : 0);
    if (trace.upper) image(*trace.upper);
    out_.number(trace.events.size());
    for (std::size_t i = 0; i < trace.events.size(); ++i) {
      event(trace.events[i]);
      seen(i < trace.seen.size() ? trace.seen[i] : std::nullopt);
    }
    return out_.take();
  }

 private:
  void caller(const NamedCaller& named) {
    out_.string(named.name);
    out_.number(named.caller.uid);
    out_.number(named.caller.gid);
    out_.number(named.caller.groups.size());
    for (const Gid group : named.caller.groups) out_.number(group);
    out_.number(named.caller.umask);
    out_.number(named.caller.capabilities.bits());
  }

  void image(const LayerImage& image) {
    out_.byte(image.place);
    fields_.layer(image.layer);
  }

  void event(const Event& event) {
    out_.byte(static_cast<std::uint8_t>(event.index()));
    if (const auto* step = std::get_if<Step>(&event)) {
      out_.byte(step->caller);
      out_.byte(static_cast<std::uint8_t>(step->operation.index()));
      std::visit([this](const auto& o) { fields(fields_, o); }, step->operation);
    } else if (const auto* mutate = std::get_if<Mutate>(&event)) {
      out_.byte(static_cast<std::uint8_t>(mutate->mutation.index()));
      if (const auto* layer = layer_of(mutate->mutation))
        out_.number(layer->upper ? 0 : std::uint64_t{layer->lower} + 1);
      std::visit([this](const auto& m) { fields(fields_, m); }, mutate->mutation);
    }
  }

  // 0: nothing seen; otherwise the error and one.
  void seen(const std::optional<Outcome>& outcome) {
    out_.number(outcome ? static_cast<std::uint64_t>(outcome->error) + 1 : 0);
    if (!outcome || !outcome->ok()) return;
    out_.byte(static_cast<std::uint8_t>(outcome->payload.index()));
    std::visit(PayloadWriter{out_}, outcome->payload);
  }

  BinaryWriter out_;
  BinaryFieldWriter fields_{out_};
};

class Decoder {
 public:
  explicit Decoder(std::string_view bytes) : in_(bytes) {}

  TraceOrError run() {
    for (const char expected : kBinaryMagic)
      if (in_.byte() != static_cast<std::uint8_t>(expected)) in_.check("expected `OVLT`");
    if (in_.byte() != kVersion) in_.check("expected version 1");
    setup();
    const auto events = in_.number(kEventsMax);
    for (std::uint64_t i = 0; i < events && !in_.failed(); ++i) {
      event();
      seen();
    }
    if (!in_.failed() && !in_.at_end()) in_.check("expected the end");
    if (in_.failed()) return TraceOrError{.trace = std::nullopt, .error = in_.error()};
    if (!trace_.seen.empty()) trace_.seen.resize(trace_.events.size());
    return TraceOrError{.trace = std::move(trace_), .error = {}};
  }

 private:
  void setup() {
    trace_.subject = in_.string(limits::kOption);
    for (auto left = in_.number(kOptionsMax); left != 0 && !in_.failed(); --left) {
      trace_.options.push_back(in_.string(limits::kOption));
      in_.check(check_option(trace_.options.back()));
    }
    for (auto left = in_.number(limits::kCallers); left != 0 && !in_.failed(); --left) caller();
    if (trace_.callers.empty()) in_.check("expected the caller `root`");
    for (auto left = in_.number(names::kLayersMax); left != 0 && !in_.failed(); --left)
      image(trace_.lowers.emplace_back());
    if (trace_.lowers.empty()) in_.check("expected a lower");
    if (in_.number(1) != 0) image(trace_.upper.emplace());
  }

  void caller() {
    NamedCaller named;
    named.name = in_.string(limits::kOption);
    const auto same_name = [&](const NamedCaller& other) { return other.name == named.name; };
    const bool taken = std::any_of(trace_.callers.begin(), trace_.callers.end(), same_name);
    if (!is_caller_name(named.name) || taken) in_.check("expected a caller's name that is free");
    if (trace_.callers.empty() && named.name != "root") in_.check("expected the caller `root` first");
    named.caller.uid = static_cast<Uid>(in_.number(kAnyWord));
    named.caller.gid = static_cast<Gid>(in_.number(kAnyWord));
    for (auto left = in_.number(limits::kGroups); left != 0 && !in_.failed(); --left)
      named.caller.groups.push_back(static_cast<Gid>(in_.number(kAnyWord)));
    named.caller.umask = static_cast<Mode>(in_.number(limits::kUmask));
    const auto bits = in_.number(kAnyNumber);
    named.caller.capabilities = Capabilities(bits);
    if (named.caller.capabilities.bits() != bits) in_.check("expected known capabilities");
    trace_.callers.push_back(std::move(named));
  }

  void image(LayerImage& image) {
    fields_.place({}, image.place);
    fields_.layer(image.layer);
  }

  void event() {
    switch (in_.number(kMutateEvent)) {
      case kStepEvent: step(); break;
      case 1: trace_.events.emplace_back(Mount{}); break;
      case 2: trace_.events.emplace_back(Unmount{}); break;
      case 3: trace_.events.emplace_back(DropCaches{}); break;
      case 4: trace_.events.emplace_back(Crash{}); break;
      default: mutation(); break;
    }
  }

  void step() {
    Step step;
    const std::uint8_t caller = in_.byte();
    if (caller >= trace_.callers.size()) in_.check("expected a caller of the trace");
    step.caller = caller;
    step.operation = operation_from_index(in_.number(std::variant_size_v<Operation> - 1));
    std::visit([this](auto& o) { fields(fields_, o); }, step.operation);
    if (!in_.failed()) in_.check(check_operation(step.operation));
    trace_.events.emplace_back(std::move(step));
  }

  void mutation() {
    model::Mutation mutation = mutation_from_index(in_.number(std::variant_size_v<model::Mutation> - 1));
    if (model::LayerName* layer = layer_of(mutation)) {
      const auto number = in_.number(0x10000);
      *layer = number == 0 ? model::LayerName{.upper = true}
                           : model::LayerName{.upper = false, .lower = static_cast<std::uint16_t>(number - 1)};
    }
    std::visit([this](auto& m) { fields(fields_, m); }, mutation);
    trace_.events.emplace_back(Mutate{std::move(mutation)});
  }

  void seen() {
    const auto number = in_.number(0x10000);
    if (number == 0) return;
    const auto error = errno_from_number(static_cast<int>(number - 1));
    if (!error) in_.check("expected a known error number");
    Outcome outcome = error ? Outcome{.error = *error, .payload = {}} : Outcome{};
    if (outcome.ok()) {
      outcome.payload = payload_from_index(in_.number(std::variant_size_v<Outcome::Payload> - 1));
      std::visit(PayloadReader{in_}, outcome.payload);
    }
    trace_.seen.resize(trace_.events.size());
    trace_.seen.back() = std::move(outcome);
  }

  BinaryReader in_;
  BinaryFieldReader fields_{in_};
  Trace trace_;
};

}  // namespace

std::string encode_binary(const Trace& trace) { return Encoder().run(trace); }

TraceOrError decode_binary(std::string_view bytes) { return Decoder(bytes).run(); }

}  // namespace ovlspec::oracle
