// The table "Inode properties" of the kernel's document on overlayfs: what each configuration promises of the numbers
// that its objects show. Decided by model/proofs/inode_properties.cc, compared with a kernel by oracle/inode_cells.h.
//
// Source: Documentation/filesystems/overlayfs.rst, "Inode properties", Linux 6.18.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace ovlspec::model {

enum class Layering : std::uint8_t {  // the table's rows
  kSameFileSystem,                    // all layers on one file system
  kXinoOff,                           // on several, xino=off
  kXino,                              // on several, xino=on or auto, every backing inode number fits
  kXinoOverflow,                      // the same, where a number does not fit
};

enum class InodeProperty : std::uint8_t {  // its columns
  kPersistentNumber,                       // st_ino is the same after a remount
  kUniformDevice,                          // st_dev is the overlay's
  kListedAsShown,                          // st_ino == d_ino
  kListedAsHeld,                           // d_ino == i_ino
};

struct InodeCell {
  Layering layering = Layering::kSameFileSystem;
  InodeProperty property = InodeProperty::kPersistentNumber;
  bool directory = false;
  bool promised = false;  // the document's Y
};

inline constexpr std::array kLayerings = {Layering::kSameFileSystem, Layering::kXinoOff, Layering::kXino,
                                          Layering::kXinoOverflow};
inline constexpr std::array kInodeProperties = {InodeProperty::kPersistentNumber, InodeProperty::kUniformDevice,
                                                InodeProperty::kListedAsShown, InodeProperty::kListedAsHeld};
inline constexpr std::size_t kInodeCells = kLayerings.size() * kInodeProperties.size() * 2;

// By row, then column, directories first.
constexpr std::array<InodeCell, kInodeCells> inode_cells() {
  std::array<InodeCell, kInodeCells> cells;
  std::size_t next = 0;
  for (const Layering layering : kLayerings) {
    const bool one_space = layering == Layering::kSameFileSystem || layering == Layering::kXino;
    for (const InodeProperty property : kInodeProperties) {
      for (const bool directory : {true, false}) {
        // In the two rows that have one space of numbers everything is promised. In the others a directory has the
        // overlay's device with a number that is made up, any other object its own number with a device made up.
        const bool listing = property == InodeProperty::kListedAsShown || property == InodeProperty::kListedAsHeld;
        const bool promised = one_space || (directory ? property == InodeProperty::kUniformDevice : listing);
        cells[next++] = {layering, property, directory, promised};
      }
    }
  }
  return cells;
}

constexpr std::string_view describe(Layering layering) {
  switch (layering) {
    case Layering::kSameFileSystem: return "one file system";
    case Layering::kXinoOff: return "several, xino=off";
    case Layering::kXino: return "several, xino=on";
    case Layering::kXinoOverflow: return "several, xino=on, overflow";
  }
  return "";
}

constexpr std::string_view describe(InodeProperty property) {
  switch (property) {
    case InodeProperty::kPersistentNumber: return "persistent st_ino";
    case InodeProperty::kUniformDevice: return "uniform st_dev";
    case InodeProperty::kListedAsShown: return "st_ino == d_ino";
    case InodeProperty::kListedAsHeld: return "d_ino == i_ino";
  }
  return "";
}

}  // namespace ovlspec::model
