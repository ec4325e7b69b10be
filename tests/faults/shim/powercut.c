/*
 * A disk that can lose its power, for one directory of one process.
 *
 * Preloaded into a program, it keeps beside the directory POWERCUT_LIVE what a disk is sure to hold of it. The program
 * works on the live files as always; POWERCUT_DISK holds the durable ones:
 *
 *     POWERCUT_DISK/files/<number>   the durable content of a file
 *     POWERCUT_DISK/names/<name>     a symbolic link to it: the durable entry of the directory
 *     POWERCUT_DISK/armed            made when both are complete, before the program itself begins
 *
 * Who kills the program with SIGKILL and puts the durable files in the place of the live ones has the directory as it
 * is after a power cut.
 *
 * What it simulates
 *   - Content. What was written, and where a file ends, is durable when fsync or fdatasync of that file has returned, and
 *     not before. The bytes are copied while no other watched call runs. A cut in the middle leaves a part of them.
 *   - Names. A new file, a rename and a removal are durable when the directory itself was synced: syncing the file is not
 *     enough. Adding and replacing come before removing, and a replacement is atomic.
 *   - Early write-back. A disk may hold more than was asked for, in any order. With POWERCUT_EARLY=<percent> each written
 *     sector of 512 bytes is copied at once with that probability (POWERCUT_SEED makes it repeatable), so that a cut also
 *     leaves later writes without earlier ones, and halves of one write.
 *   - With POWERCUT_LIES=1 a disk that says it has synced and has not: for the test of the tests.
 *
 * What it does not simulate
 *   - Mappings. Files whose names end with "-shm" are left out: SQLite maps them and makes them anew. Nothing else may be
 *     written through a mapping.
 *   - Subdirectories, hard links, truncate(2), sync(2), syncfs(2), io_uring, copy_file_range(2). sync_file_range(2) gives
 *     no promise, so nothing is done for it. Descriptors that write through (O_SYNC, O_DSYNC) end the program.
 *   - Sectors that rot.
 *
 * A file is known by its device and inode, so that duplicated descriptors need no care. The shim keeps each file open: its
 * inode is not used again, also when its last name goes, and no lock of the program is lost, as it would be by closing a
 * second descriptor. Every failure of the shim itself ends the program: a test must not go on with a copy that is wrong.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { FILES_MAX = 256, SECTOR = 512, COPY_BYTES = 65536 };

/* A file of the directory. Between two syncs it has one range that covers all that was written: the bytes in it that were
 * not written are the same on both sides. */
struct file {
    dev_t dev;
    ino_t ino;
    int number;
    int current;    /* descriptor that reads the live content */
    int durable;    /* descriptor of the durable content */
    off_t shortest; /* the shortest that it was since the last sync */
    off_t from, to; /* what was written since the last sync */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char live[PATH_MAX], disk[PATH_MAX];
static struct stat live_stat;
static int armed;
static struct file files[FILES_MAX];
static int files_count;
static unsigned early_percent;
static int lies;
static uint64_t random_state = 88172645463325252u;

static void fail(const char *what) {
    dprintf(2, "powercut: %s: %s\n", what, strerror(errno));
    abort();
}

/* The next function of a name: the one of the C library. */
#define REAL(result, name, ...)                                                                                            \
    static result (*real)(__VA_ARGS__);                                                                                    \
    if (!real && !(real = (result(*)(__VA_ARGS__))dlsym(RTLD_NEXT, #name))) fail(#name)

static int real_open(const char *path, int flags, mode_t mode) {
    REAL(int, open, const char *, int, ...);
    return real(path, flags, mode);
}

static ssize_t real_pwrite(int fd, const void *bytes, size_t count, off_t at) {
    REAL(ssize_t, pwrite, int, const void *, size_t, off_t);
    return real(fd, bytes, count, at);
}

static int real_ftruncate(int fd, off_t length) {
    REAL(int, ftruncate, int, off_t);
    return real(fd, length);
}

/* ---- the table of files; the lock is held ---- */

static struct file *by_inode(const struct stat *stat) {
    for (int i = files_count - 1; i >= 0; i--)
        if (files[i].ino == stat->st_ino && files[i].dev == stat->st_dev) return &files[i];
    return NULL;
}

/* Begins to follow the file behind a descriptor. The shim reads it with a descriptor of its own, because the program's
 * may only write. */
static struct file *add(int fd, const struct stat *stat) {
    char path[PATH_MAX + 32];
    errno = ENFILE;
    if (files_count == FILES_MAX) fail("follow a file");
    struct file *file = &files[files_count];
    *file = (struct file){.dev = stat->st_dev, .ino = stat->st_ino, .number = files_count};
    files_count++;
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    file->current = real_open(path, O_RDONLY | O_CLOEXEC, 0);
    if (file->current < 0) fail(path);
    snprintf(path, sizeof path, "%s/files/%d", disk, file->number);
    file->durable = real_open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file->durable < 0) fail(path);
    return file;
}

static void copy(int from_fd, int to_fd, off_t from, off_t to) {
    static char buffer[COPY_BYTES];
    while (from < to) {
        size_t wanted = to - from < COPY_BYTES ? (size_t)(to - from) : COPY_BYTES;
        ssize_t count = pread(from_fd, buffer, wanted, from);
        if (count < 0) fail("read a live file");
        if (count == 0) return;
        if (real_pwrite(to_fd, buffer, (size_t)count, from) != count) fail("write a durable file");
        from += count;
    }
}

static unsigned random_percent(void) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (unsigned)(random_state % 100);
}

static void wrote(struct file *file, off_t from, off_t to) {
    if (file->from == file->to) {
        file->from = from;
        file->to = to;
    } else {
        if (from < file->from) file->from = from;
        if (to > file->to) file->to = to;
    }
    if (early_percent == 0) return;
    for (off_t at = from; at < to;) {
        off_t end = (at / SECTOR + 1) * SECTOR;
        if (end > to) end = to;
        if (random_percent() < early_percent) copy(file->current, file->durable, at, end);
        at = end;
    }
}

static void shortened(struct file *file, off_t length) {
    if (length < file->shortest) file->shortest = length;
}

static void sync_content(struct file *file) {
    struct stat now, then;
    if (fstat(file->current, &now) || fstat(file->durable, &then)) fail("fstat");
    if (then.st_size > file->shortest && real_ftruncate(file->durable, file->shortest)) fail("shorten a durable file");
    copy(file->current, file->durable, file->from, file->to < now.st_size ? file->to : now.st_size);
    if (real_ftruncate(file->durable, now.st_size)) fail("set the length of a durable file");
    file->from = file->to = 0;
    file->shortest = now.st_size;
}

static int is_left_out(const char *name) {
    size_t length = strlen(name);
    return length >= 4 && strcmp(name + length - 4, "-shm") == 0;
}

/* Makes a name durable. */
static void link_name(const char *name, int number) {
    char path[PATH_MAX + 300], draft[PATH_MAX + 32], target[32];
    snprintf(path, sizeof path, "%s/names/%s", disk, name);
    snprintf(draft, sizeof draft, "%s/draft", disk);
    snprintf(target, sizeof target, "../files/%d", number);
    unlink(draft);
    if (symlink(target, draft) || rename(draft, path)) fail(path);
}

static void sync_names(void) {
    char path[PATH_MAX + 300];
    struct dirent *entry;
    struct stat stat;
    DIR *directory = opendir(live);
    if (!directory) fail(live);
    while ((entry = readdir(directory))) {
        snprintf(path, sizeof path, "%s/%s", live, entry->d_name);
        if (lstat(path, &stat) || !S_ISREG(stat.st_mode) || is_left_out(entry->d_name)) continue;
        struct file *file = by_inode(&stat);
        if (!file) fail("a file was made by a call that is not watched");
        link_name(entry->d_name, file->number);
    }
    closedir(directory);
    snprintf(path, sizeof path, "%s/names", disk);
    if (!(directory = opendir(path))) fail(path);
    while ((entry = readdir(directory))) {
        if (entry->d_name[0] == '.') continue;
        snprintf(path, sizeof path, "%s/%s", live, entry->d_name);
        if (lstat(path, &stat) == 0) continue;
        snprintf(path, sizeof path, "%s/names/%s", disk, entry->d_name);
        if (unlink(path)) fail(path);
    }
    closedir(directory);
}

/* ---- which file a call is about ---- */

/* The file behind a descriptor, with the lock held; or NULL, without it. */
static struct file *hold(int fd) {
    struct stat stat;
    int before = errno;
    if (!armed || fstat(fd, &stat) || !S_ISREG(stat.st_mode)) {
        errno = before;
        return NULL;
    }
    pthread_mutex_lock(&lock);
    struct file *file = by_inode(&stat);
    if (!file) pthread_mutex_unlock(&lock);
    return file;
}

/* Ends what hold began, and leaves errno as the real call set it. */
static void release(int error) {
    pthread_mutex_unlock(&lock);
    errno = error;
}

/* A file was opened: it may be new, or cut to nothing. */
static void opened(int fd, int flags) {
    char link[64], path[PATH_MAX];
    struct stat stat;
    int before = errno;
    if (!armed || fd < 0 || fstat(fd, &stat) || !S_ISREG(stat.st_mode) || stat.st_dev != live_stat.st_dev) return;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) fail(link);
    path[length] = 0;
    char *name = strrchr(path, '/');
    if (!name || (size_t)(name - path) != strlen(live) || strncmp(path, live, strlen(live)) || is_left_out(name) ||
        stat.st_nlink == 0) {
        errno = before;
        return;
    }
    errno = EINVAL;
    if (flags & O_DSYNC) fail("a descriptor that writes through");
    pthread_mutex_lock(&lock);
    struct file *file = by_inode(&stat);
    if (!file) {
        if (stat.st_size > 0) fail("a file was made by a call that is not watched");
        add(fd, &stat);
    } else if (flags & O_TRUNC) {
        shortened(file, 0);
    }
    release(before);
}

/* ---- the calls ---- */

#define OPEN(name)                                                                                                         \
    int name(const char *path, int flags, ...) {                                                                           \
        REAL(int, name, const char *, int, ...);                                                                           \
        va_list rest;                                                                                                      \
        va_start(rest, flags);                                                                                             \
        mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;                                            \
        va_end(rest);                                                                                                      \
        int fd = real(path, flags, mode);                                                                                  \
        opened(fd, flags);                                                                                                 \
        return fd;                                                                                                         \
    }
OPEN(open)
OPEN(open64)

#define OPENAT(name)                                                                                                       \
    int name(int directory, const char *path, int flags, ...) {                                                            \
        REAL(int, name, int, const char *, int, ...);                                                                      \
        va_list rest;                                                                                                      \
        va_start(rest, flags);                                                                                             \
        mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;                                            \
        va_end(rest);                                                                                                      \
        int fd = real(directory, path, flags, mode);                                                                       \
        opened(fd, flags);                                                                                                 \
        return fd;                                                                                                         \
    }
OPENAT(openat)
OPENAT(openat64)

#define CREAT(name)                                                                                                        \
    int name(const char *path, mode_t mode) {                                                                              \
        REAL(int, name, const char *, mode_t);                                                                             \
        int fd = real(path, mode);                                                                                         \
        opened(fd, O_CREAT | O_WRONLY | O_TRUNC);                                                                          \
        return fd;                                                                                                         \
    }
CREAT(creat)
CREAT(creat64)

/* Where the next write goes. */
static off_t position(int fd) {
    struct stat stat;
    if (!(fcntl(fd, F_GETFL) & O_APPEND)) return lseek(fd, 0, SEEK_CUR);
    if (fstat(fd, &stat)) fail("fstat");
    return stat.st_size;
}

/* A write of any kind: `at` says where it goes, `call` does it. */
#define WRITE(at, call)                                                                                                    \
    do {                                                                                                                   \
        struct file *file = hold(fd);                                                                                      \
        if (!file) return call;                                                                                            \
        off_t from = at;                                                                                                   \
        ssize_t count = call;                                                                                              \
        int error = errno;                                                                                                 \
        if (count > 0) wrote(file, from, from + count);                                                                \
        release(error);                                                                                                    \
        return count;                                                                                                      \
    } while (0)

ssize_t write(int fd, const void *bytes, size_t count_max) {
    REAL(ssize_t, write, int, const void *, size_t);
    WRITE(position(fd), real(fd, bytes, count_max));
}

ssize_t pwrite(int fd, const void *bytes, size_t count_max, off_t at) {
    REAL(ssize_t, pwrite, int, const void *, size_t, off_t);
    WRITE(at, real(fd, bytes, count_max, at));
}

ssize_t pwrite64(int fd, const void *bytes, size_t count_max, off64_t at) {
    REAL(ssize_t, pwrite64, int, const void *, size_t, off64_t);
    WRITE(at, real(fd, bytes, count_max, at));
}

ssize_t writev(int fd, const struct iovec *parts, int parts_count) {
    REAL(ssize_t, writev, int, const struct iovec *, int);
    WRITE(position(fd), real(fd, parts, parts_count));
}

ssize_t pwritev(int fd, const struct iovec *parts, int parts_count, off_t at) {
    REAL(ssize_t, pwritev, int, const struct iovec *, int, off_t);
    WRITE(at, real(fd, parts, parts_count, at));
}

ssize_t pwritev64(int fd, const struct iovec *parts, int parts_count, off64_t at) {
    REAL(ssize_t, pwritev64, int, const struct iovec *, int, off64_t);
    WRITE(at, real(fd, parts, parts_count, at));
}

/* A change of the length, or of a range that then reads as zeros. */
#define CHANGE(call, on_success)                                                                                           \
    do {                                                                                                                   \
        struct file *file = hold(fd);                                                                                      \
        if (!file) return call;                                                                                            \
        int result = call;                                                                                                 \
        int error = errno;                                                                                                 \
        if (result == 0) on_success;                                                                                       \
        release(error);                                                                                                    \
        return result;                                                                                                     \
    } while (0)

int ftruncate(int fd, off_t length) {
    REAL(int, ftruncate, int, off_t);
    CHANGE(real(fd, length), shortened(file, length));
}

int ftruncate64(int fd, off64_t length) {
    REAL(int, ftruncate64, int, off64_t);
    CHANGE(real(fd, length), shortened(file, length));
}

int fallocate(int fd, int mode, off_t at, off_t length) {
    REAL(int, fallocate, int, int, off_t, off_t);
    CHANGE(real(fd, mode, at, length), wrote(file, at, at + length));
}

int fallocate64(int fd, int mode, off64_t at, off64_t length) {
    REAL(int, fallocate64, int, int, off64_t, off64_t);
    CHANGE(real(fd, mode, at, length), wrote(file, at, at + length));
}

int posix_fallocate(int fd, off_t at, off_t length) {
    REAL(int, posix_fallocate, int, off_t, off_t);
    CHANGE(real(fd, at, length), wrote(file, at, at + length));
}

int posix_fallocate64(int fd, off64_t at, off64_t length) {
    REAL(int, posix_fallocate64, int, off64_t, off64_t);
    CHANGE(real(fd, at, length), wrote(file, at, at + length));
}

static int synced(int fd, int (*real)(int)) {
    struct stat stat;
    if (lies) return real(fd);
    if (armed && fstat(fd, &stat) == 0 && stat.st_ino == live_stat.st_ino && stat.st_dev == live_stat.st_dev) {
        pthread_mutex_lock(&lock);
        int result = real(fd), error = errno;
        if (result == 0) sync_names();
        release(error);
        return result;
    }
    CHANGE(real(fd), sync_content(file));
}

int fsync(int fd) {
    REAL(int, fsync, int);
    return synced(fd, real);
}

int fdatasync(int fd) {
    REAL(int, fdatasync, int);
    return synced(fd, real);
}

/* ---- the start: what is there now is on the disk ---- */

__attribute__((constructor)) static void arm(void) {
    char path[PATH_MAX + 300];
    struct dirent *entry;
    struct stat stat;
    const char *live_given = getenv("POWERCUT_LIVE"), *disk_given = getenv("POWERCUT_DISK");
    const char *early = getenv("POWERCUT_EARLY"), *seed = getenv("POWERCUT_SEED");
    if (!live_given || !disk_given) return;
    if (!realpath(live_given, live)) fail(live_given);
    if (!realpath(disk_given, disk)) fail(disk_given);
    if (lstat(live, &live_stat)) fail(live);
    lies = getenv("POWERCUT_LIES") != NULL;
    if (early) early_percent = (unsigned)strtoul(early, NULL, 10);
    if (seed) random_state ^= strtoull(seed, NULL, 10) * 2654435769u;
    snprintf(path, sizeof path, "%s/files", disk);
    if (mkdir(path, 0700)) fail(path);
    snprintf(path, sizeof path, "%s/names", disk);
    if (mkdir(path, 0700)) fail(path);
    DIR *directory = opendir(live);
    if (!directory) fail(live);
    while ((entry = readdir(directory))) {
        snprintf(path, sizeof path, "%s/%s", live, entry->d_name);
        if (lstat(path, &stat)) fail(path);
        if (!S_ISREG(stat.st_mode) || is_left_out(entry->d_name)) continue;
        int fd = real_open(path, O_RDONLY | O_CLOEXEC, 0);
        if (fd < 0) fail(path);
        struct file *file = add(fd, &stat);
        close(fd);
        file->to = stat.st_size;
        sync_content(file);
        link_name(entry->d_name, file->number);
    }
    closedir(directory);
    snprintf(path, sizeof path, "%s/armed", disk);
    int fd = real_open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) fail(path);
    close(fd);
    /* Programs that this one starts are not watched. */
    unsetenv("LD_PRELOAD");
    armed = 1;
}
