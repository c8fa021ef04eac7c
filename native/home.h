/* The way home from a foreign network namespace. */
#ifndef NSC_HOME_H
#define NSC_HOME_H
#include <stdint.h>

/*
 * A descriptor of the calling thread's own network namespace, to be closed by the caller, and that namespace's inode
 * number; or -errno. It is opened for each journey, so that none is held between two.
 */
int nsc_home_open(uint64_t *inode);

/*
 * Takes the calling thread back, or ends the process: a thread left behind would go on to send the agent's own traffic
 * from inside a container.
 */
void nsc_home_return(int home);

#endif
