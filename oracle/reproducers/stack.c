#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/fs.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/fsuid.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#define BYTES(text) text, sizeof(text) - 1
enum { FOLLOW = 0, NOFOLLOW = AT_SYMLINK_NOFOLLOW };

struct entry {
  char name[256];
  unsigned long long number;
  unsigned type;
};

/* What a step answered. */
struct answer {
  int error;
  struct stat status;
  char *bytes; /* of a read, a link's target, an attribute, a file handle; or names, each ended by a zero */
  size_t size;
  struct entry *entries;
  size_t count;
};

static int host_root, base;
static int is_inside; /* operations have the mount as their root directory */
static pid_t server;

static void cannot(const char *what) {
  printf("cannot run: %s: %s\n", what, strerror(errno));
  exit(77);
}

/* A mount namespace of its own, with a tmpfs at /mnt: nothing stays. */
static void begin(void) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL)) cannot("a mount namespace of its own");
  if (mount("overlay-test", "/mnt", "tmpfs", MS_NOATIME, "mode=755")) cannot("a tmpfs");
  host_root = open("/", O_PATH | O_CLOEXEC);
  base = open("/mnt", O_PATH | O_CLOEXEC);
  if (fchdir(base)) cannot("/mnt");
  umask(0);
}

//:: enter leave become
struct caller {
  unsigned uid, gid, mask;
  unsigned long long capabilities;
  int count;
  const gid_t *groups;
};
static const struct caller superuser = {0, 0, 0, ~0ull, 0, NULL};
static struct caller caller;
static int is_other;

static void set_capabilities(unsigned long long capabilities) {
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct data[2];
  if (syscall(SYS_capget, &header, data)) cannot("capabilities");
  data[0].effective = (unsigned)capabilities & data[0].permitted;
  data[1].effective = (unsigned)(capabilities >> 32) & data[1].permitted;
  if (syscall(SYS_capset, &header, data)) cannot("capabilities");
}

static void take_on(const struct caller *next) {
  set_capabilities(~0ull); /* it takes some to change the rest */
  if (setgroups(next->count, next->groups)) cannot("setgroups");
  setfsgid(next->gid);
  setfsuid(next->uid);
  umask(next->mask);
  set_capabilities(next->capabilities);
}

/* The caller of the operations that follow. */
static inline void become(unsigned uid, unsigned gid, unsigned mask, unsigned long long capabilities, int count,
                          const gid_t *groups) {
  struct caller next = {uid, gid, mask, capabilities, count, groups};
  caller = next;
  is_other = 1;
}

/* What is between the two is done by the caller; the superuser brings it there, and back. */
static void enter(void) {
  if (is_inside && (chdir("mount") || chroot("."))) cannot("chroot");
  if (is_other) take_on(&caller);
}

static void leave(void) {
  if (is_other) take_on(&superuser);
  if (!is_inside) return;
  if (fchdir(host_root) || chroot(".") || fchdir(base)) cannot("chroot");
}

//:: inside
static void inside(void) { is_inside = 1; }

//:: outside
static void outside(void) { is_inside = 0; }

//:: make_directory
static void make_directory(const char *path) {
  if (mkdir(path, 0755)) cannot(path);
}

//:: mount_tmpfs
static void mount_tmpfs(const char *path) {
  if (mkdir(path, 0755) || mount("overlay-test", path, "tmpfs", MS_NOATIME, "mode=755")) cannot(path);
}

//:: own
static void own(const char *path, unsigned mode, unsigned uid, unsigned gid) {
  if (lchown(path, uid, gid) || chmod(path, mode)) cannot(path);
}

//:: lay_directory
static void lay_directory(const char *path, unsigned mode, unsigned uid, unsigned gid) {
  if (mkdir(path, 0755) && errno != EEXIST) cannot(path);
  own(path, mode, uid, gid);
}

//:: lay_file
static void lay_file(const char *path, unsigned mode, unsigned uid, unsigned gid, const char *bytes, size_t length,
                     long long size) {
  int file = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
  if (file < 0 || write(file, bytes, length) < 0 || ftruncate(file, size)) cannot(path);
  close(file);
  own(path, mode, uid, gid);
}

//:: lay_symlink
static void lay_symlink(const char *path, const char *target, unsigned uid, unsigned gid) {
  if (symlink(target, path) || lchown(path, uid, gid)) cannot(path);
}

//:: lay_node
static void lay_node(const char *path, unsigned type, unsigned mode, unsigned uid, unsigned gid, dev_t device) {
  if (mknod(path, type | 0600, device)) cannot(path);
  own(path, mode, uid, gid);
}

//:: lay_link
static void lay_link(const char *from, const char *to) {
  if (link(from, to)) cannot(to);
}

//:: lay_attribute
static void lay_attribute(const char *path, const char *name, const char *value, size_t size) {
  if (lsetxattr(path, name, value, size, 0)) cannot(path);
}

//:: lay_times
static void lay_times(const char *path, long long access, long access_fraction, long long modify,
                      long modify_fraction) {
  struct timespec times[2] = {{access, access_fraction}, {modify, modify_fraction}};
  if (utimensat(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW)) cannot(path);
}

//:: exists
static int exists(const char *path) {
  struct stat status;
  return lstat(path, &status) == 0;
}

//:: remove_one
static int remove_one(const char *path, const struct stat *status, int type, struct FTW *walk) {
  (void)status, (void)type, (void)walk;
  return remove(path);
}

//:: remove_tree
static void remove_tree(const char *path) { nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT); }

//:: empty_directory
static void empty_directory(const char *path) {
  struct dirent *entry;
  DIR *directory = opendir(path);
  if (!directory) return;
  while ((entry = readdir(directory))) {
    char child[4096];
    snprintf(child, sizeof child, "%s/%s", path, entry->d_name);
    if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..")) remove_tree(child);
  }
  closedir(directory);
}

//:: is_directory
/* And its path has no symlink. */
static int is_directory(const char *path) {
  size_t length = 0;
  do {
    char part[4096];
    struct stat status;
    length += strcspn(path + length + (length > 0), "/") + (length > 0);
    snprintf(part, sizeof part, "%.*s", (int)length, path);
    if (lstat(part, &status) || !S_ISDIR(status.st_mode)) return 0;
  } while (path[length]);
  return 1;
}

//:: move_tree
static void move_tree(const char *from, const char *to) {
  struct stat moved, there;
  if (lstat(from, &moved)) return;
  if (lstat(to, &there) == 0 && moved.st_dev == there.st_dev && moved.st_ino == there.st_ino) return;
  remove_tree(to);
  if (rename(from, to)) cannot(to);
}

//:: link_tree
static void link_tree(const char *from, const char *to) {
  if (exists(from) && !is_directory(from) && !exists(to) && link(from, to)) cannot(to);
}

//:: change_mode_of
static void change_mode_of(const char *path, unsigned mode) {
  struct stat status;
  if (lstat(path, &status) == 0 && !S_ISLNK(status.st_mode)) chmod(path, mode);
}

//:: change_content_of
static void change_content_of(const char *path, const char *bytes, size_t size) {
  struct stat status;
  int file = lstat(path, &status) == 0 && S_ISREG(status.st_mode) ? open(path, O_WRONLY | O_TRUNC) : -1;
  if (file >= 0 && write(file, bytes, size) < 0) cannot(path);
  if (file >= 0) close(file);
}

//:: run_command
static void run_command(char *const *words) {
  int status;
  pid_t child = fork();
  if (child == 0) {
    execvp(words[0], words);
    _exit(127);
  }
  if (child < 0 || waitpid(child, &status, 0) != child || status != 0) cannot(words[0]);
}

//:: copy_tree
static void copy_tree(const char *from, const char *to) {
  if (exists(from) && !exists(to)) run_command((char *[]){"cp", "-a", "-T", "--", (char *)from, (char *)to, NULL});
}

//:: copy_tree_without_attributes
static void copy_tree_without_attributes(const char *from, const char *to) {
  run_command((char *[]){"cp", "-a", "--no-preserve=xattr", "-T", "--", (char *)from, (char *)to, NULL});
}

//:: mode_as
static void mode_as(const char *path, const char *other) {
  struct stat status;
  if (stat(other, &status) || chmod(path, status.st_mode & 07777)) cannot(path);
}

//:: error_name answered
/* The name of an error, as errno.h has it. */
static const char *error_name(int error) {
  if (error == 0) return "success";
  if (error == EOPNOTSUPP) return "EOPNOTSUPP";
  const char *name = strerrorname_np(error);
  return name ? name : "an unknown error";
}

static struct answer *answered(long result, const char *format, ...) {
  struct answer *answer = calloc(1, sizeof *answer);
  int error = result < 0 ? errno : 0;
  va_list arguments;
  answer->error = error;
  va_start(arguments, format);
  printf("  ");
  vprintf(format, arguments);
  va_end(arguments);
  printf(" -> %s\n", error_name(error));
  return answer;
}

//:: mount_overlay
static struct answer *mount_overlay(const char *at, const char *options) {
  return answered(mount("overlay", at, "overlay", MS_NODEV | MS_NOSUID, options), "mount -t overlay -o %s %s", options,
                  at);
}

//:: is_mounted
static int is_mounted(const char *at) {
  struct stat mounted, around;
  return stat(at, &mounted) == 0 && stat(".", &around) == 0 && mounted.st_dev != around.st_dev;
}

//:: mount_program
static struct answer *mount_program(const char *at, char *const *words) {
  struct timespec pause = {0, 5000000};
  int i;
  server = fork();
  if (server == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    execvp(words[0], words);
    fprintf(stderr, "%s: %s\n", words[0], strerror(errno));
    _exit(77);
  }
  for (i = 0; i < 2000 && !is_mounted(at); ++i) {
    int status;
    if (waitpid(server, &status, WNOHANG) == server) {
      server = 0;
      if (WIFEXITED(status) && WEXITSTATUS(status) == 77) exit(77);
      if (is_mounted(at)) break;
      errno = EINVAL;
      return answered(-1, "mount by %s", words[0]);
    }
    nanosleep(&pause, NULL);
  }
  if (!is_mounted(at)) errno = ETIMEDOUT;
  if (is_mounted(at)) mount(NULL, at, NULL, MS_REMOUNT | MS_BIND | MS_NODEV | MS_NOSUID, NULL);
  return answered(is_mounted(at) ? 0 : -1, "mount by %s", words[0]);
}

//:: slots streams empty_slot
static int slots[16] = {-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1};
static DIR *streams[16]; /* of directories that are read in pieces */

static int empty_slot(int slot) {
  int result;
  if (streams[slot]) closedir(streams[slot]);
  streams[slot] = NULL;
  result = close(slots[slot]);
  slots[slot] = -1;
  return result;
}

//:: close_slots
static void close_slots(void) {
  int i;
  for (i = 0; i < 16; ++i) empty_slot(i);
}

//:: unmount
/* A server that does not end with its mount is ended. */
static void end_server(void) {
  struct timespec pause = {0, 5000000};
  int i;
  for (i = 0; i < 1000; ++i) {
    if (waitpid(server, NULL, WNOHANG) != 0) break;
    nanosleep(&pause, NULL);
  }
  if (i == 1000) {
    kill(server, SIGKILL);
    waitpid(server, NULL, 0);
  }
  server = 0;
}

static struct answer *unmount(const char *at) {
  struct timespec pause = {0, 5000000};
  struct answer *answer;
  int result, i;
  close_slots();
  for (i = 0; (result = umount2(at, UMOUNT_NOFOLLOW)) && errno == EBUSY && i < 100; ++i) nanosleep(&pause, NULL);
  answer = answered(result, "umount %s", at);
  if (result == 0 && server > 0) end_server();
  return answer;
}

//:: kill_server
static struct answer *kill_server(const char *at) {
  close_slots();
  if (server > 0) {
    kill(server, SIGKILL);
    waitpid(server, NULL, 0);
  }
  server = 0;
  return answered(umount2(at, UMOUNT_NOFOLLOW), "kill the server; umount %s", at);
}

//:: drop_caches
static void drop_caches(void) {
  int file = open("/proc/sys/vm/drop_caches", O_WRONLY);
  if (file < 0 || write(file, "2", 1) != 1) cannot("dropping caches");
  close(file);
}

//:: pause_a_second
static void pause_a_second(void) {
  struct timespec pause = {1, 100000000};
  nanosleep(&pause, NULL);
}
