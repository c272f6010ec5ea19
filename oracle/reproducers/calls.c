//:: call
/* A call within the mount, by the caller. */
#define call(result, expression) \
  long result;                   \
  {                              \
    int kept_error;              \
    enter();                     \
    result = (expression);       \
    kept_error = errno;          \
    leave();                     \
    errno = kept_error;          \
  }

//:: open_slot
static struct answer *open_slot(int slot, const char *path, int flags, unsigned mode) {
  int file, error;
  enter();
  file = open(path, flags | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, mode);
  error = errno;
  leave();
  if (file >= 0) {
    empty_slot(slot);
    slots[slot] = file;
  }
  errno = error;
  return answered(file, "open %s", path);
}

//:: close_slot
static struct answer *close_slot(int slot) {
  call(result, empty_slot(slot));
  return answered(result, "close");
}

//:: read_slot
static struct answer *read_slot(int slot, long long offset, size_t length) {
  char *bytes = malloc(length + 1);
  struct answer *answer;
  call(size, pread(slots[slot], bytes, length, offset));
  answer = answered(size, "read %zu bytes at %lld", length, offset);
  answer->bytes = bytes;
  answer->size = size < 0 ? 0 : (size_t)size;
  return answer;
}

//:: write_slot
static struct answer *write_slot(int slot, long long offset, const char *bytes, size_t size) {
  struct answer *answer;
  call(count, pwrite(slots[slot], bytes, size, offset));
  answer = answered(count, "write %zu bytes at %lld", size, offset);
  answer->size = count < 0 ? 0 : (size_t)count;
  return answer;
}

//:: set_size
static struct answer *set_size(int slot, const char *path, long long size) {
  call(result, slot >= 0 ? ftruncate(slots[slot], size) : truncate(path, size));
  return answered(result, "truncate %s to %lld", path, size);
}

//:: make_dir
static struct answer *make_dir(const char *path, unsigned mode) {
  call(result, mkdir(path, mode));
  return answered(result, "mkdir %s", path);
}

//:: remove_dir
static struct answer *remove_dir(const char *path) {
  call(result, rmdir(path));
  return answered(result, "rmdir %s", path);
}

//:: unlink_name
static struct answer *unlink_name(const char *path) {
  call(result, unlink(path));
  return answered(result, "unlink %s", path);
}

//:: link_name
static struct answer *link_name(const char *from, const char *to, int flags) {
  call(result, linkat(AT_FDCWD, from, AT_FDCWD, to, flags));
  return answered(result, "link %s %s", from, to);
}

//:: symlink_name
static struct answer *symlink_name(const char *target, const char *path) {
  call(result, symlink(target, path));
  return answered(result, "symlink %s %s", target, path);
}

//:: read_link
static struct answer *read_link(const char *path) {
  char *bytes = malloc(4096);
  struct answer *answer;
  call(size, readlink(path, bytes, 4096));
  answer = answered(size, "readlink %s", path);
  answer->bytes = bytes;
  answer->size = size < 0 ? 0 : (size_t)size;
  return answer;
}

//:: rename_name
static struct answer *rename_name(const char *from, const char *to, unsigned flags) {
  call(result, syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, flags));
  return answered(result, "rename %s %s", from, to);
}

//:: change_mode
static struct answer *change_mode(int slot, const char *path, unsigned mode, int follow) {
  call(result, slot >= 0        ? fchmod(slots[slot], mode)
               : follow == FOLLOW ? chmod(path, mode)
                                  : syscall(452 /* fchmodat2 */, AT_FDCWD, path, mode, follow));
  return answered(result, "chmod %o %s", mode, path);
}

//:: change_owner
static struct answer *change_owner(int slot, const char *path, unsigned uid, unsigned gid, int follow) {
  call(result, slot >= 0 ? fchown(slots[slot], uid, gid) : fchownat(AT_FDCWD, path, uid, gid, follow));
  return answered(result, "chown %d:%d %s", (int)uid, (int)gid, path);
}

//:: set_times
static struct answer *set_times(int slot, const char *path, long long access, long access_fraction, long long modify,
                                long modify_fraction, int follow) {
  struct timespec times[2] = {{access, access_fraction}, {modify, modify_fraction}};
  call(result, slot >= 0 ? futimens(slots[slot], times) : utimensat(AT_FDCWD, path, times, follow));
  return answered(result, "utimens %s", path);
}

//:: set_attribute
static struct answer *set_attribute(int slot, const char *path, const char *name, const char *value, size_t size,
                                    int flags, int follow) {
  call(result, slot >= 0          ? fsetxattr(slots[slot], name, value, size, flags)
               : follow == FOLLOW ? setxattr(path, name, value, size, flags)
                                  : lsetxattr(path, name, value, size, flags));
  return answered(result, "setxattr %s %s", path, name);
}

//:: get_attribute
static struct answer *get_attribute(int slot, const char *path, const char *name, int follow) {
  char *value = malloc(65536);
  struct answer *answer;
  call(size, slot >= 0          ? fgetxattr(slots[slot], name, value, 65536)
             : follow == FOLLOW ? getxattr(path, name, value, 65536)
                                : lgetxattr(path, name, value, 65536));
  answer = answered(size, "getxattr %s %s", path, name);
  answer->bytes = value;
  answer->size = size < 0 ? 0 : (size_t)size;
  return answer;
}

//:: list_attributes
static struct answer *list_attributes(int slot, const char *path, int follow) {
  char *names = malloc(65536);
  struct answer *answer;
  call(size, slot >= 0          ? flistxattr(slots[slot], names, 65536)
             : follow == FOLLOW ? listxattr(path, names, 65536)
                                : llistxattr(path, names, 65536));
  answer = answered(size, "listxattr %s", path);
  answer->bytes = names;
  answer->size = size < 0 ? 0 : (size_t)size;
  return answer;
}

//:: remove_attribute
static struct answer *remove_attribute(int slot, const char *path, const char *name, int follow) {
  call(result, slot >= 0          ? fremovexattr(slots[slot], name)
               : follow == FOLLOW ? removexattr(path, name)
                                  : lremovexattr(path, name));
  return answered(result, "removexattr %s %s", path, name);
}

//:: make_node
static struct answer *make_node(const char *path, unsigned type, unsigned mode, dev_t device) {
  call(result, mknod(path, type | mode, device));
  return answered(result, "mknod %s", path);
}

//:: add_entries
static void add_entries(struct answer *answer, DIR *directory, size_t most) {
  struct dirent *entry;
  while ((most == 0 || answer->count < most) && (entry = readdir(directory))) {
    struct entry *kept;
    answer->entries = realloc(answer->entries, (answer->count + 1) * sizeof *kept);
    kept = &answer->entries[answer->count++];
    snprintf(kept->name, sizeof kept->name, "%s", entry->d_name);
    kept->number = entry->d_ino;
    kept->type = entry->d_type;
  }
}

//:: list_directory
static struct answer *list_directory(const char *path) {
  struct answer *answer;
  DIR *directory;
  int file;
  enter();
  file = open(path, O_RDONLY | O_DIRECTORY | O_NONBLOCK | O_CLOEXEC);
  leave();
  answer = answered(file, "list %s", path);
  directory = file >= 0 ? fdopendir(file) : NULL;
  if (directory) add_entries(answer, directory, 0), closedir(directory);
  return answer;
}

//:: read_directory
static struct answer *read_directory(int slot, unsigned most) {
  struct answer *answer;
  if (!streams[slot]) {
    int copy = fcntl(slots[slot], F_DUPFD_CLOEXEC, 0);
    streams[slot] = copy >= 0 ? fdopendir(copy) : NULL;
    if (copy >= 0 && !streams[slot]) {
      int error = errno;
      close(copy);
      errno = error;
    }
  }
  answer = answered(streams[slot] ? 0 : -1, "readdir");
  if (streams[slot]) add_entries(answer, streams[slot], most);
  return answer;
}

//:: rewind_directory
static struct answer *rewind_directory(int slot) {
  if (streams[slot]) rewinddir(streams[slot]);
  return answered(lseek(slots[slot], 0, SEEK_SET), "rewinddir");
}

//:: look
static struct answer *look(int slot, const char *path, int follow) {
  struct stat status = {0};
  struct answer *answer;
  call(result, slot >= 0 ? fstat(slots[slot], &status) : fstatat(AT_FDCWD, path, &status, follow));
  answer = answered(result, "stat %s", path);
  answer->status = status;
  return answer;
}

//:: look_at_file_system
static struct answer *look_at_file_system(const char *path) {
  struct statfs status = {0};
  struct answer *answer;
  call(result, statfs(path, &status));
  answer = answered(result, "statfs %s", path);
  answer->size = (size_t)status.f_namelen;
  return answer;
}

//:: synchronise
static struct answer *synchronise(int slot, int is_data_only) {
  call(result, is_data_only ? fdatasync(slots[slot]) : fsync(slots[slot]));
  return answered(result, "fsync");
}

//:: lock
static struct answer *lock(int slot, int kind) {
  static const int kinds[] = {LOCK_SH, LOCK_EX, LOCK_UN};
  call(result, flock(slots[slot], kinds[kind] | LOCK_NB));
  return answered(result, "flock");
}

//:: take_handle
static struct answer *take_handle(const char *path) {
  struct file_handle *handle = calloc(1, sizeof *handle + MAX_HANDLE_SZ);
  struct answer *answer;
  int number;
  handle->handle_bytes = MAX_HANDLE_SZ;
  call(result, name_to_handle_at(AT_FDCWD, path, handle, &number, 0));
  answer = answered(result, "name_to_handle_at %s", path);
  answer->bytes = (char *)handle;
  return answer;
}

//:: open_handle
static struct answer *open_handle(const struct answer *taken) {
  int mounted = open("mount", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  int file = open_by_handle_at(mounted, (struct file_handle *)taken->bytes, O_PATH | O_CLOEXEC);
  struct answer *answer = answered(file, "open_by_handle_at");
  if (file >= 0 && fstat(file, &answer->status)) cannot("fstat");
  if (file >= 0 && S_ISREG(answer->status.st_mode)) {
    int readable = open_by_handle_at(mounted, (struct file_handle *)taken->bytes, O_RDONLY | O_CLOEXEC);
    ssize_t size = pread(readable, answer->bytes = malloc(4096), 4096, 0);
    answer->size = size < 0 ? 0 : (size_t)size;
    close(readable);
  }
  close(file);
  close(mounted);
  return answer;
}

//:: count_orphans
/* Entries of an index that are the last name of what they stand for. */
static struct answer *count_orphans(const char *path) {
  struct answer *answer = answered(0, "look into %s", path);
  struct dirent *entry;
  DIR *directory = opendir(path);
  while (directory && (entry = readdir(directory))) {
    struct stat status;
    if (fstatat(dirfd(directory), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) || S_ISDIR(status.st_mode)) continue;
    if (!(S_ISCHR(status.st_mode) && status.st_rdev == 0) && status.st_nlink == 1) ++answer->size;
  }
  if (directory) closedir(directory);
  return answer;
}

//:: value
static const char *type_name(unsigned mode) {
  switch (mode & S_IFMT) {
    case S_IFREG: return "file";
    case S_IFDIR: return "dir";
    case S_IFLNK: return "symlink";
    case S_IFCHR: return "char";
    case S_IFBLK: return "block";
    case S_IFIFO: return "fifo";
    case S_IFSOCK: return "socket";
    default: return "unknown";
  }
}

static char *text(const char *format, ...) {
  char *result;
  va_list arguments;
  va_start(arguments, format);
  if (vasprintf(&result, format, arguments) < 0) exit(77);
  va_end(arguments);
  return result;
}

static const char *hexadecimal(const struct answer *answer) {
  char *digits = calloc(1, 2 * answer->size + 1);
  size_t i;
  for (i = 0; i < answer->size; ++i) sprintf(digits + 2 * i, "%02x", (unsigned char)answer->bytes[i]);
  return digits;
}

static const char *of_entry(const struct answer *answer, const char *what, const char *name) {
  size_t i, times = 0;
  for (i = 0; i < answer->count; ++i) {
    const struct entry *entry = &answer->entries[i];
    if (strcmp(what, "entries") == 0) times += strcmp(entry->name, ".") && strcmp(entry->name, "..");
    if (strcmp(entry->name, name)) continue;
    if (strcmp(what, "d_ino") == 0) return text("%llu", entry->number);
    if (strcmp(what, "d_type") == 0) return entry->type == DT_UNKNOWN ? "unknown" : type_name(DTTOIF(entry->type));
    ++times;
  }
  return strncmp(what, "d_", 2) == 0 ? "(not listed)" : text("%zu", times);
}

static const char *times_named(const struct answer *answer, const char *name) {
  size_t i, times = 0;
  for (i = 0; i < answer->size; i += strlen(answer->bytes + i) + 1) times += strcmp(answer->bytes + i, name) == 0;
  return text("%zu", times);
}

/* What an answer shows, in words. */
static const char *value(const struct answer *answer, const char *what, const char *name) {
  const struct stat *status = &answer->status;
#define IS(word) (strcmp(what, word) == 0)
  if (IS("error")) return error_name(answer->error);
  if (answer->error) return text("(%s)", error_name(answer->error));
  if (IS("type")) return type_name(status->st_mode);
  if (IS("mode")) return text("%o", status->st_mode & 07777);
  if (IS("links")) return text("%lu", (unsigned long)status->st_nlink);
  if (IS("uid")) return text("%u", status->st_uid);
  if (IS("gid")) return text("%u", status->st_gid);
  if (IS("device")) return text("%u:%u", major(status->st_rdev), minor(status->st_rdev));
  if (IS("size")) return text("%lld", (long long)status->st_size);
  if (IS("mtime")) return text("%lld.%09ld", (long long)status->st_mtim.tv_sec, status->st_mtim.tv_nsec);
  if (IS("ctime")) return text("%lld.%09ld", (long long)status->st_ctim.tv_sec, status->st_ctim.tv_nsec);
  if (IS("st_ino")) return text("%llu", (unsigned long long)status->st_ino);
  if (IS("st_dev")) return text("%llu", (unsigned long long)status->st_dev);
  if (IS("bytes")) return hexadecimal(answer);
  if (IS("count")) return text("%zu", answer->size);
  if (IS("attribute")) return times_named(answer, name);
  return of_entry(answer, what, name);
#undef IS
}

//:: are_seen
/* What could not be looked at is neither the same nor another. */
static int are_seen(const char *a, const char *b) { return *a != '(' && *b != '('; }

//:: same
static int same(const char *a, const char *b) { return are_seen(a, b) && strcmp(a, b) == 0; }

//:: differ
static int differ(const char *a, const char *b) { return are_seen(a, b) && strcmp(a, b) != 0; }

//:: earlier
static int earlier(const char *a, const char *b) { return are_seen(a, b) && strcmp(a, b) < 0; }

//:: none_of
static int none_of(const char *word, const char *words) {
  char all[512], one[64];
  if (*word == '(') return 0;
  snprintf(all, sizeof all, " %s ", words);
  snprintf(one, sizeof one, " %s ", word);
  return strstr(all, one) == NULL;
}

//:: tell
static void tell(const char *what, const char *seen) { printf("seen: %s: %s\n", what, seen); }

//:: finish
static int finish(int is_there) {
  if (server > 0) kill(server, SIGKILL);
  umount2("mount", MNT_DETACH);
  puts(is_there ? "The bug is there." : "The bug is not there.");
  return is_there ? 0 : 1;
}
