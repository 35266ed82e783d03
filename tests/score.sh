#!/bin/sh
# usage: score.sh BUILD        (SCORE=quick: one seed of each world, a few minutes)
#
# Accuracy on simulated worlds that the analysis has not seen, as one table.  The worlds
# come from a generator of its own (tests/score/independent.py), written apart from
# the lab's model, so that nothing is fitted to our own simulator.
set -eu
seeds=10
[ "${SCORE:-full}" = quick ] && seeds=1
exec python3 tests/score/score.py "$1" --seeds $seeds
