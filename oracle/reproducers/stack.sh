# 0: the bug is there; 1: it is not; 77: it cannot run. Needs root, coreutils, util-linux and attr.
cannot() {
  echo "cannot run: $*"
  exit 77
}
# A mount namespace of its own, with a tmpfs at /mnt: nothing stays.
if [ -z "$in_own_namespace" ]; then
  unshare --mount true || cannot "a mount namespace of its own"
  exec env in_own_namespace=1 LC_ALL=C unshare --mount --propagation private sh "$0"
fi
mount -t tmpfs -o mode=755 overlay-test /mnt && cd /mnt || cannot "a tmpfs"
umask 0
say() { echo "$@"; }

# $error: the name of the last command's error, or `success`.
name_error() {
  if [ "$1" = 0 ]; then
    error=success
    return
  fi
  case $(cat errors) in
  *'No such file or directory'* | *'No such file'* | *nonexistent*) error=ENOENT ;;
  *'Permission denied'*) error=EACCES ;;
  *'Operation not permitted'*) error=EPERM ;;
  *'File exists'*) error=EEXIST ;;
  *'Not a directory'*) error=ENOTDIR ;;
  *'Is a directory'*) error=EISDIR ;;
  *'Directory not empty'*) error=ENOTEMPTY ;;
  *'Read-only file system'*) error=EROFS ;;
  *'Stale file handle'*) error=ESTALE ;;
  *'Input/output error'*) error=EIO ;;
  *'Invalid cross-device link'*) error=EXDEV ;;
  *'Invalid argument'* | *'wrong fs type'*) error=EINVAL ;;
  *'No data available'* | *'No such attribute'*) error=ENODATA ;;
  *'Operation not supported'*) error=EOPNOTSUPP ;;
  *'No space left on device'*) error=ENOSPC ;;
  *'Too many levels of symbolic links'*) error=ELOOP ;;
  *'File name too long'*) error=ENAMETOOLONG ;;
  *'Too many links'*) error=EMLINK ;;
  *'Text file busy'*) error=ETXTBSY ;;
  *'No such device or address'*) error=ENXIO ;;
  *'No such device'*) error=ENODEV ;;
  *'Device or resource busy'*) error=EBUSY ;;
  *'Numerical result out of range'*) error=ERANGE ;;
  *'Argument list too long'*) error=E2BIG ;;
  *'Function not implemented'*) error=ENOSYS ;;
  *'Transport endpoint is not connected'*) error=ENOTCONN ;;
  *'Software caused connection abort'*) error=ECONNABORTED ;;
  *) error="failed: $(cat errors)" ;;
  esac
}

# Runs a command. $output: what it printed, or its error in brackets.
try() {
  output=$("$@" 2>errors)
  name_error $?
  [ "$error" = success ] || output="($error)"
  say "  $* -> $error"
}

#:: look
# `look FORMAT PATH`, with -L to follow a symlink. The access time is asked for, too: a cache that lacks it is passed.
look() {
  format=$1
  shift
  try stat -c "%X $format" "$@"
  output=${output#* }
}

#:: try_bytes
# The same, with what it printed in hexadecimal digits.
try_bytes() {
  "$@" >printed 2>errors
  name_error $?
  output=$(od -An -v -tx1 printed | tr -d ' \n')
  [ "$error" = success ] || output="($error)"
  say "  $* -> $error"
}

#:: try_open
# `try_open 3 '<' PATH`
try_open() {
  eval "command exec $1$2\"\$3\"" 2>errors
  name_error $?
  say "  exec $1$2 $3 -> $error"
}

#:: entry
# `entry DIRECTORY NAME FIELD`: what getdents tells of a name in quotes: d_ino or d_type. Other commands tell what stat
# says of it.
entry() {
  command -v strace >/dev/null || cannot "strace was not found"
  try strace -v -s 300 -o entries -e trace=getdents64 ls -a -U -- "$1"
  output=$(tr '{' '\n' <entries | grep -F -e "d_name=$2}" | sed -n "1s/.*$3=\\(DT_\\)*\\([0-9A-Z]*\\).*/\\2/p")
  case $output in
  REG) output=file ;;
  DIR) output=dir ;;
  LNK) output=symlink ;;
  CHR) output=char ;;
  BLK) output=block ;;
  FIFO) output=fifo ;;
  SOCK) output=socket ;;
  UNKNOWN) output=unknown ;;
  esac
}

#:: type_name
type_name() {
  case $output in
  regular*) output=file ;;
  directory) output=dir ;;
  'symbolic link') output=symlink ;;
  character*) output=char ;;
  block*) output=block ;;
  esac
}

#:: is_there
is_there() { [ -e "$1" ] || [ -L "$1" ]; }

#:: move_tree
move_tree() {
  if is_there "$1" && [ -d "$(dirname -- "$2")" ]; then rm -rf -- "$2" && mv -T -- "$1" "$2"; fi
}

#:: link_tree
link_tree() {
  if is_there "$1" && ! is_there "$2"; then ln -P -T -- "$1" "$2"; fi
}

#:: copy_tree
copy_tree() {
  if is_there "$1" && ! is_there "$2"; then cp -a -T -- "$1" "$2"; fi
}

#:: change_mode_of
change_mode_of() {
  if is_there "$2" && ! [ -L "$2" ]; then chmod "$1" -- "$2"; fi
}

#:: start
# Runs a program that serves a mount, and waits for the mount.
start() {
  command -v "$1" >/dev/null || cannot "$1 was not found"
  "$@" >/dev/null 2>&1 &
  server=$!
  trap 'kill -9 $server 2>/dev/null' EXIT
  error=EINVAL
  tries=0
  while [ $tries -lt 500 ] && kill -0 $server 2>/dev/null; do
    if mountpoint -q mount; then
      mount -o remount,bind,nodev,nosuid mount
      error=success
      break
    fi
    sleep 0.02
    tries=$((tries + 1))
  done
  mountpoint -q mount && error=success
  say "  $* -> $error"
}

#:: are_seen
# What could not be looked at is neither the same nor another.
are_seen() { case "$1 $2" in '('* | *' ('*) return 1 ;; esac }

#:: same
same() { are_seen "$1" "$2" && [ "$1" = "$2" ]; }

#:: differ
differ() { are_seen "$1" "$2" && [ "$1" != "$2" ]; }

#:: earlier
earlier() { differ "$1" "$2" && [ "$(printf '%s\n' "$1" "$2" | sort | head -n 1)" = "$1" ]; }

#:: none_of
none_of() { are_seen "$1" "$2" && case " $2 " in *" $1 "*) return 1 ;; esac }

