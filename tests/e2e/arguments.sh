#!/bin/sh
# usage: arguments.sh BUILD
#
# Every wrong option, value, file and combination of arguments.tsv: status 2, one
# line that names it, and nothing is changed.
set -u
here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "$1" && pwd)
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
cd "$place" || exit 1
python3 "$here/arguments.py" "$build" "$here/arguments.tsv"
