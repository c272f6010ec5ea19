# 0: the bug is there; 1: it is not; 77: it cannot run, or cannot tell. Needs root, coreutils, util-linux and attr.
cannot() {
  echo "cannot run: $*"
  exit 77
}
# Namespaces of its own for mounts and, where possible, processes: nothing stays, however it ends.
if [ -z "$in_own_namespace" ]; then
  export in_own_namespace=1 LC_ALL=C
  alone='unshare --mount --propagation private'
  $alone true || cannot "a mount namespace of its own"
  end=TERM
  if $alone --pid --mount-proc --fork --kill-child true 2>/dev/null; then
    alone="$alone --pid --mount-proc --fork --kill-child"
    end=KILL
  fi
  if setpriv --pdeathsig $end true 2>/dev/null; then alone="setpriv --pdeathsig $end $alone"; fi
  trap 'exit 77' HUP INT TERM
  trap 'kill -$end $inside 2>/dev/null' EXIT
  $alone sh "$0" &
  inside=$!
  status=0
  wait $inside || status=$?
  trap - EXIT
  exit $status
fi
server= has_verdict=
# What ends without a verdict tells nothing.
verdict() {
  has_verdict=1
  echo "$2"
  exit "$1"
}
ended() {
  status=$?
  trap - EXIT
  if [ -z "$has_verdict" ] && [ $status != 77 ]; then echo "cannot run: a command failed"; fi
  if [ -z "$has_verdict" ]; then status=77; fi
  exec 2>/dev/null
  if [ -n "$server" ]; then kill -9 "$server" || :; fi
  umount -l mount || :
  exit $status
}
trap ended EXIT
trap 'exit 77' HUP INT TERM
set -e
mount -t tmpfs -o mode=755 overlay-test /mnt || cannot "a tmpfs"
cd /mnt
umask 0
say() { echo "$@"; }

# $error: the name of the last command's error, or `success`. What a command refuses in words of its own is no answer
# of a file system.
name_error() {
  case $1 in
  0)
    error=success
    return
    ;;
  126 | 127) cannot "a command: $(tail -n 1 errors)" ;;
  esac
  case $(cat errors) in
  *': No such file or directory'*) error=ENOENT ;;
  *': Permission denied'*) error=EACCES ;;
  *': Operation not permitted'*) error=EPERM ;;
  *': File exists'*) error=EEXIST ;;
  *': Not a directory'*) error=ENOTDIR ;;
  *': Is a directory'*) error=EISDIR ;;
  *': Directory not empty'*) error=ENOTEMPTY ;;
  *': Read-only file system'*) error=EROFS ;;
  *': Stale file handle'*) error=ESTALE ;;
  *': Input/output error'*) error=EIO ;;
  *': Invalid cross-device link'*) error=EXDEV ;;
  *': Invalid argument'*) error=EINVAL ;;
  *': No data available'*) error=ENODATA ;;
  *': No such attribute'*) error=ENODATA ;;
  *': Operation not supported'*) error=EOPNOTSUPP ;;
  *': No space left on device'*) error=ENOSPC ;;
  *': Too many levels of symbolic links'*) error=ELOOP ;;
  *': File name too long'*) error=ENAMETOOLONG ;;
  *': Too many links'*) error=EMLINK ;;
  *': Text file busy'*) error=ETXTBSY ;;
  *': No such device or address'*) error=ENXIO ;;
  *': No such device'*) error=ENODEV ;;
  *': Device or resource busy'*) error=EBUSY ;;
  *': Numerical result out of range'*) error=ERANGE ;;
  *': Argument list too long'*) error=E2BIG ;;
  *': Function not implemented'*) error=ENOSYS ;;
  *': Transport endpoint is not connected'*) error=ENOTCONN ;;
  *': Software caused connection abort'*) error=ECONNABORTED ;;
  *': Resource temporarily unavailable'*) error=EAGAIN ;;
  *': Bad file descriptor'*) error=EBADF ;;
  *': File too large'*) error=EFBIG ;;
  *': Disk quota exceeded'*) error=EDQUOT ;;
  *': Cannot allocate memory'*) error=ENOMEM ;;
  *': Value too large for defined data type'*) error=EOVERFLOW ;;
  *': Too many open files'*) error=EMFILE ;;
  *': Inappropriate ioctl for device'*) error=ENOTTY ;;
  *': No locks available'*) error=ENOLCK ;;
  *': Structure needs cleaning'*) error=EUCLEAN ;;
  *': Protocol error'*) error=EPROTO ;;
  *': Connection timed out'*) error=ETIMEDOUT ;;
  # What mount, umount and chmod say instead.
  *': special device overlay does not exist'* | *'cannot operate on dangling symlink'*) error=ENOENT ;;
  *': wrong fs type'* | *': not mounted'*) error=EINVAL ;;
  *': permission denied'*) error=EPERM ;;
  *': target is busy'*) error=EBUSY ;;
  *) cannot "it is not clear which error this is: $(tail -n 1 errors)" ;;
  esac
}

# Runs a command. $output: what it printed, or its error in brackets.
try() {
  status=0
  output=$("$@" 2>errors) || status=$?
  name_error $status
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
  status=0
  "$@" >printed 2>errors || status=$?
  name_error $status
  output=$(od -An -v -tx1 printed | tr -d ' \n')
  [ "$error" = success ] || output="($error)"
  say "  $* -> $error"
}

#:: try_open
# `try_open 3 '<' PATH`
try_open() {
  if [ -p "$3" ]; then cannot "a shell waits for the other end of a fifo"; fi
  status=0
  eval "command exec $1$2\"\$3\"" 2>errors || status=$?
  name_error $status
  say "  exec $1$2 $3 -> $error"
}

#:: try_lock
# flock says nothing of a lock that another holds.
try_lock() {
  status=0
  "$@" 2>errors || status=$?
  if [ $status = 1 ] && ! [ -s errors ]; then echo 'flock: Resource temporarily unavailable' >errors; fi
  name_error $status
  say "  $* -> $error"
}

#:: try_rename
# mv copies, or refuses, what it may not rename: neither is an answer of rename.
try_rename() {
  try "$@"
  if [ "$error" != success ]; then
    case $(cat errors) in
    *': cannot move '* | *': cannot stat '* | *': failed to access '*) ;;
    *) cannot "mv tells no error of rename: $(tail -n 1 errors)" ;;
    esac
  else
    case $output in
    renamed*) ;;
    *) cannot "mv did not rename" ;;
    esac
  fi
}

#:: only_file
# truncate opens what truncate(2) does not: a device, a fifo.
only_file() {
  case $output in
  regular* | directory) ;;
  *) cannot "truncate would open what is no file" ;;
  esac
}

#:: stay_inside
# `stay_inside ROOT PATH`: the root directory of a shell is the host's. Some loops readlink follows for ever.
stay_inside() {
  case $(timeout 2 readlink -m -- "$2" || :)/ in
  "$(readlink -m -- "$1")"/*) ;;
  *) cannot "$2 leads out of the mount" ;;
  esac
}

#:: count_line
# How often the output has a line.
count_line() {
  if [ "$error" = success ]; then output=$(printf '%s\n' "$output" | grep -c -x -F -e "$1" || :); fi
}

#:: count_entries
count_entries() {
  if [ "$error" = success ]; then
    output=$(printf '%s\n' "$output" | grep -c -v -x -F -e '"."' -e '".."' || :)
  fi
}

#:: entry
# `entry DIRECTORY NAME FIELD`: what getdents tells of a name in quotes: d_ino or d_type. Other commands tell what stat
# says of it.
entry() {
  command -v strace >/dev/null || cannot "strace was not found"
  try strace -v -s 300 -o entries -e trace=getdents64 ls -a -U -- "$1"
  [ "$error" = success ] || return 0
  output=$(tr '{' '\n' <entries | grep -F -e "d_name=$2}" | sed -n "1s/.*$3=\\(DT_\\)*\\([0-9A-Z]*\\).*/\\2/p" || :)
  case $output in
  '') output='(not listed)' ;;
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

#:: is_directory
# And its path has no symlink.
is_directory() {
  case $1 in
  */*) is_directory "${1%/*}" || return 1 ;;
  esac
  [ -d "$1" ] && ! [ -L "$1" ]
}

#:: move_tree
move_tree() {
  is_there "$1" || return 0
  if is_there "$2" && [ "$(stat -c %d:%i -- "$1")" = "$(stat -c %d:%i -- "$2")" ]; then return 0; fi
  rm -rf -- "$2"
  mv -T -- "$1" "$2"
}

#:: link_tree
link_tree() {
  if is_there "$1" && ! is_there "$2" && ! is_directory "$1"; then ln -P -T -- "$1" "$2"; fi
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
  if mountpoint -q mount; then error=success; fi
  say "  $* -> $error"
}

#:: unmount
# What still uses it is waited for; a server that does not end with its mount is ended.
unmount() {
  tries=0
  while [ $tries -lt 50 ] && { try umount "$1" && [ "$error" = EBUSY ]; }; do
    sleep 0.02
    tries=$((tries + 1))
  done
  [ -n "$server" ] && [ "$error" = success ] || return 0
  tries=0
  while [ $tries -lt 250 ] && kill -0 "$server" 2>/dev/null; do
    sleep 0.02
    tries=$((tries + 1))
  done
  kill -9 "$server" 2>/dev/null || :
  wait "$server" || :
  server=
}

#:: kill_server
kill_server() {
  if [ -n "$server" ]; then
    kill -9 "$server" || :
    wait "$server" || :
  fi
  server=
  try umount "$1"
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

