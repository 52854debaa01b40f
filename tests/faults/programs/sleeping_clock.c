/* The clocks of a computer that has slept: the file named by SLEPT holds for how many seconds. The wall clock and the
   clock since the boot have moved on by them, the monotonic clock has not. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static char path[4096];

/* The program may change its environment later. */
__attribute__((constructor)) static void remember(void) {
    strncpy(path, getenv("SLEPT"), sizeof path - 1);
}

static long slept(void) {
    char text[24] = "";
    int before = errno, file = open(path, O_RDONLY | O_CLOEXEC);
    if (file >= 0) {
        if (read(file, text, sizeof text - 1) < 0) text[0] = 0;
        close(file);
    }
    errno = before;
    return atol(text);
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    int answer = real(clock, now);
    if (clock == CLOCK_REALTIME || clock == CLOCK_BOOTTIME) now->tv_sec += slept();
    return answer;
}
