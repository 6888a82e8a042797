// Makes getrlimit return a limit of at least 65535 open files. A node of a cluster does
// not start with a lower limit. Tests need far fewer files, and not every machine lets
// a container have so many.
#define _GNU_SOURCE
#include <stddef.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

int getrlimit64(__rlimit_resource_t resource, struct rlimit64 *limit) {
  int failed = syscall(SYS_prlimit64, 0, resource, NULL, limit);
  if (!failed && resource == RLIMIT_NOFILE && limit->rlim_max < 65535) {
    limit->rlim_cur = limit->rlim_max = 65535;
  }
  return failed;
}

int getrlimit(__rlimit_resource_t resource, struct rlimit *limit)
    __attribute__((alias("getrlimit64")));
