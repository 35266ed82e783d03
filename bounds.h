/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Every quantity that has a bound, in one place, with its reason: what a peer
 * can push against, what this machine bounds, what the store and its text
 * formats bear.  tests/unit/crawler/test_bounds.c pushes.  The bounds of a wire
 * are in the room of its driver (node/OVERLAY/limits.h); what the operator may set is in
 * crawler/settings.c, with limits of its own.
 */
#ifndef KANSOKU_BOUNDS_H
#define KANSOKU_BOUNDS_H

/* ---- what a visit may bring: a fixed part, and a part for each window asked for --- */

/* Read at once, into one buffer that all links share: half of the largest
 * block, so a peer that floods gives way to the others after each. */
#define LIMIT_READ		65536
/* Waiting to be sent to a peer that does not read.  All that we ever say in a
 * visit is under 1 KiB. */
#define LIMIT_SEND_QUEUE	16384

/* Bytes.  A Winny window is at most 8001 keys (80 x 100 + 1) of up to 325 bytes,
 * 2.6 MB in blocks of 128 KiB at most; siblings' windows come on top. */
#define LIMIT_VISIT_BYTES	(4 << 20)
#define LIMIT_WINDOW_BYTES	(4 << 20)

/* Keys. */
#define LIMIT_VISIT_KEYS	16384
#define LIMIT_WINDOW_KEYS	16384
/* Other nodes (command 4): a node names 31 when it sends us away, and again
 * each second while we stay; we do not stay. */
#define LIMIT_VISIT_NODES	256
/* Searches: between two windows a busy node forwards some hundred. */
#define LIMIT_VISIT_QUERIES	1024
#define LIMIT_WINDOW_QUERIES	1024

/* ---- claimed addresses: what is past these is stored and counted, not dialled ------ */

/* Never heard-of sources that one peer may put on the next round's list in one
 * visit.  A genuine window names at most 600 for an ordinary node (protocol 5.2). */
#define LIMIT_VISIT_CLAIMS	2048
#define LIMIT_WINDOW_CLAIMS	1024
/* The same for all peers of a /24 together, so that many ports or hosts in one
 * hand count as few: eight first visits at once, then one a minute. */
#define LIMIT_NET_CLAIMS	16384
#define LIMIT_NET_CLAIMS_MINUTE	2048
/* Never heard-of sources inside one /24.  It has 254 hosts; a list that names
 * it more often names ports, and we would knock on all of them. */
#define LIMIT_NET_CLAIMED	1024
#define LIMIT_NET_CLAIMED_MINUTE 64

/* ---- dials ------------------------------------------------------------------- */

/* Ports of one address (of IPv6: of a /64) that are dialled in a round.  Behind a
 * translated address there are a few nodes; whoever claims more names ports, and
 * strangers would be knocked on. */
#define LIMIT_ADDRESS_PORTS	4
/* A round dials nobody after three of its periods, or (without a period) after this, in
 * ms: claims of six hostile /24s could keep one open for ever. */
#define LIMIT_ROUND_PERIODS	3
#define LIMIT_ROUND_MS		(3 * 60 * 60 * 1000)
/* Nor more often than this: four times the largest overlay that was crawled from one place. */
#define LIMIT_ROUND_DIALS	(4 << 20)

/* The visiting list of a round, per /24: ten minutes at the permitted rate, so
 * that one crowded network cannot keep a round open. */
#define LIMIT_NET_MINUTES	10
/* /24s watched at once, of 14.5 million; past it those without a link are forgotten. */
#define LIMIT_NETS		(256 << 10)

/* Nodes that are remembered as dialled, where an overlay has them dialled once a day: so many
 * dials a day at most, and 48 bytes each.  A flood of addresses costs no more than that. */
#define LIMIT_REVISIT		(200 << 10)

/* ---- what is stored of strangers in a round: past it, records are left out ---------------
 *
 * Bytes are those that the database grows by: a key of which nothing was known takes some
 * 500, and its name; one that is known takes 50.  Rows are records, new or not.
 */

/* Of a peer that we dialled: the largest window that is genuine, 8001 keys, all new, with names
 * of usual length; and twice that many records. */
#define LIMIT_STORE_PEER	(INT64_C(6) << 20)
#define LIMIT_STORE_PEER_ROWS	16384
/* Of a /24 (a /48): 50 nodes with 600 new keys each, far more than any was seen to have. */
#define LIMIT_STORE_NET		(INT64_C(16) << 20)
#define LIMIT_STORE_NET_ROWS	131072
/* Of an address that calls us, and of its /24: who calls hands over what he would if he were
 * dialled, an ordinary window of 600, once and again. */
#define LIMIT_STORE_CALLER	(INT64_C(1) << 20)
#define LIMIT_STORE_CALLER_ROWS	4096
#define LIMIT_STORE_CALLER_NET	(INT64_C(4) << 20)
#define LIMIT_STORE_CALLER_NET_ROWS 32768
/* Of all callers: 200 new nodes with ordinary windows; most of theirs is known from our own rounds. */
#define LIMIT_STORE_INBOUND	(INT64_C(64) << 20)
#define LIMIT_STORE_INBOUND_ROWS 1048576
/* Of all: 200,000 peers with 60 keys each, of which two in three are new. */
#define LIMIT_STORE_ROUND	(INT64_C(4) << 30)
#define LIMIT_STORE_ROUND_ROWS	(INT64_C(32) << 20)
/* Peers and networks that have an account, 32 bytes each; past it only the round's holds. */
#define LIMIT_STORE_ACCOUNTS	(1u << 20)
/* Bytes of a name or of words: 255 of a wire, of which each two were a letter of three, and room.
 * Only what is no text, or was written in half-width letters, is ever longer. */
#define LIMIT_STORED_TEXT	512
/* Kept free on the disk: the journal, a batch, and what the system needs to be repaired. */
#define LIMIT_DISK_RESERVE	(INT64_C(256) << 20)
/* From here on the operator is told that the database will be full. */
#define DATABASE_WARNING	0.8

/* ---- datagrams ---------------------------------------------------------------- */

/* A second, at the very most: what a full sweep of ten million nodes in half an hour takes. */
#define DATAGRAM_RATE_MAX	20000
/* By a call to the kernel.  More gains nothing: the calls are a tenth of the work by then. */
#define DATAGRAM_BATCH	64
/* Batches taken before timers have their turn. */
#define DATAGRAM_BATCHES	8
/* Longest that comes and is read; the longest answer of a real client has 2,167 bytes.  And of ours. */
#define DATAGRAM_IN	2304
#define DATAGRAM_OUT	256
/* Receive queue, in bytes: half a second of answers at the highest rate. */
#define DATAGRAM_QUEUE	(8 << 20)
/* Nodes of which a visit leaves something for the next: 45 MB.  When it is full, all are
 * forgotten: they are asked once too often. */
#define LIMIT_REMEMBERED	65536
/* Who found the rate of his /24 used up asks again. */
#define DATAGRAM_NET_WAIT_MS	250
/* Visits at once: at the highest rate each of them sends one in some seconds. */
#define LIMIT_DATAGRAM_VISITS	16384

/* ---- held links: slots of nodes are scarce ------------------------------------------ */

/* Links held at once.  Each swallows what its node passes on to it; 300 in a network of 13,000
 * nodes with 114 slots each are 0.02 % of these. */
#define LIMIT_HELD		300
/* In one /16 of IPv4 or /32 of IPv6: a node that is full drops the newest of its largest network. */
#define LIMIT_HELD_NETWORK	2
/* Between two dials for it, before --time-scale. */
#define LIMIT_HOLD_EVERY_MS	1000
/* Candidates that are remembered; 72 bytes each. */
#define LIMIT_PANEL		(256 << 10)
/* What a held link may bring is what a visit may, each hour. */
#define LIMIT_HELD_BUDGET_MS	3600000
/* Rounds of a crawl that holds links cut time into half hours where --round-every is not given. */
#define HELD_ROUND_MS		1800000

/* ---- calls: a genuine node dials us once, and once more to test our port --------- */

#define LIMIT_CALLS_OPEN	4	/* per address */
#define LIMIT_CALLS_MINUTE	12	/* per address */
#define LIMIT_NET_CALLS_OPEN	64	/* per /24: sixteen such addresses */
#define LIMIT_NET_CALLS_MINUTE	192	/* per /24 */
#define LIMIT_CALLERS		65536	/* addresses, and /24s, watched at once */
#define LIMIT_CALLS_SHARE	8	/* one in eight of all sessions may be inbound */
#define LIMIT_CALLS_BATCH	64	/* accepted before the others get their turn */

/* ---- this machine --------------------------------------------------------------- */

/* Adaptive concurrency: never fewer than, and at first. */
#define DIAL_WINDOW_MIN		8
#define DIAL_WINDOW_START	512

/* Sessions that are opened by default where descriptors allow: Linux has some
 * 28,000 local ports, and a session costs about 6 KiB. */
#define LIMIT_SESSIONS		20000
/* Descriptors that are not sessions: 3 standard ones, 4 of the database, 4 of the
 * loop, the listener; and as many again for what SQLite and libc open for a while. */
#define LIMIT_SPARE_FDS		24

/* Links served before deadlines and dials have their turn: logging a window of
 * keys takes some 0.2 ms, and epoll hands over up to 4096 links at once. */
#define LIMIT_SERVED		256

/* No dial has left this machine for so long: the round is given up. */
#define LIMIT_STALL_MS		60000

/* Letters of the page that a sensor names: with its own name they fit a user agent of 256. */
#define LIMIT_PAGE		200

/* Bad lines of a peers file, and failures of a kind, that are named; the rest is only counted. */
#define LIMIT_BAD_LINES		10

/* ---- captures: what strangers whose packets were recorded can push against ----------- */

/* Bytes of a packet in a capture file: libpcap's own bound. */
#define PACKET_BYTES		262144
/* Bytes of a block of pcapng: decryption secrets and comments are far below it. */
#define PCAPNG_BLOCK		(16 << 20)
#define PCAPNG_INTERFACES	256
/* Around an IP packet: 802.1Q tags, MPLS labels, tunnels; and all steps together, so that
 * no nesting of cheap layers makes one packet cost as much as ten. */
#define LAYERS_TAGS		4
#define LAYERS_LABELS		8
#define LAYERS_TUNNELS		4
#define LAYERS_STEPS		24
/* Fragmented packets that are put together at once, in so much memory, for so long: what
 * Linux waits (ip_fragment.c), and more at once than any uplink needs. */
#define FRAGMENTS_PACKETS	4096
#define FRAGMENTS_BYTES		(16u << 20)
#define FRAGMENTS_MS		30000

/* TCP connections that are followed at once, 96 bytes each. */
#define STREAMS_MOST		1000000
/* A connection is over after so much silence: a Winny node drops a link after 300 s (protocol
 * 10), but its farewell may be late or the capture's clock stretched, and rows cost little; one
 * of which only a SYN was seen; one that both ends closed. */
#define STREAM_IDLE_MS		3600000
#define STREAM_SYN_MS		30000
#define STREAM_CLOSED_MS	5000
/* Segments behind a hole, of all connections and of one direction; they are counted, too,
 * so that no list of one-byte segments takes long to walk. */
#define STREAMS_WAITING		(64u << 20)
#define STREAMS_WAITING_EACH	(256u << 10)
#define STREAMS_SEGMENTS	512
/* ... of one whose beginning was not seen: packets are swapped by a few places only. */
#define STREAMS_UNANCHORED	8
/* A hole is lost when bytes behind it are so old; and none is as wide as the second figure. */
#define STREAMS_HOLE_MS		2000
#define STREAMS_HOLE		(16 << 20)
/* Connections that have something waiting or are read; those that are read; what their
 * drivers hold together: a Winny block is 128 KiB at most. */
#define STREAMS_MORE		65536
#define STREAMS_LINKS		16384
#define STREAMS_TAPS		(64u << 20)

/* Hosts of one's own network that are told of, their pairs with peers, and keys that were
 * handed to them within a lifetime, 40 bytes each. */
#define CAPTURE_HOSTS		65536
#define CAPTURE_MET		(1u << 20)
#define CAPTURE_HANDED		(1u << 19)

/* ---- the store and its text formats ------------------------------------------------ */

/*
 * A batch is written when it has this many bytes: 260,000 sightings, or 50,000
 * keys of a flood whose every source is new and lands on its own page of the
 * index.  Either takes 0.2 s, which an event loop can wait; a batch a quarter
 * as large halves the rate of a flood.
 */
#define BATCH_BYTES		(4u << 20)
/* ... or is this old: what a kill can cost. */
#define BATCH_AGE_MS		2000
/* A batch that could not be written (disk full, somebody else writing) may grow
 * to this before store_add refuses more: minutes of a busy crawl. */
#define BATCH_BYTES_MAX		(64u << 20)
/* How long a batch that may still grow waits for another writer, and one that may not. */
#define PATIENCE_SOON_MS	100
#define PATIENCE_LAST_MS	10000

/* SQLite's own memory.  Who reads goes through the file once, and the kernel keeps it
 * as well: more only costs the making of it.  Who adds observations: the inner pages
 * and hot leaves of the indexes fit. */
#define CACHE_KIB		2048
#define CACHE_ADDING_KIB	65536
/* Pages of journal before they go back into the file: 32 MB. */
#define CHECKPOINT_PAGES	8192

/*
 * Slots in which the writer remembers what is on the disk, two of three used;
 * [bytes of all of them].  A full memory is emptied, and fills again from the
 * disk as needed.
 */
#define REMEMBER_NODES		(8u << 20)	/* [100 MB] */
#define REMEMBER_FILES		(4u << 20)	/* [84 MB] */
#define REMEMBER_ADVERTS	(8u << 20)	/* [201 MB] */
#define REMEMBER_CLAIMS		(2u << 20)	/* [42 MB] */

/* A table of at most this many rows is read whole when writing begins, in a second or so. */
#define PRELOAD_ROWS		1000000

/*
 * Raw records kept per round while crawling: all of the first RAW_STEP, then
 * one in four until another RAW_STEP are kept, one in sixteen, and so on, for
 * RAW_STEPS steps: spread over 1.4 million records, 0.5 MB a round.
 */
#define RAW_STEP		1024
#define RAW_STEPS		6

/* Lines of a round that import and export know again: 16 bytes each, 85 MB with the room of the
 * table.  Who delivers at least once repeats his last lot, which is far less. */
#define LINES_REMEMBERED	4000000

/*
 * Characters of what a person writes: who an observer is, who was told of an incident, and a
 * note.  Names stand on one line of mails, pages and checkpoints; a checkpoint has 255 bytes.
 */
#define SENSOR_NAME_MAX		60
#define PARTY_MAX		200
#define NOTE_MAX		1000
/* Of a bundle's name in its signature; with .minisig a file system takes it in any script. */
#define BUNDLE_NAME_MAX		80

/* A bundle shows which nodes were seen in its rounds while these logged so many records in
 * all: at 18 bytes a node at most 36 MB, and mostly a fifth of that. */
#define BUNDLE_SEEN_RECORDS	2000000

/* Rounds of a sensor are counted to here, half of what a number holds: whoever imports a
 * higher one leaves its sensor no number for the next. */
#define ROUND_MOST		UINT32_C(2147483647)
/* The last moment that an observation may have, 9990-01-01 in UTC, in ms: charts and sums of days
 * still have room behind it. */
#define TIME_MOST_MS		INT64_C(253086768000000)

/* Bytes of a list that the operator keeps, and of settings: ten million nodes with IPv6 addresses;
 * what is longer is no list and may have no end. */
#define LIST_BYTES_MAX		(INT64_C(512) << 20)
#define SETTINGS_BYTES_MAX	(INT64_C(1) << 20)

/* One line of JSON; a key with the longest name, all escaped, and its raw bytes take 3,000. */
#define JSON_LINE_MAX		(1u << 20)
/* Arrays and objects inside unknown fields. */
#define JSON_DEPTH_MAX		64
/* Nodes named by one query; the wire's count is one byte. */
#define VIA_MAX			256

/*
 * Memory of analyze: this by default; and the shares of it that digests of the rounds at
 * hand, the members met in one pass, and the records of a round that is being read may
 * take.  Counting and classifying take three quarters of the digests on top, the rest 60 MB.
 */
#define ANALYSIS_MEMORY		(INT64_C(1) << 30)
#define ANALYSIS_MEMORY_LEAST	(INT64_C(16) << 20)
#define ANALYSIS_DIGESTS	0.4
#define ANALYSIS_MEMBERS	0.2
#define ANALYSIS_READING	0.06

/* What the analysis keeps is written in parts of so many bytes: no value in the database
 * grows with a round, and parts stay far below what one value may have. */
#define CHUNK_BYTES		(128u << 10)

/* No text or blob in a database of ours is longer, so none is read. */
#define DATABASE_VALUE_MAX	(16 << 20)

#endif
