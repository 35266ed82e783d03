-- SPDX-License-Identifier: GPL-3.0-or-later
-- What one sensor observed, and what the analysis made of it.
--
-- Times are UTC milliseconds since 1970.  NULL is "not said" or "not measured",
-- never zero.  A node is an (address, port) pair that somebody named: only a
-- contact row with outcome 0 says that it exists.  The crawler and import write
-- the observations, append-only; analyze writes the results and may drop and
-- rebuild them at any time.

-- Facts about the whole file: sensor, overlay, listen_port, created_ms, ...
CREATE TABLE meta (
	key	TEXT PRIMARY KEY,
	value	TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- One start of the crawler or of import, with all that governed it.
CREATE TABLE run (
	id		INTEGER PRIMARY KEY,
	start_ms	INTEGER NOT NULL,
	end_ms		INTEGER,		-- NULL: still running, or killed
	version		TEXT NOT NULL,		-- of the program
	parameters	TEXT NOT NULL		-- JSON: effective limits, scope, settings
) STRICT;

CREATE TABLE round (
	id		INTEGER PRIMARY KEY CHECK (id > 0),	-- the round's number
	run		INTEGER REFERENCES run,
	start_ms	INTEGER,
	end_ms		INTEGER,
	complete	INTEGER NOT NULL DEFAULT 0 CHECK (complete IN (0, 1)),
	tried		INTEGER,
	reached		INTEGER,
	known		INTEGER,	-- nodes in the visiting list at the start
	clock_jump_ms	INTEGER		-- wall clock against monotonic clock during the round
) STRICT;

CREATE TABLE node (
	id	INTEGER PRIMARY KEY,
	ip	INTEGER NOT NULL,
	port	INTEGER NOT NULL,
	UNIQUE (ip, port)
) STRICT;

CREATE TABLE file (
	id	INTEGER PRIMARY KEY,
	hash	BLOB NOT NULL CHECK (length(hash) = 16),
	size	INTEGER,
	name	TEXT,			-- UTF-8; with --no-names a keyed hash in hex
	trip	TEXT
) STRICT;

-- A source that offers a file, as advertised: what a key says that lasts.
CREATE TABLE advert (
	id	INTEGER PRIMARY KEY,
	source	INTEGER NOT NULL REFERENCES node,
	file	INTEGER NOT NULL REFERENCES file,
	version	INTEGER,
	ignore	INTEGER,
	mtime	INTEGER,
	bbs	INTEGER REFERENCES node,
	bbs_trip TEXT
) STRICT;

-- One answer from one peer: every key in it came at the same moment.
CREATE TABLE delivery (
	id		INTEGER PRIMARY KEY,
	round		INTEGER NOT NULL,
	peer		INTEGER NOT NULL,	-- node that handed it over: known
	t_ms		INTEGER NOT NULL,
	downstream	INTEGER
) STRICT;
CREATE INDEX delivery_round ON delivery (round);

CREATE TABLE sighting (
	delivery	INTEGER NOT NULL,
	seq		INTEGER NOT NULL,
	advert		INTEGER NOT NULL,
	ttl		INTEGER,
	blocks		INTEGER,
	PRIMARY KEY (delivery, seq)
) STRICT, WITHOUT ROWID;

-- The record's bytes as decrypted, for a bounded sample per round.
CREATE TABLE raw_record (
	delivery	INTEGER NOT NULL,
	seq		INTEGER NOT NULL,
	record		BLOB NOT NULL,
	PRIMARY KEY (delivery, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE neighbour (
	id	INTEGER PRIMARY KEY,
	round	INTEGER NOT NULL,
	t_ms	INTEGER NOT NULL,
	peer	INTEGER NOT NULL,
	node	INTEGER NOT NULL,
	speed	INTEGER,
	bbs	INTEGER,
	word1	TEXT, word2 TEXT, word3 TEXT
) STRICT;
CREATE INDEX neighbour_round ON neighbour (round);

CREATE TABLE query (
	id	INTEGER PRIMARY KEY,
	round	INTEGER NOT NULL,
	t_ms	INTEGER NOT NULL,
	peer	INTEGER NOT NULL,
	query_id INTEGER,
	words	TEXT,
	trip	TEXT,
	via	BLOB NOT NULL		-- 6 bytes a node: address, port, big-endian
) STRICT;
CREATE INDEX query_round ON query (round);

CREATE TABLE contact (
	id	INTEGER PRIMARY KEY,
	round	INTEGER NOT NULL,
	t_ms	INTEGER NOT NULL,
	node	INTEGER NOT NULL,
	inbound	INTEGER NOT NULL,
	outcome	INTEGER NOT NULL,	-- enum outcome
	command	INTEGER,
	version	INTEGER,
	speed	INTEGER,
	port0	INTEGER
) STRICT;
CREATE INDEX contact_round ON contact (round);

-- How a node was heard of in a round: 1 key, 2 neighbour, 4 query,
-- 8 contacted (handshake done), 16 inbound.  Written when the round ends.
CREATE TABLE seen (
	round	INTEGER NOT NULL,
	node	INTEGER NOT NULL,
	bits	INTEGER NOT NULL,
	PRIMARY KEY (round, node)
) STRICT, WITHOUT ROWID;
