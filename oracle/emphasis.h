// What a generated case dwells on. A campaign that is steered (steering.h) takes most cases of the kinds that show most
// of what was not seen before.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "oracle/generator.h"

namespace ovlspec::oracle {

enum class Emphasis : std::uint8_t {
  kOrdinary,
  kTrouble,     // Weights::trouble
  kCallers,     // who may do what: modes, owners, others than root
  kOdd,         // operations that name what cannot be
  kStreams,     // open files and directories that are read while they change
  kLayers,      // remounts and changes of the layers
  kLinks,       // hard links, and names that are exchanged
  kAttributes,  // extended attributes and times
};
inline constexpr std::size_t kEmphases = 8;
inline constexpr std::array<std::string_view, kEmphases> kEmphasisWords{"ordinary", "trouble", "callers", "odd",
                                                                        "streams",  "layers",  "links",   "attributes"};

// The options of a case with this emphasis. kOrdinary changes nothing.
GeneratorOptions emphasised(GeneratorOptions options, Emphasis emphasis);

}  // namespace ovlspec::oracle
