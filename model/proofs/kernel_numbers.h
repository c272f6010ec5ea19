// The numbers that the kernel's overlayfs shows, as its code decides them: st_ino and st_dev (ovl_getattr,
// ovl_map_dev_ino), d_ino (ovl_calc_d_ino, ovl_cache_update) and i_ino (ovl_hash_bylower, ovl_map_ino). A
// template like the engine's kernels, so that it is proved and mutated like them; see impl/engine/value_domain.h for D.
//
// Source: fs/overlayfs/inode.c, readdir.c, util.c; Linux 6.18.
#pragma once

#include <cstdint>

namespace ovlspec::proofs::overlayfs {

template <typename D>
struct Mount {
  typename D::Bool one_file_system;  // all layers on one
  typename D::Bool xino;             // on several, with xino=on, or auto where it takes effect
};

// Bits that xino takes: 3 hold four file systems' ids beside the bit for numbers that do not fit.
inline constexpr unsigned kXinoBits = 3;
inline constexpr unsigned kXinoShift = 64 - kXinoBits;

template <typename D>
struct Inode {
  typename D::Bool directory;
  typename D::Bool upper;        // it has an inode in the upper layer
  typename D::Bool lower;        // in a lower one, or an origin there that was found
  typename D::Bool indexed;      // its upper inode is in the index
  typename D::Bool linked;       // its lower inode has several links
  typename D::Bool made_lower;   // the inode in memory was made before the copy up
  typename D::Bool impure;       // its parent is marked: something in it was copied up
  typename D::Word upper_inode;  // numbers of the real inodes
  typename D::Word lower_inode;
  typename D::Word lower_file_system;  // 0 is the upper's
  typename D::Word counter;            // what get_next_ino gave to this inode in memory
};

// ovl_hash_bylower: the inode in memory is found by the lower inode. What is broken at copy up is not.
template <typename D>
typename D::Bool by_lower(const Inode<D>& inode) {
  const auto breaks = D::both(inode.upper, D::both(D::negate(inode.directory), inode.linked));
  return D::both(inode.lower, D::either(inode.indexed, D::negate(breaks)));
}

// The real inode that the object's numbers come from.
template <typename D>
struct Real {
  typename D::Word inode;
  typename D::Word file_system;
};

template <typename D>
Real<D> real_of(const Inode<D>& inode, const typename D::Bool& is_lower) {
  return {.inode = D::select(is_lower, inode.lower_inode, inode.upper_inode),
          .file_system = D::select(is_lower, inode.lower_file_system, D::constant(0))};
}

template <typename D>
typename D::Bool fits(const typename D::Word& number) {
  return D::less_unsigned(number, D::shift_left(D::constant(1), kXinoShift));
}

// Whether a real inode's number is shown in the one space of numbers that the overlay's device has.
template <typename D>
typename D::Bool has_place(const Mount<D>& mount, const Real<D>& real) {
  return D::either(mount.one_file_system, D::both(mount.xino, fits<D>(real.inode)));
}

template <typename D>
typename D::Word placed(const Mount<D>& mount, const Real<D>& real) {
  const auto with_file_system = D::bit_or(real.inode, D::shift_left(real.file_system, kXinoShift + 1));
  return D::select(D::both(mount.xino, fits<D>(real.inode)), with_file_system, real.inode);
}

// ovl_map_ino.
template <typename D>
typename D::Word held(const Mount<D>& mount, const Inode<D>& inode, const Real<D>& real) {
  const auto low_bits = D::constant((std::uint64_t{1} << kXinoShift) - 1);
  const auto of_memory = D::bit_or(D::bit_and(inode.counter, low_bits), D::shift_left(D::constant(1), kXinoShift));
  const auto counter = D::select(mount.xino, of_memory, inode.counter);
  return D::select(D::both(inode.directory, D::negate(has_place<D>(mount, real))), counter, placed<D>(mount, real));
}

template <typename D>
struct Shown {
  typename D::Word st_ino;
  typename D::Bool overlay_device;  // st_dev is the overlay's
  typename D::Word d_ino;
  typename D::Word i_ino;
};

template <typename D>
Shown<D> show(const Mount<D>& mount, const Inode<D>& inode) {
  const auto is_lower = D::either(D::negate(inode.upper), by_lower<D>(inode));
  const Real<D> real = real_of<D>(inode, is_lower);
  const Real<D> made_from = real_of<D>(inode, D::either(is_lower, inode.made_lower));
  const auto number = held<D>(mount, inode, real);

  // A listing has the topmost real inode's number. Where all objects show one device, it is mapped, and a copied-up
  // object asked for its own: always with xino, else where something was copied up.
  const auto listed = D::select(inode.upper, inode.upper_inode, inode.lower_inode);
  const auto asked = D::either(mount.xino, D::both(mount.one_file_system, inode.impure));
  const auto copied_up = D::both(inode.upper, by_lower<D>(inode));
  const auto lower_mapped = D::both(mount.xino, D::negate(inode.upper));
  return {
      .st_ino = number,
      .overlay_device = D::negate(D::both(D::negate(inode.directory), D::negate(has_place<D>(mount, real)))),
      .d_ino = D::select(D::both(asked, copied_up), number, D::select(lower_mapped, placed<D>(mount, real), listed)),
      .i_ino = held<D>(mount, inode, made_from)};
}

}  // namespace ovlspec::proofs::overlayfs
