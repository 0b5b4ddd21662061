/* Preloaded into a process, it counts what the process does to files below one folder, and at the Nth such
 * operation kills it, sends it SIGTERM, or lets the disk fail or be full; or it lets somebody look at the folder before
 * each of them, and halfway through each write. What does not change a file is not counted.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

enum mode { COUNT, KILL, TEAR, FAIL, FULL, TERMINATE, WATCH };

static char root[PATH_MAX] = "";
static size_t root_length = 0;
static long at = 0, done = 0;
static enum mode mode = COUNT;
static int log_fd = -1, answers_fd = -1;
static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;

/* Begin to count below `folder`, which is absolute; `log` is a descriptor for a line per operation, or -1. */
void shim_arm(const char *folder, int what, long number, int log) {
    strncpy(root, folder, sizeof root - 1);
    root_length = strlen(root);
    mode = what, at = number, done = 0, log_fd = log;
}
long shim_done(void) { return done; }

/* Whoever reads the log answers with a byte when he has looked. */
void shim_answers(int fd) { answers_fd = fd; }

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

/* A line to the log; where somebody looks, nothing goes on before he has. */
static void tell(const char *name, const char *path) {
    char line[PATH_MAX + 64], answer;
    int length = snprintf(line, sizeof line, "%s %s\n", name, path + root_length);
    if (mode == WATCH) pthread_mutex_lock(&one_at_a_time);
    REAL(write)(log_fd, line, length);
    if (mode != WATCH) return;
    while (read(answers_fd, &answer, 1) < 0 && errno == EINTR) continue;
    pthread_mutex_unlock(&one_at_a_time);
}

/* What must come of an operation: 0, or the error that it ends in; `needs_room`: it fails on a full disk. */
static int outcome(const char *name, const char *path, int needs_room) {
    if (!root_length || !below(path)) return 0;
    done++;
    if (log_fd >= 0) tell(name, path);
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

#define WRITING(name, signature, fd, amount, first, rest)                                                     \
    ssize_t name signature {                                                                                  \
        size_t half = 0;                                                                                      \
        if (root_length) {                                                                                    \
            char path[PATH_MAX];                                                                              \
            of_descriptor(fd, path);                                                                          \
            REFUSE("write", path, 1);                                                                         \
            if (below(path) && (torn() || mode == WATCH)) {                                                   \
                half = amount / 2;                                                                            \
                ssize_t written = first;                                                                      \
                if (torn()) kill(getpid(), SIGKILL), pause();                                                 \
                if (written < (ssize_t)half) return written;                                                  \
                if (half) tell("half", path);                                                                 \
            }                                                                                                 \
        }                                                                                                     \
        ssize_t written = rest;                                                                               \
        return written < 0 ? (half ? (ssize_t)half : written) : written + (ssize_t)half;                      \
    }
#define FROM(data) ((const char *)data + half)
WRITING(write, (int fd, const void *data, size_t size), fd, size, REAL(write)(fd, data, half),
        REAL(write)(fd, FROM(data), size - half))
WRITING(pwrite, (int fd, const void *data, size_t size, off_t where), fd, size, REAL(pwrite)(fd, data, half, where),
        REAL(pwrite)(fd, FROM(data), size - half, where + half))
WRITING(pwrite64, (int fd, const void *data, size_t size, off64_t where), fd, size,
        REAL(pwrite64)(fd, data, half, where), REAL(pwrite64)(fd, FROM(data), size - half, where + half))

ssize_t writev(int fd, const struct iovec *parts, int count) {
    ssize_t written = 0;
    for (int i = 0; i < count; i++) {
        if (!parts[i].iov_len) continue;
        ssize_t one = write(fd, parts[i].iov_base, parts[i].iov_len);
        if (one < 0) return written ? written : one;
        written += one;
        if (one < (ssize_t)parts[i].iov_len) break;
    }
    return written;
}

size_t fwrite(const void *data, size_t size, size_t count, FILE *file) {
    if (root_length && size && count) {
        char path[PATH_MAX];
        of_descriptor(fileno(file), path);
        int refused = outcome("write", path, 1);
        if (refused) {
            errno = refused;
            return 0;
        }
        if (below(path) && (torn() || mode == WATCH)) {
            size_t half = count / 2, written = REAL(fwrite)(data, size, half, file);
            fflush(file);
            if (torn()) kill(getpid(), SIGKILL), pause();
            if (written < half) return written;
            if (half) tell("half", path);
            return half + REAL(fwrite)((const char *)data + half * size, size, count - half, file);
        }
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
