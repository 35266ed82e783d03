#!/bin/sh
# usage: score.sh BUILD
#
# Accuracy on simulated worlds, as one table, and every run in BUILD/score.json.
# Half of the worlds come from kansoku-lab simulate, half from a generator of its own
# (tests/score/independent.py), written apart from the lab's model, so that nothing is
# fitted to our own simulator.  SCORE=quick takes one seed of each, made small: minutes;
# otherwise ten seeds and, for worlds without a flood, 60 days: hours.
set -eu
case ${SCORE:-full} in
quick)	set -- "$1" --quick ;;
full)	set -- "$1" ;;
*)	echo "SCORE=$SCORE: want quick or full" >&2; exit 2 ;;
esac
exec python3 "$(dirname "$0")/score/score.py" "$@" --json "$1/score.json"
