/* A GPU driver that never answers: the first call of its library does not return. */
#include <unistd.h>

int nvmlInit_v2(void) {
    for (;;) pause();
}

int nvmlInitWithFlags(unsigned int flags) {
    return nvmlInit_v2();
}
