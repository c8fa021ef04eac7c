#!/bin/sh
# Builds the shim's test with setns(2) wrapped, so that the way home can be made to fail, and runs it. Needs root.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${CC:-cc}" -std=c11 -O1 -g -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror -D_GNU_SOURCE \
    -fsanitize=address,undefined -fno-sanitize-recover=all -Wl,--wrap=setns \
    -o "$work/visit_test" "$here/visit_test.c" "$here/../visit.c" "$here/../home.c" "$here/../nscollector.c"
"$work/visit_test"
