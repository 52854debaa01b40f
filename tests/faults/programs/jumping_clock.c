/* A wall clock that jumps by a day, forth and back, every tenth of a second; other clocks are left alone. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <time.h>

int clock_gettime(clockid_t clock, struct timespec *now) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    int answer = real(clock, now);
    if (clock == CLOCK_REALTIME && (now->tv_nsec / 100000000) % 2) now->tv_sec += 86400;
    return answer;
}
