#include "oracle/given_places.h"

#include <algorithm>
#include <cstdlib>

namespace ovlspec::oracle {

std::vector<GivenPlace> parse_places(std::string_view text) {
  std::vector<GivenPlace> places;
  std::optional<ImageKind> kind;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(':'));
    text.remove_prefix(std::min(word.size() + 1, text.size()));
    if (word.empty()) continue;
    if (const auto named = image_kind(word)) {
      kind = named;
      continue;
    }
    places.push_back(GivenPlace{std::string(word), kind});
    kind.reset();
  }
  return places;
}

std::vector<GivenPlace> given_places() {
  const char* text = std::getenv("OVLSPEC_PLACES");
  return parse_places(text != nullptr ? text : "");
}

}  // namespace ovlspec::oracle
