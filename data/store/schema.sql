-- SPDX-License-Identifier: GPL-3.0-or-later
-- What sensors observed, and what the analysis made of it (several: sensors.sql).
--
-- Times are UTC milliseconds since 1970.  NULL is "not said" or "not measured",
-- never zero.  A node is an (address, port) pair that somebody named: only a
-- contact row with outcome 0 says that it exists.  The crawler and import write
-- the observations, append-only; analyze writes the results and may drop and
-- rebuild them at any time.

-- A round belongs to a sensor.  Its key, in round.id and in every column that is
-- called round, is sensor * 2^32 + number: those of the first sensor, 0, are
-- its numbers.  In the same way log_chain.seq is sensor * 2^32 + place in the
-- sensor's chain, verdict.node is sensor * 2^32 + node, and incident.id is
-- sensor * 1000000 + number.  What first_round, last_round and peak_round hold
-- are numbers.  Nodes, files, adverts and claims are everybody's.

-- Facts about the whole file: whether names are hidden, what prune changed, ...
CREATE TABLE meta (
	key	TEXT PRIMARY KEY,
	value	TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Several sensors, each with an overlay of its own.  Rounds that came without a
-- name are those of sensor 0, which then has no row.
CREATE TABLE sensor (
	id		INTEGER PRIMARY KEY CHECK (id >= 0),	-- 0, 1, 2, ...
	name		TEXT NOT NULL,		-- '': not told yet
	overlay		TEXT NOT NULL,		-- for good; '': not told yet
	vantage		TEXT,			-- where in the network it stands
	listen_port	INTEGER,		-- that it announces, for good; 0: none
	created_ms	INTEGER NOT NULL,
	UNIQUE (name)
) STRICT;

-- One start of the crawler or of import, with all that governed it.
CREATE TABLE run (
	id		INTEGER PRIMARY KEY,
	start_ms	INTEGER NOT NULL,
	end_ms		INTEGER,		-- NULL: still running, or killed
	version		TEXT NOT NULL,		-- of the program
	parameters	TEXT NOT NULL,		-- JSON: effective limits, scope, settings
	sensor		INTEGER			-- that worked; NULL: an import, of whatever sensors
) STRICT;

CREATE TABLE round (
	id		INTEGER PRIMARY KEY CHECK (id > 0),	-- sensor * 2^32 + number
	run		INTEGER REFERENCES run,
	start_ms	INTEGER,
	end_ms		INTEGER,
	complete	INTEGER NOT NULL DEFAULT 0 CHECK (complete IN (0, 1)),
	tried		INTEGER,
	reached		INTEGER,
	known		INTEGER,	-- nodes in the visiting list at the start
	clock_jump_ms	INTEGER,	-- wall clock against monotonic clock during the round
	pruned_ms	INTEGER,	-- when its records were removed; its seen rows stay
	-- Of nodes that were only claimed one in so many is on its visiting list: 1 all,
	-- 2, 4, ... when a flood did not fit into --max-memory.  Who answered lately is on
	-- it anyway, and what was heard is stored in full.  NULL: not recorded.
	sampling	INTEGER,
	origin		INTEGER NOT NULL DEFAULT 0,	-- 0 crawled, 1 listened, 2 captured, 3 imported
	-- For people with the sqlite3 shell: whose round it is, and which of his.
	sensor		INTEGER GENERATED ALWAYS AS (id >> 32) VIRTUAL,
	number		INTEGER GENERATED ALWAYS AS (id & 4294967295) VIRTUAL
) STRICT;

-- What overlays have beside the columns below: the program adds a column for each
-- field of an overlay when the first record of that overlay comes in, and says so
-- here.  Two overlays may share a column if it is of one type.
CREATE TABLE field (
	id	INTEGER PRIMARY KEY,	-- in the order in which the columns were added
	overlay	TEXT NOT NULL,
	table_name TEXT NOT NULL,
	column_name TEXT NOT NULL,
	type	TEXT NOT NULL,
	name	TEXT NOT NULL,		-- in JSON lines
	unit	TEXT NOT NULL,
	about	TEXT NOT NULL
) STRICT;

-- An IPv4 address is its number; an address of another network a blob: the number
-- that BIP 155 gave the network (2 IPv6, 4 Tor v3, 5 I2P, 6 CJDNS, 7 Yggdrasil) in one
-- byte, and the address.  A negative number is a token (kansoku prune).
CREATE TABLE node (
	id	INTEGER PRIMARY KEY,
	address	ANY NOT NULL,
	port	INTEGER NOT NULL,
	UNIQUE (address, port)
) STRICT;

CREATE TABLE file (
	id	INTEGER PRIMARY KEY,
	hash	BLOB NOT NULL CHECK (length(hash) <= 32)
) STRICT;
CREATE INDEX file_hash ON file (hash);

-- A source that offers a file, as advertised: what a key says that lasts.
CREATE TABLE advert (
	id	INTEGER PRIMARY KEY,
	source	INTEGER NOT NULL REFERENCES node,
	file	INTEGER NOT NULL REFERENCES file
) STRICT;
CREATE INDEX advert_source ON advert (source, file);

-- One answer from one peer: its n keys came at the same moment, and are the
-- sightings first, first + 1, ..., first + n - 1, in the order of the answer.
CREATE TABLE delivery (
	id		INTEGER PRIMARY KEY,
	round		INTEGER NOT NULL,
	peer		INTEGER NOT NULL,	-- node that handed it over: known
	t_ms		INTEGER NOT NULL,
	first		INTEGER NOT NULL,
	n		INTEGER NOT NULL,
	receiver	INTEGER			-- node that it was handed to; NULL: the sensor
) STRICT;
CREATE INDEX delivery_round ON delivery (round);

-- A key, once for each time that it was handed over.  By far the longest table:
-- no column that can be had from its delivery or advert.
CREATE TABLE sighting (
	id	INTEGER PRIMARY KEY,
	advert	INTEGER NOT NULL
) STRICT;

-- The record's bytes as decrypted, for a bounded sample per round.
CREATE TABLE raw_record (
	sighting	INTEGER PRIMARY KEY,
	record		BLOB NOT NULL
) STRICT;

-- What a neighbour record says of a node, once for all who say the same.
CREATE TABLE claim (
	id	INTEGER PRIMARY KEY,
	node	INTEGER NOT NULL REFERENCES node
) STRICT;
CREATE INDEX claim_node ON claim (node);

CREATE TABLE neighbour (
	id	INTEGER PRIMARY KEY,
	round	INTEGER NOT NULL,
	t_ms	INTEGER NOT NULL,
	peer	INTEGER NOT NULL,
	claim	INTEGER NOT NULL REFERENCES claim,
	receiver INTEGER
) STRICT;
CREATE INDEX neighbour_round ON neighbour (round);

CREATE TABLE query (
	id	INTEGER PRIMARY KEY,
	round	INTEGER NOT NULL,
	t_ms	INTEGER NOT NULL,
	peer	INTEGER NOT NULL,
	receiver INTEGER,
	via	BLOB NOT NULL		-- a node after the other: network, address, port (big-endian)
) STRICT;
CREATE INDEX query_round ON query (round);

CREATE TABLE contact (
	id	INTEGER PRIMARY KEY,
	round	INTEGER NOT NULL,
	t_ms	INTEGER NOT NULL,
	node	INTEGER NOT NULL,
	inbound	INTEGER NOT NULL CHECK (inbound IN (0, 1)),
	outcome	INTEGER NOT NULL	-- enum outcome
) STRICT;
CREATE INDEX contact_round ON contact (round);

-- How a node was heard of in a round: 1 source of a key, 2 neighbour, 4 query,
-- 8 we dialled it and shook hands, 16 it dialled us and shook hands.  Written
-- when the round is completed.
CREATE TABLE seen (
	round	INTEGER NOT NULL,
	node	INTEGER NOT NULL,
	bits	INTEGER NOT NULL,
	PRIMARY KEY (round, node)
) STRICT, WITHOUT ROWID;

-- For people with the sqlite3 shell: every key as it was handed over.
CREATE VIEW key_seen AS
SELECT d.round, d.t_ms, d.peer, d.id AS delivery, s.id AS sighting, a.id AS advert, a.source,
	a.file
FROM delivery AS d
CROSS JOIN sighting AS s ON s.id >= d.first AND s.id < d.first + d.n
CROSS JOIN advert AS a ON a.id = s.advert;
