#!/bin/sh
# usage: crawl-probe.sh BUILD
#
# kansoku probe: one visit in full, and the status says whether it was reached.
. "$(dirname "$0")/lib.sh"
area

peers $n.1:24701=polite,58.1.2.3:4000 $n.2:24702=refuser $n.3:24703=garbage $n.4:24704=silent \
    $n.5:24705=early33
probe() { "$kansoku" probe --scope $n.0/24 --time-scale 20 --connect-limit 500ms "$@" >out 2>err; }
says() { for w; do grep -qE -- "$w" out || fail "'$w' is missing in: $(cat out)"; done; }

status "a polite node" 0 probe $n.1:24701
says '^outcome +ok' "^is +$n.1:24701" '^version +12710' '^speed +120' '^can be dialled +yes' \
    'key  58.1.2.3:4000 +0100000000000000efcdab8967452301 +1000000 bytes .*name file 0' \
    '^keys +1 \(0 refused\)' '^windows +1' 'cluster word +a' '^whole visit'
node=$("$kansoku" nodestr $n.1:24701)
status "by its node string" 0 probe "$node"
status "who finds our speed wrong" 0 probe $n.2:24702
says '^outcome +ok' 'node 127.88.0.31:5030' '^close command +31' '^neighbours +31'
status "garbage" 1 probe $n.3:24703
says '^outcome +bad-handshake \(.+\)'
status "told to leave before the handshake" 1 probe $n.5:24705
says '^outcome +dropped' '^close command +33'
status "silence" 1 probe $n.4:24704
says '^outcome +timeout' '^connect +0\.'
status "nobody there" 1 probe $n.9:24709
says '^outcome +refused'
