#!/bin/sh
# usage: arguments.sh BUILD
#
# Every wrong option, value, file and combination of arguments.tsv: status 2, one
# line that names it, and nothing is changed.
. "$(dirname "$0")/lib.sh"
python3 "$here/arguments.py" "$build" "$here/arguments.tsv"
