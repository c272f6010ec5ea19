// Command lines that mount, with places to be filled in.
//
//   {lowers}            the lower directories, topmost first, with `:` between
//   {lowers|SEP|A|B}    the same, with SEP between, each with A before and B after
//   {lower}             the word is there once for each lower
//   {upper} {work}      empty on a stack without an upper
//   {mount}             the mount point, an empty directory
//   {state}             a directory beside the layers, empty for each case
//   {options}           the mount options, with commas between; {,options} begins with a comma where there are any
//
// A word that is nothing but places and becomes empty is left out.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "oracle/overlay_mount.h"

namespace ovlspec::oracle {

struct MountCommand {
  std::vector<std::string> writable;
  std::vector<std::string> read_only;  // for stacks without an upper; empty: as `writable`
  std::vector<std::string> unmount;    // {mount} may stand in it; empty: umount2
};

struct MountFilling {
  StackPaths paths;
  std::vector<std::string> options;
  std::string mount_point;
  std::string state;
};

std::vector<std::string> filled(const std::vector<std::string>& words, const MountFilling& filling);
// The place that is none of those above, of the first word that has one.
std::optional<std::string> unknown_place(const std::vector<std::string>& words);

// Words as a shell would take them: blanks separate, quotes '' and "" and a backslash keep. Nothing where a quote has
// no end.
std::optional<std::vector<std::string>> split_words(std::string_view text);

}  // namespace ovlspec::oracle
