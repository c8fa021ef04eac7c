#include "netns.h"

#include "nscollector.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* include/linux/sched.h; field 9 of /proc/PID/stat. */
#define PF_EXITING 0x4

int nsc_netns_open_own(uint64_t *inode)
{
    struct stat status;
    int own = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
    if (own < 0) return -errno;
    if (fstat(own, &status) != 0) {
        int error = errno;
        close(own);
        return -error;
    }

    *inode = status.st_ino;
    return own;
}

void nsc_netns_return(int own)
{
    static const char message[] =
        "nscollector: the thread that visits network namespaces cannot return to its own; ending the process\n";
    if (setns(own, CLONE_NEWNET) == 0) return;
    ssize_t ignored = write(STDERR_FILENO, message, sizeof message - 1);
    (void)ignored;
    abort();
}

uint64_t nsc_netns_dev_inode(int directory)
{
    struct stat status;
    return fstatat(directory, "net/dev", &status, 0) == 0 ? status.st_ino : 0;
}

int nsc_process_exited(int directory)
{
    char stat[512];
    ssize_t length;
    int fd = openat(directory, "stat", O_RDONLY | O_CLOEXEC);
    if (fd < 0) return errno == ENOENT || errno == ESRCH;
    do length = read(fd, stat, sizeof stat - 1);
    while (length < 0 && errno == EINTR);
    int error = errno;
    close(fd);
    if (length < 0) return error == ESRCH;
    stat[length] = '\0';

    /* The command name is in parentheses and may contain any byte, so the last parenthesis closes it. */
    const char *end = strrchr(stat, ')');
    if (!end || end[1] != ' ') return 0;
    if (end[2] == 'Z' || end[2] == 'X' || end[2] == 'x') return 1;

    /* ") state ppid pgrp session tty_nr tpgid flags"; do_exit releases the namespaces before the state becomes Z. */
    const char *flags = end + 1;
    for (int blanks = 0; *flags && blanks < 7; flags++) blanks += *flags == ' ';
    return (strtoul(flags, NULL, 10) & PF_EXITING) != 0;
}

/* Opens the namespace of a process. Returns the descriptor, which the caller closes, or -errno. */
static int open_namespace(int32_t directory, uint64_t identity, uint64_t own_inode)
{
    struct stat status;
    int target = openat(directory, "ns/net", O_RDONLY | O_CLOEXEC);
    if (target < 0) {
        int error = errno;

        /* A process that exits between look-up and open gives EACCES (proc_ns_get_link, fs/proc/namespaces.c). */
        return error == ENOENT || nsc_process_exited(directory) ? -ESRCH : -error;
    }

    int error = fstat(target, &status) == 0 ? 0 : -errno;
    if (error == 0 && (status.st_ino != identity || status.st_ino == own_inode)) error = -ESRCH;
    if (error == 0) return target;
    close(target);
    return error;
}

int32_t nsc_netns_run(int32_t directory, uint64_t identity, void (*work)(void *), void *context)
{
    sigset_t all;
    sigset_t before;
    uint64_t own_inode = 0;

    /* A negative descriptor is a closed directory; AT_FDCWD is negative and would mean the working directory. */
    if (directory < 0) return -ESRCH;
    sigfillset(&all);
    int error = pthread_sigmask(SIG_SETMASK, &all, &before);
    if (error != 0) return -error;

    int own = nsc_netns_open_own(&own_inode);
    int target = own < 0 ? own : open_namespace(directory, identity, own_inode);
    int result = target;
    if (target >= 0) {
        result = setns(target, CLONE_NEWNET) == 0 ? 0 : -errno;
        close(target);
        if (result == 0) {
            work(context);
            nsc_netns_return(own);
        }
    }

    if (own >= 0) close(own);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return result;
}

/* The number in the link's text net:[INODE]; reading the link takes no reference to the namespace. 0 with errno on error. */
static uint64_t link_inode(int directory)
{
    char link[64];
    ssize_t length = readlinkat(directory, "ns/net", link, sizeof link - 1);
    if (length < 0) return 0;
    link[length] = '\0';
    errno = EINVAL;
    return strncmp(link, "net:[", 5) == 0 ? strtoull(link + 5, NULL, 10) : 0;
}

/*
 * A number that distinguishes the network namespace of a process from every other living one; 0 if the process has exited
 * or nothing can be read. directory: a descriptor of its /proc/PID.
 *
 * With NSC_MODE_VISIT it is the inode number of ns/net. Reading that link needs CAP_SYS_PTRACE for processes of other users.
 * If it is refused, and always with NSC_MODE_PROC, it is the inode number of net/dev with NSC_IDENTITY_BY_DEV set.
 */
uint64_t nsc_namespace_identity(int32_t directory, int32_t mode)
{
    if (mode == NSC_MODE_VISIT) {
        uint64_t inode = link_inode(directory);
        if (inode != 0 || (errno != EACCES && errno != EPERM)) return inode;
    }

    uint64_t inode = nsc_netns_dev_inode(directory);
    return inode == 0 ? 0 : inode | NSC_IDENTITY_BY_DEV;
}
