/* What every function shares that moves its thread into another network namespace with setns(2). */
#ifndef NSC_NETNS_H
#define NSC_NETNS_H
#include <stdint.h>

/*
 * Opens the calling thread's own network namespace and sets its inode number. Returns the descriptor, which the caller
 * closes, or -errno. It is opened for each use: a descriptor that is held would keep the namespace alive.
 */
int nsc_netns_open_own(uint64_t *inode);

/*
 * Moves the calling thread back to the namespace `own`, or aborts the process: a thread that stays in a container's
 * namespace would send the agent's own traffic from there.
 */
void nsc_netns_return(int own);

/*
 * Calls a function in the network namespace of a process: directory and identity are those of nsc_netlink_inside, and so is what
 * is returned. The function leaves no descriptor or socket of that namespace open.
 */
int32_t nsc_netns_run(int32_t directory, uint64_t identity, void (*work)(void *), void *context);

/*
 * The inode number of net/dev below a /proc/PID directory; 0 on error. procfs allocates one per network namespace
 * (proc_alloc_inum, fs/proc/generic.c), and every user may read it.
 */
uint64_t nsc_netns_dev_inode(int directory);

/* Whether the process of this /proc/PID directory has exited, or is exiting and has released its namespaces. */
int nsc_process_exited(int directory);

#endif
