// What a campaign found, as one page for people: no script, nothing from elsewhere, for dark and light, wide and narrow
// screens.
#pragma once

#include <string>
#include <vector>

#include "oracle/check.h"

namespace ovlspec::oracle {

// Links are to files beside the page.
std::string report_page(const std::vector<SubjectReport>& reports);

// Text within HTML: what is no printable ASCII as \xNN. A name has no lines.
enum class Newlines : std::uint8_t { kKept, kEscaped };
std::string html_text(std::string_view text, Newlines newlines = Newlines::kKept);
// A stack, topmost first: a box for each layer, with its names and what the overlay marked them with. `before`: the
// stack as it was, against which new names stand out.
std::string drawing_of(const model::Layers& layers, const model::Layers* before);

// What was seen, and what would have been right, of a finding's words; the latter is empty where they do not tell it.
struct SeenAndPermitted {
  std::string seen;
  std::string permitted;
};
SeenAndPermitted seen_and_permitted(const std::string& what);

}  // namespace ovlspec::oracle
