/* A driver's library for tests. It answers over NVML's interface by what the file "driver" in its own folder says, line
   by line: "KEY VALUE". Boards have numbers; a slice's keys begin with its UUID. Read anew at every call, so that a
   test may change it at any moment. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SUCCESS = 0, INVALID = 2, NOT_SUPPORTED = 3, NOT_FOUND = 6, INSUFFICIENT_SIZE = 7, LOST = 15 };
typedef struct { unsigned pid; unsigned long long memory; unsigned gpu_instance, compute_instance; } Process;
typedef struct { unsigned pid; unsigned long long time_us; unsigned sm, memory, encoder, decoder; } Sample;
typedef struct { unsigned long long total, free, used; } Memory;
typedef struct { unsigned counts[6]; unsigned gpu_slices, compute_slices; unsigned long long memory_mb; } Attributes;

static char *value_of(const char *key, char *buffer, size_t size) {
  Dl_info info;
  char path[4096], line[4096];
  size_t length = strlen(key);
  char *found = NULL;
  dladdr((void *)value_of, &info);
  snprintf(path, sizeof path, "%s", info.dli_fname);
  strcpy(strrchr(path, '/') + 1, "driver");
  FILE *file = fopen(path, "r");
  while (file && !found && fgets(line, sizeof line, file))
    if (!strncmp(line, key, length) && line[length] == ' ') {
      line[strcspn(line, "\n")] = 0;
      snprintf(buffer, size, "%s", line + length + 1);
      found = buffer;
    }
  if (file) fclose(file);
  return found;
}

static int board_of(void *handle) { return (int)((intptr_t)handle % 1000) - 1; }
static int place_of(void *handle) { return (int)((intptr_t)handle / 1000) - 1; }

static char *of_board(void *handle, const char *name, char *buffer, size_t size) {
  char key[256];
  snprintf(key, sizeof key, "%d.%s", board_of(handle), name);
  return value_of(key, buffer, size);
}

static int is_lost(void *handle) {
  char buffer[64];
  return of_board(handle, "lost", buffer, sizeof buffer) != NULL;
}

static double number(void *handle, const char *name, double otherwise) {
  char buffer[256];
  char *text = of_board(handle, name, buffer, sizeof buffer);
  return text ? atof(text) : otherwise;
}

/* The n-th "UUID:SLICES:GPU INSTANCE:COMPUTE INSTANCE" of a board; whether there is one. */
static int slice(void *handle, int place, char *uuid, unsigned *slices, unsigned *instances) {
  char buffer[1024];
  char *rest = of_board(handle, "slices", buffer, sizeof buffer);
  for (char *item = rest ? strtok_r(rest, ",", &rest) : NULL; item; item = strtok_r(NULL, ",", &rest))
    if (!place--) return sscanf(item, "%79[^:]:%u:%u:%u", uuid, slices, instances, instances + 1) == 4;
  return 0;
}

static double now(void) {
  struct timespec moment;
  clock_gettime(CLOCK_MONOTONIC, &moment);
  return moment.tv_sec + moment.tv_nsec * 1e-9;
}

int nvmlInitWithFlags(unsigned flags) { (void)flags; return SUCCESS; }
int nvmlInit_v2(void) { return SUCCESS; }
int nvmlShutdown(void) { return SUCCESS; }
const char *nvmlErrorString(int code) { return code == LOST ? "GPU is lost" : "made-up error"; }

int nvmlDeviceGetCount_v2(unsigned *count) {
  char buffer[64];
  char *text = value_of("boards", buffer, sizeof buffer);
  *count = text ? atoi(text) : 0;
  return SUCCESS;
}

int nvmlDeviceGetHandleByIndex_v2(unsigned index, void **handle) {
  unsigned count;
  nvmlDeviceGetCount_v2(&count);
  *handle = (void *)(intptr_t)(index + 1);
  return index >= count ? INVALID : is_lost(*handle) ? LOST : SUCCESS;
}

int nvmlDeviceGetUUID(void *handle, char *uuid, unsigned length) {
  char buffer[80];
  unsigned slices, instances[2];
  if (place_of(handle) >= 0) {
    if (!slice(handle, place_of(handle), buffer, &slices, instances)) return NOT_FOUND;
  } else if (!of_board(handle, "uuid", buffer, sizeof buffer)) {
    snprintf(buffer, sizeof buffer, "GPU-%d", board_of(handle));
  }
  snprintf(uuid, length, "%s", buffer);
  return SUCCESS;
}

int nvmlDeviceGetHandleByUUID(const char *uuid, void **handle) {
  unsigned count;
  char known[80];
  nvmlDeviceGetCount_v2(&count);
  for (int place = -1; place < 7; place++)
    for (unsigned index = 0; index < count; index++) {
      *handle = (void *)(intptr_t)((place + 1) * 1000 + index + 1);
      if (nvmlDeviceGetUUID(*handle, known, sizeof known) == SUCCESS && !strcmp(known, uuid)) return SUCCESS;
    }
  return NOT_FOUND;
}

int nvmlDeviceGetName(void *handle, char *name, unsigned length) {
  (void)handle;
  snprintf(name, length, "NVIDIA H200");
  return SUCCESS;
}

/* "N.millijoules" by the moment "N.since", and "N.watts" from then on. */
int nvmlDeviceGetTotalEnergyConsumption(void *handle, unsigned long long *millijoules) {
  if (is_lost(handle)) return LOST;
  if (number(handle, "no_counter", 0)) return NOT_SUPPORTED;
  double since = number(handle, "since", 0.0);
  *millijoules = number(handle, "millijoules", 0.0) + number(handle, "watts", 100.0) * (now() - since) * 1000;
  return SUCCESS;
}

int nvmlDeviceGetPowerUsage(void *handle, unsigned *milliwatts) {
  if (is_lost(handle)) return LOST;
  *milliwatts = number(handle, "watts", 100.0) * 1000;
  return SUCCESS;
}

int nvmlDeviceGetEnforcedPowerLimit(void *handle, unsigned *milliwatts) {
  *milliwatts = number(handle, "limit_watts", 700.0) * 1000;
  return SUCCESS;
}

int nvmlDeviceGetMemoryInfo(void *handle, Memory *memory) {
  (void)handle;
  *memory = (Memory){1ULL << 37, 1ULL << 36, 1ULL << 36};
  return SUCCESS;
}

int nvmlDeviceGetTemperature(void *handle, int sensor, unsigned *celsius) {
  (void)handle, (void)sensor;
  *celsius = 50;
  return SUCCESS;
}

int nvmlDeviceGetUtilizationRates(void *handle, unsigned *rates) {
  (void)handle;
  rates[0] = rates[1] = 50;
  return SUCCESS;
}

int nvmlDeviceGetComputeMode(void *handle, int *mode) {
  (void)handle;
  *mode = 0;
  return SUCCESS;
}

int nvmlDeviceGetMigMode(void *handle, unsigned *current, unsigned *pending) {
  char buffer[1024];
  *current = *pending = of_board(handle, "slices", buffer, sizeof buffer) != NULL;
  return SUCCESS;
}

int nvmlDeviceGetMaxMigDeviceCount(void *handle, unsigned *count) {
  (void)handle;
  *count = 7;
  return SUCCESS;
}

int nvmlDeviceGetMigDeviceHandleByIndex(void *handle, unsigned place, void **part) {
  char uuid[80];
  unsigned slices, instances[2];
  *part = (void *)(intptr_t)((place + 1) * 1000 + board_of(handle) + 1);
  return slice(handle, place, uuid, &slices, instances) ? SUCCESS : NOT_FOUND;
}

int nvmlDeviceGetAttributes_v2(void *part, Attributes *attributes) {
  char uuid[80];
  unsigned slices, instances[2];
  if (!slice(part, place_of(part), uuid, &slices, instances)) return NOT_FOUND;
  memset(attributes, 0, sizeof *attributes);
  attributes->gpu_slices = attributes->compute_slices = slices;
  return SUCCESS;
}

static int instance(void *part, int which, unsigned *id) {
  char uuid[80];
  unsigned slices, instances[2];
  if (!slice(part, place_of(part), uuid, &slices, instances)) return NOT_FOUND;
  *id = instances[which];
  return SUCCESS;
}

int nvmlDeviceGetGpuInstanceId(void *part, unsigned *id) { return instance(part, 0, id); }
int nvmlDeviceGetComputeInstanceId(void *part, unsigned *id) { return instance(part, 1, id); }

/* "N.compute PID:BYTES,PID:BYTES", or "UUID.compute ..." of a slice; no bytes where they are not known. */
static int processes(void *handle, const char *name, unsigned *count, Process *found) {
  char uuid[80], key[256], buffer[4096];
  unsigned places = *count, number = 0;
  if (is_lost(handle)) return LOST;
  if (place_of(handle) >= 0) {
    nvmlDeviceGetUUID(handle, uuid, sizeof uuid);
    snprintf(key, sizeof key, "%s.%s", uuid, name);
  } else {
    snprintf(key, sizeof key, "%d.%s", board_of(handle), name);
  }
  char *rest = value_of(key, buffer, sizeof buffer);
  if (rest && !strcmp(rest, "unsupported")) return NOT_SUPPORTED;
  for (char *item = rest ? strtok_r(rest, ",", &rest) : NULL; item; item = strtok_r(NULL, ",", &rest)) {
    char *bytes = strchr(item, ':');
    if (found && number < places)
      found[number] = (Process){atoi(item), bytes ? strtoull(bytes + 1, NULL, 10) : ~0ULL, ~0U, ~0U};
    number++;
  }
  *count = number;
  return number > places || (number && !found) ? INSUFFICIENT_SIZE : SUCCESS;
}

int nvmlDeviceGetComputeRunningProcesses_v3(void *handle, unsigned *count, Process *found) {
  return processes(handle, "compute", count, found);
}

int nvmlDeviceGetMPSComputeRunningProcesses_v3(void *handle, unsigned *count, Process *found) {
  return processes(handle, "mps", count, found);
}

int nvmlDeviceGetGraphicsRunningProcesses_v3(void *handle, unsigned *count, Process *found) {
  return processes(handle, "graphics", count, found);
}

/* "N.utilization PID:PERCENT,...": a sample of each a tenth of a second. */
int nvmlDeviceGetProcessUtilization(void *handle, Sample *found, unsigned *count, unsigned long long seen_us) {
  char buffer[4096];
  unsigned number = 0;
  unsigned long long newest = (unsigned long long)(now() * 10) * 100000;
  if (is_lost(handle)) return LOST;
  char *rest = of_board(handle, "utilization", buffer, sizeof buffer);
  if (!rest || place_of(handle) >= 0) return NOT_SUPPORTED;
  if (newest <= seen_us) return NOT_FOUND;
  for (char *item = strtok_r(rest, ",", &rest); item; item = strtok_r(NULL, ",", &rest)) {
    char *percent = strchr(item, ':');
    if (found && number < *count) found[number] = (Sample){atoi(item), newest, percent ? atoi(percent + 1) : 0, 0, 0, 0};
    number++;
  }
  int fits = found && number <= *count;
  *count = number;
  return !number ? NOT_FOUND : fits ? SUCCESS : INSUFFICIENT_SIZE;
}
