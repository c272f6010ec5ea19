#include "oracle/report_record.h"

#include <algorithm>
#include <array>

#include "model/step.h"
#include "oracle/finding_key.h"
#include "oracle/report_evidence.h"

namespace ovlspec::oracle {
namespace {

using model::Rule;

// Whether one answer alone cannot break it.
bool is_about_history(Rule rule) {
  constexpr std::array kRules = {Rule::kUnique,         Rule::kOneDevice,         Rule::kConstant,  Rule::kPersistent,
                                 Rule::kOfflineChange,  Rule::kReaddirAgrees,     Rule::kHardLinks, Rule::kStackChange,
                                 Rule::kStatChangeTime, Rule::kStatDirectoryLinks};
  return std::find(kRules.begin(), kRules.end(), rule) != kRules.end();
}

}  // namespace

std::string_view word_of(Shown shown) {
  switch (shown) {
    case Shown::kError: return "error";
    case Shown::kType: return "type";
    case Shown::kMode: return "mode";
    case Shown::kLinks: return "links";
    case Shown::kUid: return "uid";
    case Shown::kGid: return "gid";
    case Shown::kDevice: return "device";
    case Shown::kSize: return "size";
    case Shown::kModifyTime: return "mtime";
    case Shown::kChangeTime: return "ctime";
    case Shown::kNumber: return "st_ino";
    case Shown::kFileSystem: return "st_dev";
    case Shown::kBytes: return "bytes";
    case Shown::kCount: return "count";
    case Shown::kAttribute: return "attribute";
    case Shown::kListed: return "listed";
    case Shown::kListedNumber: return "d_ino";
    case Shown::kListedType: return "d_type";
    case Shown::kEntries: return "entries";
  }
  return {};
}

void Recorder::happened(const Event& event) {
  if (std::holds_alternative<Mount>(event)) {
    before_ = after_;
    is_mounted_ = true;
  }
  moments_.push_back({.what = event});
}

void Recorder::answered(const Judge& judge, Asker asker, const Caller& caller, const Operation& operation,
                        const Outcome& outcome) {
  const model::Plan plan = check(judge.world(), caller, operation);
  moments_.push_back(
      {.what = Asked{asker, caller, operation, outcome, plan.first.object, permitted_words(plan)}, .needed = false});
}

void Recorder::handle_taken(const Judge::Named& named, const Result<std::string>& handle) {
  moments_.push_back({.what = HandleTaken{.path = named.path, .handle = handle}});
}

void Recorder::handle_opened(const ObjectHistory::Handle& handle, const Result<HandleOpened>& opened) {
  moments_.push_back({.what = HandleAsked{.handle = handle.bytes, .opened = opened}});
}

void Recorder::scanned(const Scanned& scanned) { after_ = scanned; }

void Recorder::judged(const Judge& judge) {
  const auto& findings = judge.findings();
  for (; findings_ < findings.size() && !evidence_; ++findings_) {
    const Finding& finding = findings[findings_];
    if (!same_kind(finding, wanted_)) continue;
    EvidenceBuilder builder(moments_, judge, finding);
    if (finding.rule == model::Rule::kHandles) {
      tell_handle(builder);
    } else if (finding.operation) {
      is_about_history(finding.rule) ? tell_identity(builder) : tell_answer(builder);
    } else {
      tell_layers(builder, {.before = before_, .after = after_, .view = view_});
    }
    evidence_ = builder.take();
    evidence_->before = before_.layers;
    evidence_->after = after_.layers;
  }
}

}  // namespace ovlspec::oracle
