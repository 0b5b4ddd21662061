/* Preloaded into a process, it counts what the process does to files below one folder, and at the Nth such
 * operation kills it, sends it SIGTERM, or lets the disk fail or be full. What does not change a file is not counted.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

enum mode { COUNT, KILL, TEAR, FAIL, FULL, TERMINATE };

static char root[PATH_MAX] = "";
static size_t root_length = 0;
static long at = 0, done = 0;
static enum mode mode = COUNT;
static int log_fd = -1;

/* Begin to count below `folder`, which is absolute; `log` is a descriptor for a line per operation, or -1. */
void shim_arm(const char *folder, int what, long number, int log) {
    strncpy(root, folder, sizeof root - 1);
    root_length = strlen(root);
    mode = what, at = number, done = 0, log_fd = log;
}
long shim_done(void) { return done; }

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static int below(const char *path) {
    return root_length && !strncmp(path, root, root_length) && (path[root_length] == '/' || !path[root_length]);
}
static void of_descriptor(int fd, char *path) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, PATH_MAX - 1);
    path[length > 0 ? length : 0] = 0;
}
static void of_path(int folder, const char *name, char *path) {
    if (name[0] == '/') {
        strncpy(path, name, PATH_MAX - 1), path[PATH_MAX - 1] = 0;
        return;
    }
    if (folder == AT_FDCWD) {
        if (!getcwd(path, PATH_MAX)) path[0] = 0;
    } else
        of_descriptor(folder, path);
    size_t length = strlen(path);
    snprintf(path + length, PATH_MAX - length, "/%s", name);
}

/* What must come of an operation: 0, or the error that it ends in; `needs_room`: it fails on a full disk. */
static int outcome(const char *name, const char *path, int needs_room) {
    if (!root_length || !below(path)) return 0;
    done++;
    if (log_fd >= 0) {
        char line[PATH_MAX + 64];
        int length = snprintf(line, sizeof line, "%s %s\n", name, path + root_length);
        REAL(write)(log_fd, line, length);
    }
    if (mode == KILL && done == at) kill(getpid(), SIGKILL), pause();
    if (mode == TERMINATE && done == at) kill(getpid(), SIGTERM);
    if (mode == FAIL && done == at) return EIO;
    if (mode == FULL && done >= at && needs_room) return ENOSPC;
    return 0;
}
static int torn(void) { return mode == TEAR && done == at; }

#define REFUSE(name, path, room)                                                                              \
    do {                                                                                                      \
        int refused = outcome(name, path, room);                                                              \
        if (refused) {                                                                                        \
            errno = refused;                                                                                  \
            return -1;                                                                                        \
        }                                                                                                     \
    } while (0)

#define OPENING(name, signature, folder, ...)                                                                 \
    int name signature {                                                                                      \
        va_list rest;                                                                                         \
        va_start(rest, flags);                                                                                \
        mode_t permissions = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;                        \
        va_end(rest);                                                                                         \
        if (root_length && flags & (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC)) {                                 \
            char path[PATH_MAX];                                                                              \
            of_path(folder, file, path);                                                                      \
            REFUSE("open", path, flags & O_CREAT);                                                            \
        }                                                                                                     \
        return REAL(name)(__VA_ARGS__, flags, permissions);                                                   \
    }
OPENING(open, (const char *file, int flags, ...), AT_FDCWD, file)
OPENING(open64, (const char *file, int flags, ...), AT_FDCWD, file)
OPENING(openat, (int folder, const char *file, int flags, ...), folder, folder, file)
OPENING(openat64, (int folder, const char *file, int flags, ...), folder, folder, file)

#define WRITING(name, type, signature, fd, whole, half)                                                       \
    type name signature {                                                                                     \
        if (root_length) {                                                                                    \
            char path[PATH_MAX];                                                                              \
            of_descriptor(fd, path);                                                                          \
            REFUSE("write", path, 1);                                                                         \
            if (below(path) && torn()) half, kill(getpid(), SIGKILL), pause();                                \
        }                                                                                                     \
        return whole;                                                                                         \
    }
WRITING(write, ssize_t, (int fd, const void *data, size_t size), fd, REAL(write)(fd, data, size),
        REAL(write)(fd, data, size / 2))
WRITING(pwrite, ssize_t, (int fd, const void *data, size_t size, off_t where), fd,
        REAL(pwrite)(fd, data, size, where), REAL(pwrite)(fd, data, size / 2, where))
WRITING(pwrite64, ssize_t, (int fd, const void *data, size_t size, off64_t where), fd,
        REAL(pwrite64)(fd, data, size, where), REAL(pwrite64)(fd, data, size / 2, where))
WRITING(writev, ssize_t, (int fd, const struct iovec *parts, int count), fd, REAL(writev)(fd, parts, count),
        REAL(writev)(fd, parts, count / 2))

size_t fwrite(const void *data, size_t size, size_t count, FILE *file) {
    if (root_length && size && count) {
        char path[PATH_MAX];
        of_descriptor(fileno(file), path);
        int refused = outcome("write", path, 1);
        if (refused) {
            errno = refused;
            return 0;
        }
        if (below(path) && torn())
            REAL(fwrite)(data, size, count / 2, file), fflush(file), kill(getpid(), SIGKILL), pause();
    }
    return REAL(fwrite)(data, size, count, file);
}

#define ON_DESCRIPTOR(name, signature, ...)                                                                   \
    int name signature {                                                                                      \
        if (root_length) {                                                                                    \
            char path[PATH_MAX];                                                                              \
            of_descriptor(fd, path);                                                                          \
            REFUSE(#name, path, 0);                                                                           \
        }                                                                                                     \
        return REAL(name)(__VA_ARGS__);                                                                       \
    }
ON_DESCRIPTOR(fsync, (int fd), fd)
ON_DESCRIPTOR(fdatasync, (int fd), fd)
ON_DESCRIPTOR(ftruncate, (int fd, off_t length), fd, length)
ON_DESCRIPTOR(ftruncate64, (int fd, off64_t length), fd, length)

#define ON_NAME(name, signature, folder, file, what, room, ...)                                               \
    int name signature {                                                                                      \
        if (root_length) {                                                                                    \
            char path[PATH_MAX];                                                                              \
            of_path(folder, file, path);                                                                      \
            REFUSE(what, path, room);                                                                         \
        }                                                                                                     \
        return REAL(name)(__VA_ARGS__);                                                                       \
    }
ON_NAME(rename, (const char *from, const char *to), AT_FDCWD, to, "rename", 0, from, to)
ON_NAME(renameat, (int old, const char *from, int new, const char *to), new, to, "rename", 0, old, from, new, to)
ON_NAME(unlink, (const char *file), AT_FDCWD, file, "unlink", 0, file)
ON_NAME(unlinkat, (int at_folder, const char *file, int flags), at_folder, file, "unlink", 0, at_folder, file, flags)
ON_NAME(mkdir, (const char *file, mode_t permissions), AT_FDCWD, file, "mkdir", 1, file, permissions)
ON_NAME(mkdirat, (int at_folder, const char *file, mode_t permissions), at_folder, file, "mkdir", 1, at_folder,
        file, permissions)
ON_NAME(rmdir, (const char *file), AT_FDCWD, file, "rmdir", 0, file)
