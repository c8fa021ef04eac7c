/*
 * without_reports: runs a program as on a kernel that reports neither births nor exits.
 *
 *     without_reports yes|no PROGRAM [ARGUMENT...]
 *
 * `yes`: a seccomp filter makes inotify_init1 and pidfd_open fail with ENOSYS. `no`: a filter of the same length allows
 * everything, so that both compared programs pay for a filter in each system call.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int count, char **arguments)
{
    if (count < 3 || (strcmp(arguments[1], "yes") != 0 && strcmp(arguments[1], "no") != 0)) {
        fputs("usage: without_reports yes|no PROGRAM [ARGUMENT...]\n", stderr);
        return 2;
    }

    int block = strcmp(arguments[1], "yes") == 0;
    /* Not numbers of any system call. */
    unsigned int inotify = block ? SYS_inotify_init1 : 0x3ffffff0, pidfd = block ? SYS_pidfd_open : 0x3ffffff1;
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, inotify, 2, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, pidfd, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
    };
    struct sock_fprog program = {.len = sizeof filter / sizeof filter[0], .filter = filter};
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) {
        fprintf(stderr, "without_reports: seccomp: %s\n", strerror(errno));
        return 1;
    }

    execv(arguments[2], arguments + 2);
    fprintf(stderr, "without_reports: %s: %s\n", arguments[2], strerror(errno));
    return 1;
}
