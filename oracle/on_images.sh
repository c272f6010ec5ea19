#!/usr/bin/env bash
# Runs a command with layers on ext4, xfs and btrfs images, on tmpfs, and as squashfs and erofs images:
#   oracle/on_images.sh build/dev/oracle/ovlspec check --subject fuse
# A lower on squashfs or erofs is an image of its own, which is built again when somebody changes the layer; an upper that
# would lie there lies on one of the others. $OVLSPEC_PLACES (oracle/given_places.h), which this sets, says so to the
# command.
# Needs root, loop devices, and mkfs of what is to be there; what is missing is left out, and said. In a mount namespace
# of its own; the images go with it. Exit status 4 where nothing of it can be done.
set -euo pipefail
if [[ ${OVLSPEC_ON_IMAGES:-} != inside ]]; then
  unshare --mount true 2>/dev/null || { echo "no mount namespace can be made here" >&2; exit 4; }
  OVLSPEC_ON_IMAGES=inside exec unshare --mount --propagation private "$0" "$@"
fi
images=$(mktemp -d)
places=()
mounted=()
finish() {
  for place in "${mounted[@]}"; do umount "$place" || true; done
  rm -rf --one-file-system "$images"
}
trap finish EXIT
left_out() { echo "$1: left out, $2" >&2; }
has() { command -v "$1" >/dev/null; }
add_image() {  # FILE-SYSTEM SIZE MKFS-ARGUMENT...
  local kind=$1 size=$2
  shift 2
  has "mkfs.$kind" || { left_out "$kind" "mkfs.$kind is missing"; return; }
  truncate -s "$size" "$images/$kind.image"
  "mkfs.$kind" "$@" "$images/$kind.image" >/dev/null
  mkdir "$images/$kind"
  # The loop device is the mount's alone, and is freed with it.
  mount -o loop "$images/$kind.image" "$images/$kind" || { left_out "$kind" "it cannot be mounted"; return; }
  mounted+=("$images/$kind")
  places+=("$images/$kind")
}
add_tmpfs() {
  setfattr -n user.test "$images/tmpfs" || { left_out tmpfs "it has no user.* attributes here"; return; }
  places+=("$images/tmpfs")
}
add_read_only() {  # FILE-SYSTEM PROGRAM ARGUMENT...: which make an image of an empty directory, to be tried
  local kind=$1 program=$2
  shift
  has "$program" || { left_out "$kind" "$program is missing"; return; }
  mkdir "$images/tried"
  "$@" >/dev/null
  if mount -t "$kind" -o loop,ro "$images/tmpfs/$kind.image" "$images/tried" 2>/dev/null; then
    umount "$images/tried"
    mkdir "$images/tmpfs/$kind"
    places+=("$kind:$images/tmpfs/$kind")
  else
    left_out "$kind" "it cannot be mounted"
  fi
  rmdir "$images/tried"
}
mkdir "$images/tmpfs"
mount -t tmpfs -o mode=755 ovlspec "$images/tmpfs" || exit 4
mounted+=("$images/tmpfs")
add_image ext4 256M -q -F
add_image xfs 320M -q
add_image btrfs 320M -q
add_tmpfs
add_read_only squashfs mksquashfs "$images/tried" "$images/tmpfs/squashfs.image" -quiet -no-progress
add_read_only erofs mkfs.erofs --quiet "$images/tmpfs/erofs.image" "$images/tried"
((${#places[@]})) || exit 4
OVLSPEC_PLACES=$(IFS=:; echo "${places[*]}")
export OVLSPEC_PLACES
"$@"
