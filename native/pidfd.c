/* pidfd_open(2) and the exit status of a process by its pidfd. */
#include "nscollector.h"

#include <errno.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif

/* The first version of struct pidfd_info (PIDFD_INFO_SIZE_VER0), include/uapi/linux/pidfd.h, Linux 6.15. */
struct pidfd_info_v0 {
    uint64_t mask;
    uint64_t cgroupid;
    uint32_t ids[11];
    int32_t exit_code;
};
_Static_assert(sizeof(struct pidfd_info_v0) == 64, "PIDFD_INFO_SIZE_VER0");
#define PIDFD_INFO_EXIT_BIT (UINT64_C(1) << 3)
#define PIDFD_GET_INFO_V0 _IOWR(0xFF, 11, struct pidfd_info_v0)

/* glibc has pidfd_open since 2.36 only. A descriptor, or -errno. */
int32_t nsc_pidfd_open(int32_t pid, uint32_t flags)
{
    int fd = (int)syscall(SYS_pidfd_open, pid, flags);
    return fd < 0 ? -errno : fd;
}

static int get_info(int32_t pidfd, struct pidfd_info_v0 *info)
{
    *info = (struct pidfd_info_v0){.mask = PIDFD_INFO_EXIT_BIT};
    return ioctl(pidfd, PIDFD_GET_INFO_V0, info) == 0 ? 0 : -errno;
}

/*
 * Sets the exit status of a process as wait(2) returns it. 0; -EAGAIN before the process was reaped; another -errno if the
 * kernel does not know it.
 *
 * The kernel looks for the status first and for the process second. For a process that is reaped in between it finds
 * neither and returns ESRCH; from then on it has the status (observed with 6.18). Kernels before 6.15 do not keep the
 * status, and return the same error again.
 */
int32_t nsc_pidfd_status(int32_t pidfd, int32_t *status)
{
    struct pidfd_info_v0 info;
    int error = get_info(pidfd, &info);
    if (error == -ESRCH) error = get_info(pidfd, &info);
    if (error != 0) return error;
    if (!(info.mask & PIDFD_INFO_EXIT_BIT)) return -EAGAIN;
    *status = info.exit_code;
    return 0;
}
