#!/bin/sh
# Builds the tests of the shim with sanitizers and runs them; the last line is "N passed, N failed". Needs root. visit_test
# wraps setns(2), so that it can make the return fail. CFLAGS replaces the sanitizers; for valgrind:
#   CFLAGS= WRAPPER="valgrind --error-exitcode=1 --leak-check=full" native/tests/run.sh
set -u
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0
failed=0
: "${CFLAGS=-fsanitize=address,undefined -fno-sanitize-recover=all}"

# run NAME LINKER_OPTION
run() {
    # shellcheck disable=SC2086
    if "${CC:-cc}" -std=c11 -O1 -g -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror -D_GNU_SOURCE $CFLAGS $2 \
            -o "$work/$1" "$here/$1.c" "$here"/../*.c -lpthread && ${WRAPPER:-} "$work/$1"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
    fi
}

run visit_test -Wl,--wrap=setns
run watch_test ""
run sockets_test -Wl,--wrap=recvmsg
run flows_test ""
run netlink_test "-Wl,--wrap=recvmsg -Wl,--wrap=setns"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
