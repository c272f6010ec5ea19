#!/usr/bin/env bash
# Runs a command with layers on ext4, xfs and btrfs images: oracle/on_images.sh build/dev/oracle/ovlspec check --subject fuse
# Needs root, loop devices, and mkfs of what is to be there; what is missing is left out. In a mount namespace of its own;
# the images go with it.
set -euo pipefail
if [[ ${OVLSPEC_ON_IMAGES:-} != inside ]]; then
  OVLSPEC_ON_IMAGES=inside exec unshare --mount --propagation private "$0" "$@"
fi
images=$(mktemp -d)
places=()
finish() {
  for place in "${places[@]}"; do umount "$place" || true; done
  rm -rf --one-file-system "$images"
}
trap finish EXIT
add_image() {  # FILE-SYSTEM SIZE MKFS-ARGUMENT...
  local kind=$1 size=$2
  shift 2
  command -v "mkfs.$kind" >/dev/null || { echo "$kind: left out, mkfs.$kind is missing" >&2; return; }
  truncate -s "$size" "$images/$kind.image"
  "mkfs.$kind" "$@" "$images/$kind.image" >/dev/null
  mkdir "$images/$kind"
  # The loop device is the mount's alone, and is freed with it.
  mount -o loop "$images/$kind.image" "$images/$kind"
  places+=("$images/$kind")
}
add_image ext4 256M -q -F
add_image xfs 320M -q
add_image btrfs 320M -q
((${#places[@]})) || exit 4
OVLSPEC_PLACES=$(IFS=:; echo "${places[*]}")
export OVLSPEC_PLACES
"$@"
