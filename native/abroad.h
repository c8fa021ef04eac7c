/* What every piece of code shares that puts its thread into a foreign network namespace. Implemented in visit.c. */
#ifndef NSC_ABROAD_H
#define NSC_ABROAD_H

/* Whether the process of this /proc directory has ended, or is on its way there and has let its namespaces go. */
int nsc_process_gone(int directory);

#endif
