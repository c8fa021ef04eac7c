#ifndef NSC_TESTS_CHECK_H
#define NSC_TESTS_CHECK_H

#include <stdio.h>
#include <stdlib.h>

/* How many conditions were checked. */
static int checks;

/* Ends the test with the place of a condition that does not hold. */
#define CHECK(condition)                                                      \
    do {                                                                      \
        if (!(condition)) {                                                   \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);   \
            exit(1);                                                          \
        }                                                                     \
        checks++;                                                             \
    } while (0)

#endif
