// The kernel's table of inode properties (model/inode_properties.h), all 32 cells: of each Y that the property holds
// under the table's own assumptions, of each N a trigger under which it fails. Seven of the Y fail, too, for some
// objects: there the code and the document disagree, and the kernel does what its code says (oracle/inode_cells.h).
#include "model/inode_properties.h"

#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

#include "model/proofs/kernel_numbers.h"
#include "model/proofs/registry.h"
#include "model/proofs/term_domain.h"

namespace ovlspec::proofs {
namespace {

using model::InodeCell;
using model::InodeProperty;
using model::Layering;
using Mount = overlayfs::Mount<TermDomain>;
using Inode = overlayfs::Inode<TermDomain>;
using Shown = overlayfs::Shown<TermDomain>;

constexpr unsigned kTopOfNumber = 60;  // what fits beside the bits of xino has no higher bit

Mount mount_of(Layering layering) {
  return Mount{.one_file_system = truth(layering == Layering::kSameFileSystem),
               .xino = truth(layering == Layering::kXino || layering == Layering::kXinoOverflow)};
}

// Any object that can be.
Inode any_inode(bool directory) {
  const Truth upper = any_truth("upper"), lower = any_truth("lower");
  return Inode{.directory = truth(directory),
               .upper = upper,
               .lower = lower,
               .indexed = all_of({upper, lower, any_truth("indexed")}),
               .linked = any_truth("linked"),
               .made_lower = both(lower, any_truth("made_lower")),
               .impure = any_truth("impure"),
               .upper_inode = any_word("upper_inode"),
               .lower_inode = any_word("lower_inode"),
               .lower_file_system = any_word("lower_file_system"),
               .counter = any_word("counter")};
}

// In the next mount: other numbers in memory, and the origin of a file is found by its handle alone.
Inode remounted(const Inode& inode, bool directory, const Truth& handles) {
  Inode again = inode;
  again.counter = any_word("counter_again");
  again.made_lower = truth(false);
  if (directory) return again;
  again.lower = both(inode.lower, either(negation(inode.upper), handles));
  again.indexed = both(inode.indexed, handles);
  return again;
}

struct Scene {
  InodeCell cell;
  Inode inode;
  Truth handles;
  Shown first;
  Shown again;
};

Scene scene_of(const InodeCell& cell) {
  const Mount mount = mount_of(cell.layering);
  const Inode inode = any_inode(cell.directory);
  const Truth handles = any_truth("handles");
  return Scene{.cell = cell,
               .inode = inode,
               .handles = handles,
               .first = overlayfs::show<TermDomain>(mount, inode),
               .again = overlayfs::show<TermDomain>(mount, remounted(inode, cell.directory, handles))};
}

Truth property_of(const Scene& scene) {
  switch (scene.cell.property) {
    case InodeProperty::kPersistentNumber: return equal(scene.first.st_ino, scene.again.st_ino);
    case InodeProperty::kUniformDevice: return scene.first.overlay_device;
    case InodeProperty::kListedAsShown: return equal(scene.first.st_ino, scene.first.d_ino);
    case InodeProperty::kListedAsHeld: return equal(scene.first.d_ino, scene.first.i_ino);
  }
  return truth(false);
}

std::string picture_of(const Assignment& values, const Scene& scene) {
  const Inode& inode = scene.inode;
  std::string text =
      fmt::format("{}, {}", describe(scene.cell.layering), scene.cell.directory ? "a directory" : "a file");
  if (values.value(inode.upper)) text += fmt::format(", upper inode {:#x}", values.value(inode.upper_inode));
  if (values.value(inode.lower))
    text += fmt::format(", lower inode {:#x}{} of file system {}", values.value(inode.lower_inode),
                        values.value(inode.linked) ? " (linked)" : "", values.value(inode.lower_file_system));
  if (values.value(inode.indexed)) text += ", indexed";
  return text + fmt::format("\nst_ino {:#x}{}, d_ino {:#x}, i_ino {:#x}; after a remount st_ino {:#x}",
                            values.value(scene.first.st_ino),
                            values.value(scene.first.overlay_device) ? "" : " on a device of its own",
                            values.value(scene.first.d_ino), values.value(scene.first.i_ino),
                            values.value(scene.again.st_ino));
}

// Assumptions, as far as a cell needs them.

Truth fits(const Word& number) { return equal(bits(number, 63, kTopOfNumber + 1), word(0)); }
Word listed(const Inode& inode) { return choice(inode.upper, inode.upper_inode, inode.lower_inode); }

Assumption all_fit(const Scene& scene) {
  return {"the real inode numbers leave the bits of xino free",
          both(fits(scene.inode.upper_inode), fits(scene.inode.lower_inode))};
}
Assumption none_fits(const Scene& scene) {
  return {"the real inode numbers use bits of xino",
          both(negation(fits(scene.inode.upper_inode)), negation(fits(scene.inode.lower_inode)))};
}
Assumption has_handles(const Scene& scene) { return {"the file systems have file handles", scene.handles}; }
Assumption parent_marked(const Scene& scene) {
  return {"what has an upper and a lower inode was copied up, which marks its parent",
          implies(both(scene.inode.upper, scene.inode.lower), scene.inode.impure)};
}
// Its inode in memory keeps i_ino, which the next mount alone makes anew.
Assumption link_not_broken(const Scene& scene) {
  return {"no name of a lower hard link was copied up in this mount without an index",
          implies(both(scene.inode.made_lower, scene.inode.upper),
                  either(negation(scene.inode.linked), scene.inode.indexed))};
}
Assumption copied_up(const Scene& scene) {
  return {"the file was copied up, and had one name",
          all_of({scene.inode.upper, scene.inode.lower, negation(scene.inode.linked)})};
}
Assumption link_broken(const Scene& scene) {
  const Inode& inode = scene.inode;
  return {"a name of a lower hard link was copied up in this mount without an index",
          all_of({inode.made_lower, inode.upper, inode.linked, negation(inode.indexed)})};
}
Assumption merged_by_hand(const Scene& scene) {
  return {"the upper directory was made over the lower one offline, in a parent without a mark",
          all_of({scene.inode.upper, scene.inode.lower, negation(scene.inode.impure)})};
}
Assumption not_copied_up(const Scene& scene) {
  return {"it has an upper or a lower inode, not both", negation(both(scene.inode.upper, scene.inode.lower))};
}
Assumption real_numbers_differ(const Scene& scene) {
  return {"the upper and the lower inode have different numbers",
          negation(equal(scene.inode.upper_inode, scene.inode.lower_inode))};
}
Truth low_bits_equal(const Word& one, const Word& other) {
  return equal(bits(one, kTopOfNumber, 0), bits(other, kTopOfNumber, 0));
}
Assumption counters_differ(const Scene& scene) {
  return {"the two mounts made up different numbers",
          negation(low_bits_equal(scene.inode.counter, any_word("counter_again")))};
}
Assumption counter_differs(const Scene& scene) {
  return {"the number that was made up is not the real one",
          negation(low_bits_equal(scene.inode.counter, listed(scene.inode)))};
}

using Assumptions = std::vector<Assumption>;

// Under which the property of a promised cell holds.
Assumptions conditions(const Scene& scene) {
  const bool mapped = scene.cell.layering == Layering::kXino;
  const bool same = scene.cell.layering == Layering::kSameFileSystem;
  switch (scene.cell.property) {
    case InodeProperty::kPersistentNumber:
      if (!scene.cell.directory) return {has_handles(scene)};
      return mapped ? Assumptions{all_fit(scene)} : Assumptions{};
    case InodeProperty::kUniformDevice:
      return mapped && !scene.cell.directory ? Assumptions{all_fit(scene)} : Assumptions{};
    case InodeProperty::kListedAsShown:
    case InodeProperty::kListedAsHeld: break;
  }
  Assumptions needed;
  if (same) needed.push_back(parent_marked(scene));
  if (mapped && scene.cell.directory) needed.push_back(all_fit(scene));
  if (scene.cell.layering == Layering::kXinoOff) needed.push_back(not_copied_up(scene));
  const bool held = scene.cell.property == InodeProperty::kListedAsHeld;
  if (held && !scene.cell.directory && scene.cell.layering != Layering::kXinoOff)
    needed.push_back(link_not_broken(scene));
  return needed;
}

// Under which the property of a promised cell fails for some objects.
Assumptions trigger_of_promised(const Scene& scene) {
  if (scene.cell.directory) return {merged_by_hand(scene), real_numbers_differ(scene)};
  switch (scene.cell.layering) {
    case Layering::kSameFileSystem: return {link_broken(scene), real_numbers_differ(scene)};
    case Layering::kXinoOff: return {copied_up(scene), real_numbers_differ(scene)};
    case Layering::kXino: return {link_broken(scene), all_fit(scene), real_numbers_differ(scene)};
    case Layering::kXinoOverflow: return {link_broken(scene), none_fits(scene), real_numbers_differ(scene)};
  }
  return {};
}

Assumptions trigger_of_file_number(const Scene& scene) {
  const Assumption no_handles{"the lower file system has no file handles", negation(scene.handles)};
  if (scene.cell.layering == Layering::kXinoOff) return {copied_up(scene), no_handles, real_numbers_differ(scene)};
  return {copied_up(scene),
          no_handles,
          {"the lower inode number uses bits of xino", negation(fits(scene.inode.lower_inode))},
          {"the upper one does not", fits(scene.inode.upper_inode)}};
}

Assumptions trigger_of_directory(const Scene& scene) {
  const bool overflow = scene.cell.layering == Layering::kXinoOverflow;
  const bool persistent = scene.cell.property == InodeProperty::kPersistentNumber;
  Assumptions needed;
  if (overflow) needed.push_back(none_fits(scene));
  if (overflow && !persistent) needed.push_back(not_copied_up(scene));
  needed.push_back(persistent ? counters_differ(scene) : counter_differs(scene));
  return needed;
}

// Under which the property fails.
Assumptions trigger(const Scene& scene) {
  if (scene.cell.promised) return trigger_of_promised(scene);
  if (scene.cell.directory) return trigger_of_directory(scene);
  if (scene.cell.property == InodeProperty::kPersistentNumber) return trigger_of_file_number(scene);
  return scene.cell.layering == Layering::kXinoOverflow ? Assumptions{none_fits(scene)} : Assumptions{};
}

enum class Decision : bool { kHolds, kFails };

std::string short_name(Layering layering) {
  switch (layering) {
    case Layering::kSameFileSystem: return "same";
    case Layering::kXinoOff: return "xino-off";
    case Layering::kXino: return "xino";
    case Layering::kXinoOverflow: return "overflow";
  }
  return "";
}

std::string short_name(InodeProperty property) {
  switch (property) {
    case InodeProperty::kPersistentNumber: return "persistent";
    case InodeProperty::kUniformDevice: return "device";
    case InodeProperty::kListedAsShown: return "listed";
    case InodeProperty::kListedAsHeld: return "held";
  }
  return "";
}

std::string cited(InodeProperty property) {
  switch (property) {
    case InodeProperty::kPersistentNumber: return "ID-5";
    case InodeProperty::kUniformDevice: return "ID-2";
    case InodeProperty::kListedAsShown:
    case InodeProperty::kListedAsHeld: return "ID-4";
  }
  return "";
}

Obligation obligation_of(const InodeCell& cell, Decision decision) {
  const bool fails = decision == Decision::kFails;
  const std::string id = fmt::format("kernel-{}-{}-{}{}", short_name(cell.layering), short_name(cell.property),
                                     cell.directory ? "directory" : "other", fails ? "-fails" : "");
  const std::string sentence =
      fmt::format("overlayfs, {}, {}: {} {}", describe(cell.layering), cell.directory ? "directories" : "others",
                  describe(cell.property), fails ? "fails" : "holds");
  const auto state = [cell, fails] {
    const Scene scene = scene_of(cell);
    const Truth property = property_of(scene);
    return Statement{.assumptions = fails ? trigger(scene) : conditions(scene),
                     .claim = fails ? negation(property) : property,
                     .picture = [scene](const Assignment& values) { return picture_of(values, scene); }};
  };
  return Obligation{.id = id, .sentence = sentence, .cites = cited(cell.property), .state = state};
}

// A Y of the document that the code keeps for some objects alone.
bool is_kept_in_part(const InodeCell& cell) {
  if (cell.property == InodeProperty::kListedAsHeld && !cell.directory) return true;
  const bool listing = cell.property == InodeProperty::kListedAsShown || cell.property == InodeProperty::kListedAsHeld;
  return listing && cell.layering == (cell.directory ? Layering::kSameFileSystem : Layering::kXinoOff);
}

// The document's text beside the table, of a lower object with xino.

Inode lower_object(const std::string& name) {
  Inode inode = any_inode(false);
  inode.upper = truth(false);
  inode.lower = truth(true);
  inode.lower_inode = any_word(name + "_inode");
  inode.lower_file_system = any_word(name + "_file_system");
  return inode;
}

Truth is_file_system(const Word& id) { return below(id, word(4)); }  // of three bits of xino one is for other numbers

Statement composed() {
  const Inode inode = lower_object("lower");
  const Shown shown = overlayfs::show<TermDomain>(mount_of(Layering::kXino), inode);
  const Truth low = equal(bits(shown.st_ino, kTopOfNumber, 0), inode.lower_inode);
  const Truth high = equal(bits(shown.st_ino, 63, kTopOfNumber + 2), inode.lower_file_system);
  const Truth free = equal(bits(shown.st_ino, kTopOfNumber + 1, kTopOfNumber + 1), word(0));
  return Statement{.assumptions = {{"the real inode number leaves the bits of xino free", fits(inode.lower_inode)},
                                   {"the file system's id has two bits", is_file_system(inode.lower_file_system)}},
                   .claim = all_of({low, high, free}),
                   .picture = [=](const Assignment& values) {
                     return fmt::format("inode {:#x} of file system {}: {:#x}", values.value(inode.lower_inode),
                                        values.value(inode.lower_file_system), values.value(shown.st_ino));
                   }};
}

Statement made_up_apart() {
  const Inode inode = lower_object("file");
  const Inode directory = any_inode(true);
  const Shown shown = overlayfs::show<TermDomain>(mount_of(Layering::kXino), inode);
  const Shown made_up = overlayfs::show<TermDomain>(mount_of(Layering::kXinoOverflow), directory);
  return Statement{
      .assumptions = {{"the file's real inode number leaves the bits of xino free", fits(inode.lower_inode)},
                      {"the directory's do not",
                       both(negation(fits(directory.upper_inode)), negation(fits(directory.lower_inode)))}},
      .claim = negation(equal(shown.st_ino, made_up.st_ino)),
      .picture = [=](const Assignment& values) {
        return fmt::format("a file and a directory show {:#x}", values.value(shown.st_ino));
      }};
}

Statement no_bits_without_xino() {
  const Inode inode = lower_object("lower");
  const Shown shown = overlayfs::show<TermDomain>(mount_of(Layering::kXinoOff), inode);
  return Statement{
      .assumptions = {}, .claim = equal(shown.st_ino, inode.lower_inode), .picture = [=](const Assignment& values) {
        return fmt::format("inode {:#x}: {:#x}", values.value(inode.lower_inode), values.value(shown.st_ino));
      }};
}

// The number that a directory gets in memory without a place for its own.
Statement counted() {
  const Inode directory = any_inode(true);
  const Word off = overlayfs::show<TermDomain>(mount_of(Layering::kXinoOff), directory).st_ino;
  const Word overflow = overlayfs::show<TermDomain>(mount_of(Layering::kXinoOverflow), directory).st_ino;
  const Truth marked = both(equal(bits(overflow, kTopOfNumber, 0), bits(directory.counter, kTopOfNumber, 0)),
                            equal(bits(overflow, 63, kTopOfNumber + 1), word(1)));
  return Statement{
      .assumptions = {{"the real inode numbers use bits of xino",
                       both(negation(fits(directory.upper_inode)), negation(fits(directory.lower_inode)))}},
      .claim = both(equal(off, directory.counter), marked),
      .picture = [=](const Assignment& values) {
        return fmt::format("counter {:#x}: {:#x}, with xino {:#x}", values.value(directory.counter), values.value(off),
                           values.value(overflow));
      }};
}

}  // namespace

std::vector<Obligation> inode_property_obligations() {
  std::vector<Obligation> all;
  for (const InodeCell& cell : model::inode_cells()) {
    if (cell.promised) all.push_back(obligation_of(cell, Decision::kHolds));
    if (!cell.promised || is_kept_in_part(cell)) all.push_back(obligation_of(cell, Decision::kFails));
  }
  return all;
}

std::vector<Obligation> xino_obligations() {
  return {
      Obligation{.id = "kernel-xino-composed",
                 .sentence =
                     "overlayfs, xino: a number holds the real inode number and the file system's id, with a bit "
                     "between them that is free",
                 .cites = "ID-1",
                 .state = composed},
      Obligation{.id = "kernel-xino-made-up-apart",
                 .sentence = "overlayfs, xino: a number made up for a directory is no other object's number",
                 .cites = "ID-1",
                 .state = made_up_apart},
      Obligation{.id = "kernel-xino-counted",
                 .sentence =
                     "overlayfs: a directory whose number has no place shows a counter, with xino marked by the "
                     "bit that is free",
                 .cites = "ID-5",
                 .state = counted},
      Obligation{.id = "kernel-xino-off-real",
                 .sentence = "overlayfs, xino=off: a lower file shows its real inode number",
                 .cites = "ID-5",
                 .state = no_bits_without_xino},
  };
}

}  // namespace ovlspec::proofs
