#include "netns.h"

#include "nscollector.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
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
