// From a violation to what shows it: which moments of a run, and what is to be compared in them.
#pragma once

#include "oracle/layer_format.h"
#include "oracle/report_record.h"

namespace ovlspec::oracle {

// `success` and names of errors, with blanks between.
std::string permitted_words(const model::Plan& plan);

// How evidence is put together, by those who know a kind of violation.
class EvidenceBuilder {
 public:
  EvidenceBuilder(std::vector<Moment> moments, const Judge& judge, Finding finding);

  const Judge& judge() const { return judge_; }
  const Finding& finding() const { return evidence_.finding; }
  const std::vector<Moment>& moments() const { return evidence_.moments; }
  std::size_t last() const { return evidence_.moments.size() - 1; }
  // The operation that was answered at a moment; nothing where it is another kind.
  const Asked* asked(std::size_t moment) const { return std::get_if<Asked>(&evidence_.moments[moment].what); }
  // The latest moment before `end` that fits; nothing where none does. `mount`: of the present mount alone.
  enum class Within : std::uint8_t { kMount, kRun };
  template <typename Fits>
  std::optional<std::size_t> latest(std::size_t end, Within within, const Fits& fits) const {
    for (std::size_t i = end; i > 0; --i) {
      if (within == Within::kMount && is_mount(i - 1)) return std::nullopt;
      if (fits(i - 1)) return i - 1;
    }
    return std::nullopt;
  }
  std::optional<std::size_t> latest_mount() const;

  std::size_t append(Happening what);
  std::size_t insert(std::size_t before, Happening what);
  // The value's moment is needed; of a read of the walk's, what opened the file for it, too.
  Value value(std::size_t moment, Shown shown, std::string name = {});
  void claim(Value left, Relation relation, std::variant<Value, std::string> right);
  void give_up(std::string why);
  Evidence take() { return std::move(evidence_); }

 private:
  bool is_mount(std::size_t moment) const;

  const Judge& judge_;
  Evidence evidence_;
};

// What is wrong with an operation's answer; the last moment.
void tell_answer(EvidenceBuilder& evidence);
// Numbers and times that do not agree with what was seen before; the last moment.
void tell_identity(EvidenceBuilder& evidence);
// A file handle that could not be taken, or opens what it should not; the last moment.
void tell_handle(EvidenceBuilder& evidence);

// A look at one of two trees, and how it differs from what the other has there.
struct DifferenceShown {
  Operation operation;
  Shown shown = Shown::kError;
  Relation relation = Relation::kDiffers;
  std::string expected;
};
std::optional<DifferenceShown> difference_shown(const model::Tree& seen, const model::Tree& wanted);

// What was found on disk.
struct LayersSeen {
  const Scanned& before;  // when the mount began
  const Scanned& after;
  const std::optional<model::Tree>& view;
};
void tell_layers(EvidenceBuilder& evidence, const LayersSeen& layers);

}  // namespace ovlspec::oracle
