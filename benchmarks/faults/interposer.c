/* Calls of the file system, counted on the files of one directory, and a fault at one of them.
 *
 * Loaded before the C library (LD_PRELOAD), whose functions it stands before. Nothing is counted until a directory is
 * watched; in a process that is started with FAULT_WATCHED in its environment that is from the beginning.
 *
 * A disk that cannot give a file a second name, or exchange two, is one where FAULT_REFUSED says so: it refuses such
 * calls, whatever else strikes.
 *
 * A fault strikes before the call does anything, so that faults at all calls one after the other are faults between
 * any two of them.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

enum { READS = 1, CHANGES = 2, GROWS = 4 }; /* What a call does; what makes files longer or more is a change, too. */
enum { SIGNAL = 1, FAIL = 2, FAIL_FROM_THEN = 3, SHORTEN = 4 };
enum { LINKS = 1, EXCHANGES = 2 }; /* What is refused. */
enum { KINDS = 8, DESCRIPTORS = 4096 };

static char watched[4096];
static size_t watched_length;
static _Atomic char is_inside[DESCRIPTORS];
static atomic_long counted[KINDS];
static int fault_calls, fault_action, fault_value, refused;
static long fault_at;

void fault_watch(const char *directory)
{
    strncpy(watched, directory, sizeof watched - 1);
    watched_length = strlen(watched);
}

void fault_arm(int calls, long at, int action, int value)
{
    fault_calls = calls, fault_at = at, fault_action = action, fault_value = value;
}

long fault_counted(int calls) { return counted[calls]; }

static long number_in(const char *name)
{
    const char *text = getenv(name);
    return text ? atol(text) : 0;
}

__attribute__((constructor)) static void arm_by_environment(void)
{
    const char *directory = getenv("FAULT_WATCHED");
    refused = number_in("FAULT_REFUSED");
    if (!directory)
        return;
    fault_arm(number_in("FAULT_CALLS"), number_in("FAULT_AT"), number_in("FAULT_ACTION"), number_in("FAULT_VALUE"));
    fault_watch(directory);
}

/* Count a call, and tell what is to become of it: 0 nothing, FAIL with errno set, SHORTEN. */
static int struck(int is)
{
    int strikes = 0;
    for (int kind = READS; kind <= GROWS; kind <<= 1) {
        if (!(is & kind))
            continue;
        long n = ++counted[kind];
        if (kind == fault_calls)
            strikes = n == fault_at || (fault_action == FAIL_FROM_THEN && n > fault_at);
    }
    if (!strikes)
        return 0;
    if (fault_action == SIGNAL) {
        /* A stop is to hold this very thread before its call. */
        if (fault_value == SIGSTOP)
            syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), fault_value);
        else
            kill(getpid(), fault_value);
        return 0;
    }
    if (fault_action == SHORTEN)
        return SHORTEN;
    errno = fault_value;
    return FAIL;
}

static int path_inside(int directory, const char *path)
{
    if (!watched_length || !path)
        return 0;
    if (path[0] == '/')
        return !strncmp(path, watched, watched_length);
    return directory == AT_FDCWD || (directory >= 0 && directory < DESCRIPTORS && is_inside[directory]);
}

static int inside(int descriptor) { return descriptor >= 0 && descriptor < DESCRIPTORS && is_inside[descriptor]; }

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static int opened(int descriptor, int counts)
{
    if (descriptor >= 0 && descriptor < DESCRIPTORS)
        is_inside[descriptor] = (char)counts;
    return descriptor;
}

#define OPENS(flags) ((flags) & (O_CREAT | O_TRUNC | O_WRONLY | O_RDWR) ? CHANGES | GROWS : READS)
#define MODE(flags) \
    mode_t mode = 0; \
    if ((flags) & (O_CREAT | O_TMPFILE)) { \
        va_list more; \
        va_start(more, flags); \
        mode = va_arg(more, mode_t); \
        va_end(more); \
    }

#define OPEN(name) \
    int name(const char *path, int flags, ...) \
    { \
        MODE(flags) \
        int counts = path_inside(AT_FDCWD, path); \
        if (counts && struck(OPENS(flags)) == FAIL) \
            return -1; \
        return opened(NEXT(name)(path, flags, mode), counts); \
    }
#define OPENAT(name) \
    int name(int directory, const char *path, int flags, ...) \
    { \
        MODE(flags) \
        int counts = path_inside(directory, path); \
        if (counts && struck(OPENS(flags)) == FAIL) \
            return -1; \
        return opened(NEXT(name)(directory, path, flags, mode), counts); \
    }
OPEN(open)
OPEN(open64)
OPENAT(openat)
OPENAT(openat64)

int close(int descriptor)
{
    opened(descriptor, 0);
    return NEXT(close)(descriptor);
}

/* Of a shortened call half is done, as the system may do; a byte at least, for none is the end of a file. */
#define TRANSFER(name, type, kind, parameters, arguments) \
    ssize_t name parameters \
    { \
        if (inside(descriptor)) { \
            int strikes = struck(kind); \
            if (strikes == FAIL) \
                return -1; \
            if (strikes == SHORTEN && size > 1) \
                size /= 2; \
        } \
        return NEXT(name) arguments; \
    }
TRANSFER(write, const void, CHANGES | GROWS, (int descriptor, const void *from, size_t size), (descriptor, from, size))
TRANSFER(pwrite, const void, CHANGES | GROWS, (int descriptor, const void *from, size_t size, off_t place),
         (descriptor, from, size, place))
TRANSFER(pwrite64, const void, CHANGES | GROWS, (int descriptor, const void *from, size_t size, off64_t place),
         (descriptor, from, size, place))
TRANSFER(read, void, READS, (int descriptor, void *to, size_t size), (descriptor, to, size))
TRANSFER(pread, void, READS, (int descriptor, void *to, size_t size, off_t place), (descriptor, to, size, place))
TRANSFER(pread64, void, READS, (int descriptor, void *to, size_t size, off64_t place), (descriptor, to, size, place))
TRANSFER(sendfile, void, CHANGES | GROWS, (int descriptor, int from, off_t *place, size_t size),
         (descriptor, from, place, size))
TRANSFER(sendfile64, void, CHANGES | GROWS, (int descriptor, int from, off64_t *place, size_t size),
         (descriptor, from, place, size))

#define VECTOR(name, place_type, more_parameters, more_arguments) \
    ssize_t name(int descriptor, const struct iovec *parts, int count, place_type place more_parameters) \
    { \
        struct iovec half; \
        if (inside(descriptor)) { \
            int strikes = struck(READS); \
            if (strikes == FAIL) \
                return -1; \
            if (strikes == SHORTEN && count > 0 && parts[0].iov_len > 1) { \
                half = parts[0]; \
                half.iov_len /= 2; \
                parts = &half, count = 1; \
            } \
        } \
        return NEXT(name)(descriptor, parts, count, place more_arguments); \
    }
#define NO_MORE
#define WITH_FLAGS(what) , what
VECTOR(preadv, off_t, NO_MORE, NO_MORE)
VECTOR(preadv64, off64_t, NO_MORE, NO_MORE)
VECTOR(preadv2, off_t, WITH_FLAGS(int flags), WITH_FLAGS(flags))
VECTOR(preadv64v2, off64_t, WITH_FLAGS(int flags), WITH_FLAGS(flags))

#define ON_DESCRIPTOR(name, kind, parameters, arguments) \
    int name parameters \
    { \
        if (inside(descriptor) && struck(kind) == FAIL) \
            return -1; \
        return NEXT(name) arguments; \
    }
ON_DESCRIPTOR(fsync, CHANGES, (int descriptor), (descriptor))
ON_DESCRIPTOR(ftruncate, CHANGES | GROWS, (int descriptor, off_t size), (descriptor, size))
ON_DESCRIPTOR(ftruncate64, CHANGES | GROWS, (int descriptor, off64_t size), (descriptor, size))

#define ON_PATH_UNLESS(refuses, error, name, kind, directory, parameters, arguments) \
    int name parameters \
    { \
        if (path_inside(directory, path) && struck(kind) == FAIL) \
            return -1; \
        if (path_inside(directory, path) && (refuses)) { \
            errno = error; \
            return -1; \
        } \
        return NEXT(name) arguments; \
    }
#define ON_PATH(...) ON_PATH_UNLESS(0, 0, __VA_ARGS__)
ON_PATH(rename, CHANGES, AT_FDCWD, (const char *path, const char *to), (path, to))
ON_PATH(renameat, CHANGES, from, (int from, const char *path, int at, const char *to), (from, path, at, to))
ON_PATH_UNLESS(refused & EXCHANGES && flags & RENAME_EXCHANGE, EINVAL, renameat2, CHANGES, from,
               (int from, const char *path, int at, const char *to, unsigned flags), (from, path, at, to, flags))
ON_PATH_UNLESS(refused & LINKS, EPERM, link, CHANGES | GROWS, AT_FDCWD, (const char *path, const char *to), (path, to))
ON_PATH_UNLESS(refused & LINKS, EPERM, linkat, CHANGES | GROWS, from,
               (int from, const char *path, int at, const char *to, int flags), (from, path, at, to, flags))
ON_PATH(unlink, CHANGES, AT_FDCWD, (const char *path), (path))
ON_PATH(unlinkat, CHANGES, directory, (int directory, const char *path, int flags), (directory, path, flags))
ON_PATH(rmdir, CHANGES, AT_FDCWD, (const char *path), (path))
ON_PATH(mkdir, CHANGES | GROWS, AT_FDCWD, (const char *path, mode_t mode), (path, mode))
ON_PATH(mkdirat, CHANGES | GROWS, directory, (int directory, const char *path, mode_t mode), (directory, path, mode))
ON_PATH(truncate, CHANGES | GROWS, AT_FDCWD, (const char *path, off_t size), (path, size))
ON_PATH(truncate64, CHANGES | GROWS, AT_FDCWD, (const char *path, off64_t size), (path, size))
