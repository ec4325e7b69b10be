/*
 * A disk that can lose its power, fail and be full, for one directory of one process.
 *
 * Preloaded into a program, it keeps beside the directory DISK_LIVE what a disk is sure to hold of it. The program works
 * on the live files as always; DISK_DURABLE holds the durable ones:
 *
 *     DISK_DURABLE/files/<number>   the durable content of a file
 *     DISK_DURABLE/names/<name>     a symbolic link to it: the durable entry of the directory
 *     DISK_DURABLE/armed            made when both are complete, before the program itself begins
 *     DISK_DURABLE/control          what is to go wrong: struct control below, looked at on each call
 *
 * Who kills the program with SIGKILL and puts the durable files in the place of the live ones has the directory as it
 * is after a power cut.
 *
 * What it simulates
 *   - Content. What was written, and where a file ends, is durable when fsync or fdatasync of that file has returned, and
 *     not before. The bytes are copied while no other watched call runs. A cut in the middle leaves a part of them.
 *   - Names. A new file, a rename and a removal are durable when the directory itself was synced: syncing the file is not
 *     enough. Adding and replacing come before removing, and a replacement is atomic.
 *   - Early write-back. A disk may hold more than was asked for, in any order. With DISK_EARLY=<percent> each written
 *     sector of 512 bytes is copied at once with that probability (DISK_SEED makes it repeatable), so that a cut also
 *     leaves later writes without earlier ones, and halves of one write.
 *   - A sync that fails (EIO), as ext4 and XFS do it: what it should have written is read back as it was written, and is
 *     taken for clean: no later sync writes it, unless the program writes it again.
 *   - A write or a read that fails (EIO), and does nothing.
 *   - No room (ENOSPC): a file that would grow beyond what is left takes what fits, then nothing. What is there can be
 *     written over.
 *   - The end of the program right before one of its calls, and another program on what it left: plugged in a second time,
 *     a disk goes on with what is durable.
 *   - With DISK_LIES=1 a disk that says it has synced and has not: for the test of the tests.
 *
 * What it does not simulate
 *   - Mappings. Files whose names end with "-shm" are durable never: SQLite maps them and makes them anew. Nothing else
 *     may be written through a mapping.
 *   - Subdirectories, hard links, truncate(2), sync(2), syncfs(2), io_uring, copy_file_range(2). sync_file_range(2) gives
 *     no promise, so nothing is done for it. Descriptors that write through (O_SYNC, O_DSYNC) end the program.
 *   - Sectors that rot, and room that comes back when a file is removed.
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
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { FILES_MAX = 1024, NAME_BYTES = 64, SECTOR = 512, COPY_BYTES = 65536 };

/* Calls of one kind that fail with EIO: from the first on, so many. The first is counted from the order on; 0 for none. */
struct failing {
    int64_t first, count;
};

/* What is to go wrong. The test writes it, the number of the order last; the shim adds what it did since. */
struct control {
    int64_t order;
    struct failing sync, write, read;
    int64_t kill;          /* the call before which the program ends; 0 for none */
    int64_t room;          /* how much files may still grow; negative for without end */
    char name[NAME_BYTES]; /* only files with names that end so; empty for all, and for the directory */
    int64_t calls, failed; /* of the order: calls that change something, and calls that were refused */
};

/* How many calls there were of an order. */
struct counts {
    int64_t order, sync, write, read;
};

/* A file of the directory. Between two syncs it has one range that covers all that was written: the bytes in it that were
 * not written are the same on both sides. */
struct file {
    dev_t dev;
    ino_t ino;
    int number;
    char name[NAME_BYTES]; /* its first */
    int current;    /* descriptor that reads the live content */
    int durable;    /* descriptor of the durable content; -1 for what is never durable */
    off_t shortest; /* the shortest that it was since the last sync */
    off_t from, to; /* what was written since the last sync */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char live[PATH_MAX], disk[PATH_MAX];
static struct stat live_stat;
static int armed;
static struct file files[FILES_MAX];
static int files_count;
static int number_next;
static unsigned early_percent;
static int lies;
static struct control *control;
static struct counts counts;
static uint64_t random_state = 88172645463325252u;

static void fail(const char *what) {
    dprintf(2, "disk: %s: %s\n", what, strerror(errno));
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

static ssize_t real_pread(int fd, void *bytes, size_t count, off_t at) {
    REAL(ssize_t, pread, int, void *, size_t, off_t);
    return real(fd, bytes, count, at);
}

static int real_unlink(const char *path) {
    REAL(int, unlink, const char *);
    return real(path);
}

static int real_rename(const char *from, const char *to) {
    REAL(int, rename, const char *, const char *);
    return real(from, to);
}

/* ---- the table of files; the lock is held ---- */

static struct file *by_inode(const struct stat *stat) {
    for (int i = files_count - 1; i >= 0; i--)
        if (files[i].ino == stat->st_ino && files[i].dev == stat->st_dev) return &files[i];
    return NULL;
}

static int ends_with(const char *name, const char *end) {
    size_t length = strlen(name), wanted = strlen(end);
    return length >= wanted && strcmp(name + length - wanted, end) == 0;
}

static int is_left_out(const char *name) {
    return ends_with(name, "-shm");
}

/* Begins to follow the file behind a descriptor. The shim reads it with a descriptor of its own, because the program's
 * may only write. What is durable of it has the number, or is nothing when that is negative. */
static struct file *add(int fd, const struct stat *stat, const char *name, int number) {
    char path[PATH_MAX + 32];
    errno = ENFILE;
    if (files_count == FILES_MAX) fail("follow a file");
    struct file *file = &files[files_count];
    *file = (struct file){.dev = stat->st_dev, .ino = stat->st_ino, };
    files_count++;
    snprintf(file->name, sizeof file->name, "%s", name);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    file->current = real_open(path, O_RDONLY | O_CLOEXEC, 0);
    if (file->current < 0) fail(path);
    file->durable = -1;
    if (is_left_out(name)) return file;
    file->number = number < 0 ? number_next++ : number;
    snprintf(path, sizeof path, "%s/files/%d", disk, file->number);
    file->durable = real_open(path, O_RDWR | O_CREAT | O_CLOEXEC | (number < 0 ? O_EXCL : 0), 0600);
    if (file->durable < 0) fail(path);
    return file;
}

static void copy(int from_fd, int to_fd, off_t from, off_t to) {
    static char buffer[COPY_BYTES];
    while (from < to) {
        size_t wanted = to - from < COPY_BYTES ? (size_t)(to - from) : COPY_BYTES;
        ssize_t count = real_pread(from_fd, buffer, wanted, from);
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
    if (file->durable < 0) return;
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
    if (file->durable < 0) return;
    if (fstat(file->current, &now) || fstat(file->durable, &then)) fail("fstat");
    if (then.st_size > file->shortest && real_ftruncate(file->durable, file->shortest)) fail("shorten a durable file");
    copy(file->current, file->durable, file->from, file->to < now.st_size ? file->to : now.st_size);
    if (real_ftruncate(file->durable, now.st_size)) fail("set the length of a durable file");
    file->from = file->to = 0;
    file->shortest = now.st_size;
}

/* Makes a name durable. */
static void link_name(const char *name, int number) {
    char path[PATH_MAX + 300], draft[PATH_MAX + 32], target[32];
    snprintf(path, sizeof path, "%s/names/%s", disk, name);
    snprintf(draft, sizeof draft, "%s/draft", disk);
    snprintf(target, sizeof target, "../files/%d", number);
    real_unlink(draft);
    if (symlink(target, draft) || real_rename(draft, path)) fail(path);
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
        if (real_unlink(path)) fail(path);
    }
    closedir(directory);
}

/* ---- what goes wrong; the lock is held ---- */

/* Whether what was ordered is about this file; about the directory when there is none. */
static int concerns(const struct file *file) {
    if (control->order != counts.order) {
        counts = (struct counts){.order = control->order};
        control->calls = control->failed = 0;
    }
    return control->name[0] == 0 || (file && ends_with(file->name, control->name));
}

/* Before a call that changes something. */
static void counted(const struct file *file) {
    if (concerns(file) && ++control->calls == control->kill) kill(getpid(), SIGKILL);
}

static int fails(const struct file *file, const struct failing *failing, int64_t *count) {
    if (!concerns(file)) return 0;
    ++*count;
    if (failing->first == 0 || *count < failing->first || *count - failing->first >= failing->count) return 0;
    control->failed++;
    return 1;
}

/* How much of a write finds room; -1 when nothing of it does. */
static ssize_t fitting(const struct file *file, off_t from, size_t wanted) {
    struct stat stat;
    if (!concerns(file) || control->room < 0) return (ssize_t)wanted;
    if (fstat(file->current, &stat)) fail("fstat");
    off_t there = stat.st_size > from ? stat.st_size - from : 0;
    off_t grows = (off_t)wanted > there ? (off_t)wanted - there : 0;
    off_t taken = grows < control->room ? grows : control->room;
    control->room -= taken;
    if (taken == grows) return (ssize_t)wanted;
    control->failed++;
    return there + taken > 0 ? (ssize_t)(there + taken) : -1;
}

/* What a sync that failed should have written is taken for written. */
static void forgotten(struct file *file) {
    file->from = file->to = 0;
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
    if (!name || (size_t)(name - path) != strlen(live) || strncmp(path, live, strlen(live)) ||
        stat.st_nlink == 0) {
        errno = before;
        return;
    }
    errno = EINVAL;
    if (flags & O_DSYNC) fail("a descriptor that writes through");
    pthread_mutex_lock(&lock);
    struct file *file = by_inode(&stat);
    if (!file) {
        if (stat.st_size > 0 && !is_left_out(name)) fail("a file was made by a call that is not watched");
        add(fd, &stat, name + 1, -1);
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

/* Ends a call that the disk refuses. */
static int refused(int error) {
    release(error);
    return -1;
}

/* A write of any kind: `at` says where it goes, `wanted` how much, `call` does it, of `count_max` bytes where it can. */
#define WRITE(at, wanted, divides, call)                                                                                   \
    do {                                                                                                                   \
        struct file *file = hold(fd);                                                                                      \
        if (!file) return call;                                                                                            \
        counted(file);                                                                                                     \
        if (fails(file, &control->write, &counts.write)) return refused(EIO);                                              \
        off_t from = at;                                                                                                   \
        ssize_t fits = fitting(file, from, wanted);                                                                        \
        if (fits < 0 || (!(divides) && (size_t)fits < (wanted))) return refused(ENOSPC);                                   \
        count_max = (size_t)fits;                                                                                          \
        ssize_t count = call;                                                                                              \
        int error = errno;                                                                                                 \
        if (count > 0) wrote(file, from, from + count);                                                                    \
        release(error);                                                                                                    \
        return count;                                                                                                      \
    } while (0)

ssize_t write(int fd, const void *bytes, size_t count_max) {
    REAL(ssize_t, write, int, const void *, size_t);
    WRITE(position(fd), count_max, 1, real(fd, bytes, count_max));
}

ssize_t pwrite(int fd, const void *bytes, size_t count_max, off_t at) {
    REAL(ssize_t, pwrite, int, const void *, size_t, off_t);
    WRITE(at, count_max, 1, real(fd, bytes, count_max, at));
}

ssize_t pwrite64(int fd, const void *bytes, size_t count_max, off64_t at) {
    REAL(ssize_t, pwrite64, int, const void *, size_t, off64_t);
    WRITE(at, count_max, 1, real(fd, bytes, count_max, at));
}

static size_t total(const struct iovec *parts, int parts_count) {
    size_t bytes = 0;
    for (int i = 0; i < parts_count; i++) bytes += parts[i].iov_len;
    return bytes;
}

ssize_t writev(int fd, const struct iovec *parts, int parts_count) {
    REAL(ssize_t, writev, int, const struct iovec *, int);
    size_t count_max = total(parts, parts_count);
    WRITE(position(fd), count_max, 0, real(fd, parts, parts_count));
}

ssize_t pwritev(int fd, const struct iovec *parts, int parts_count, off_t at) {
    REAL(ssize_t, pwritev, int, const struct iovec *, int, off_t);
    size_t count_max = total(parts, parts_count);
    WRITE(at, count_max, 0, real(fd, parts, parts_count, at));
}

ssize_t pwritev64(int fd, const struct iovec *parts, int parts_count, off64_t at) {
    REAL(ssize_t, pwritev64, int, const struct iovec *, int, off64_t);
    size_t count_max = total(parts, parts_count);
    WRITE(at, count_max, 0, real(fd, parts, parts_count, at));
}

#define READ(call)                                                                                                         \
    do {                                                                                                                   \
        struct file *file = hold(fd);                                                                                      \
        if (!file) return call;                                                                                            \
        if (fails(file, &control->read, &counts.read)) return refused(EIO);                                                \
        ssize_t count = call;                                                                                              \
        release(errno);                                                                                                    \
        return count;                                                                                                      \
    } while (0)

ssize_t read(int fd, void *bytes, size_t count_max) {
    REAL(ssize_t, read, int, void *, size_t);
    READ(real(fd, bytes, count_max));
}

ssize_t pread(int fd, void *bytes, size_t count_max, off_t at) {
    REAL(ssize_t, pread, int, void *, size_t, off_t);
    READ(real(fd, bytes, count_max, at));
}

ssize_t pread64(int fd, void *bytes, size_t count_max, off64_t at) {
    REAL(ssize_t, pread64, int, void *, size_t, off64_t);
    READ(real(fd, bytes, count_max, at));
}

/* A change of the length, or of a range that then reads as zeros: the file ends at `end` or behind. */
#define CHANGE(end, on_full, call, on_success)                                                                             \
    do {                                                                                                                   \
        struct file *file = hold(fd);                                                                                      \
        if (!file) return call;                                                                                            \
        counted(file);                                                                                                     \
        if (fitting(file, 0, (size_t)(end)) < (ssize_t)(end)) return on_full;                                              \
        int result = call;                                                                                                 \
        int error = errno;                                                                                                 \
        if (result == 0) on_success;                                                                                       \
        release(error);                                                                                                    \
        return result;                                                                                                     \
    } while (0)

int ftruncate(int fd, off_t length) {
    REAL(int, ftruncate, int, off_t);
    CHANGE(length, refused(ENOSPC), real(fd, length), shortened(file, length));
}

int ftruncate64(int fd, off64_t length) {
    REAL(int, ftruncate64, int, off64_t);
    CHANGE(length, refused(ENOSPC), real(fd, length), shortened(file, length));
}

int fallocate(int fd, int mode, off_t at, off_t length) {
    REAL(int, fallocate, int, int, off_t, off_t);
    CHANGE(at + length, refused(ENOSPC), real(fd, mode, at, length), wrote(file, at, at + length));
}

int fallocate64(int fd, int mode, off64_t at, off64_t length) {
    REAL(int, fallocate64, int, int, off64_t, off64_t);
    CHANGE(at + length, refused(ENOSPC), real(fd, mode, at, length), wrote(file, at, at + length));
}

/* These two return the error. */
int posix_fallocate(int fd, off_t at, off_t length) {
    REAL(int, posix_fallocate, int, off_t, off_t);
    CHANGE(at + length, (refused(0), ENOSPC), real(fd, at, length), wrote(file, at, at + length));
}

int posix_fallocate64(int fd, off64_t at, off64_t length) {
    REAL(int, posix_fallocate64, int, off64_t, off64_t);
    CHANGE(at + length, (refused(0), ENOSPC), real(fd, at, length), wrote(file, at, at + length));
}

static int synced(int fd, int (*real)(int)) {
    struct stat stat;
    struct file *file = NULL;
    if (lies || !armed || fstat(fd, &stat)) return real(fd);
    int of_directory = stat.st_ino == live_stat.st_ino && stat.st_dev == live_stat.st_dev;
    if (of_directory)
        pthread_mutex_lock(&lock);
    else if (!(file = hold(fd)))
        return real(fd);
    counted(file);
    if (fails(file, &control->sync, &counts.sync)) {
        if (file) forgotten(file);
        return refused(EIO);
    }
    int result = real(fd), error = errno;
    if (result == 0) {
        if (file)
            sync_content(file);
        else
            sync_names();
    }
    release(error);
    return result;
}

int fsync(int fd) {
    REAL(int, fsync, int);
    return synced(fd, real);
}

int fdatasync(int fd) {
    REAL(int, fdatasync, int);
    return synced(fd, real);
}

/* Names change without a promise. They are watched as calls before which the program may end. */
static void changes_names(void) {
    if (!armed) return;
    pthread_mutex_lock(&lock);
    counted(NULL);
    pthread_mutex_unlock(&lock);
}

int unlink(const char *path) {
    REAL(int, unlink, const char *);
    changes_names();
    return real(path);
}

int rename(const char *from, const char *to) {
    REAL(int, rename, const char *, const char *);
    changes_names();
    return real(from, to);
}

/* ---- the start: what is there now is on the disk; when it is plugged in again, what was synced before is, and of the
 * rest nothing is written any more that is not written again ---- */

static int entries(const char *folder, const char *name) {
    char path[PATH_MAX + 32];
    int count = 0;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    DIR *directory = opendir(path);
    if (!directory) fail(path);
    for (struct dirent *entry; (entry = readdir(directory));) count += entry->d_name[0] != '.';
    closedir(directory);
    return count;
}

/* The number of what is durable under a name; -1 for nothing. */
static int durable_number(const char *name) {
    char path[PATH_MAX + 300], target[32];
    snprintf(path, sizeof path, "%s/names/%s", disk, name);
    ssize_t length = readlink(path, target, sizeof target - 1);
    if (length < 0) return -1;
    target[length] = 0;
    return atoi(strrchr(target, '/') + 1);
}

__attribute__((constructor)) static void arm(void) {
    char path[PATH_MAX + 300];
    struct dirent *entry;
    struct stat stat;
    const char *live_given = getenv("DISK_LIVE"), *disk_given = getenv("DISK_DURABLE");
    const char *early = getenv("DISK_EARLY"), *seed = getenv("DISK_SEED");
    if (!live_given || !disk_given) return;
    if (!realpath(live_given, live)) fail(live_given);
    if (!realpath(disk_given, disk)) fail(disk_given);
    if (lstat(live, &live_stat)) fail(live);
    lies = getenv("DISK_LIES") != NULL;
    if (early) early_percent = (unsigned)strtoul(early, NULL, 10);
    if (seed) random_state ^= strtoull(seed, NULL, 10) * 2654435769u;
    snprintf(path, sizeof path, "%s/armed", disk);
    int plugged_again = access(path, F_OK) == 0;
    if (!plugged_again) {
        snprintf(path, sizeof path, "%s/files", disk);
        if (mkdir(path, 0700)) fail(path);
        snprintf(path, sizeof path, "%s/names", disk);
        if (mkdir(path, 0700)) fail(path);
    }
    number_next = entries(disk, "files");
    DIR *directory = opendir(live);
    if (!directory) fail(live);
    while ((entry = readdir(directory))) {
        snprintf(path, sizeof path, "%s/%s", live, entry->d_name);
        if (lstat(path, &stat)) fail(path);
        if (!S_ISREG(stat.st_mode) || is_left_out(entry->d_name)) continue;
        int fd = real_open(path, O_RDONLY | O_CLOEXEC, 0);
        if (fd < 0) fail(path);
        if (plugged_again) {
            struct file *file = add(fd, &stat, entry->d_name, durable_number(entry->d_name));
            struct stat then;
            if (fstat(file->durable, &then)) fail("fstat");
            file->shortest = then.st_size;
        } else {
            struct file *file = add(fd, &stat, entry->d_name, -1);
            file->to = stat.st_size;
            sync_content(file);
            link_name(entry->d_name, file->number);
        }
        close(fd);
    }
    closedir(directory);
    snprintf(path, sizeof path, "%s/control", disk);
    int control_fd = real_open(path, O_RDWR | O_CLOEXEC, 0);
    if (control_fd < 0) fail(path);
    control = mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, control_fd, 0);
    if (control == MAP_FAILED) fail(path);
    close(control_fd);
    snprintf(path, sizeof path, "%s/armed", disk);
    int fd = real_open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) fail(path);
    close(fd);
    /* Programs that this one starts are not watched. */
    unsetenv("LD_PRELOAD");
    armed = 1;
}
