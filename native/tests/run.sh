#!/bin/sh
# Builds the shim's tests under the sanitizers, and runs them; the last line is "N passed, N failed". Of the visit's test
# setns(2) is wrapped, so that the way home can be made to fail. Needs root.
set -u
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0
failed=0

# NAME, a linker's option, the sources of the shim that it needs
run() {
    name=$1
    option=$2
    shift 2
    sources=
    for source in "$@"; do sources="$sources $here/../$source"; done
    # shellcheck disable=SC2086
    if "${CC:-cc}" -std=c11 -O1 -g -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror -D_GNU_SOURCE \
            -fsanitize=address,undefined -fno-sanitize-recover=all $option \
            -o "$work/$name" "$here/$name.c" $sources -lpthread && "$work/$name"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
    fi
}

run visit_test -Wl,--wrap=setns visit.c netns.c
run watch_test "" watch.c last.c arena.c netns.c
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
