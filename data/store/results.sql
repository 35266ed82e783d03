-- SPDX-License-Identifier: GPL-3.0-or-later
-- What analyze concluded from the observations (data/store/results.h).  All of it can
-- be dropped and computed again; nothing in it is an observation.  NULL is "not
-- measured".  Times are UTC milliseconds since 1970.

-- One row a round that was analysed.
CREATE TABLE series (
	round		INTEGER PRIMARY KEY,
	start_ms	INTEGER,
	end_ms		INTEGER,
	complete	INTEGER NOT NULL,
	tried REAL, reached REAL, success_low REAL, success_high REAL,
	instant REAL, day_keys REAL, day_all REAL,
	instant_clean REAL, day_keys_clean REAL, day_all_clean REAL,
	day_addresses REAL, impossible_share REAL, new16_share REAL, one_shot_share REAL,
	max_ports REAL, max_sources REAL, top_share REAL,
	records_keys REAL, records_neighbours REAL, records_queries REAL,
	flood REAL, flood_low REAL, flood_high REAL,
	verified REAL,		-- nodes of this round that we shook hands with
	verified_again REAL,	-- of these, shaken hands with in the round before, too
	verified_before REAL	-- nodes of the round before that we shook hands with
) STRICT;
CREATE INDEX series_end ON series (end_ms);

-- One row a node that somebody named.
CREATE TABLE verdict (
	node		INTEGER PRIMARY KEY,
	first_round	INTEGER NOT NULL,
	last_round	INTEGER NOT NULL,
	first_ms	INTEGER,
	last_ms		INTEGER,
	rounds		INTEGER NOT NULL,
	keys		INTEGER NOT NULL,
	relays		INTEGER NOT NULL,
	contact		INTEGER,		-- enum outcome
	probability	REAL NOT NULL,
	verdict		INTEGER NOT NULL,	-- enum verdict
	flags		INTEGER NOT NULL,
	incident	INTEGER NOT NULL,
	evidence	BLOB,	-- EVIDENCE_N floats, little-endian: log-likelihood ratios
	memory		BLOB	-- what the analysis keeps of the node up to the settled round
) STRICT;

CREATE TABLE incident (
	id		INTEGER PRIMARY KEY,
	kind		INTEGER NOT NULL,	-- enum incident_kind
	first_round	INTEGER NOT NULL,
	last_round	INTEGER NOT NULL,
	peak_round	INTEGER NOT NULL,
	start_ms	INTEGER,
	end_ms		INTEGER,		-- NULL: still open
	peak_ms		INTEGER,
	rounds		INTEGER NOT NULL,
	severity	INTEGER NOT NULL,
	bogus REAL, bogus_low REAL, bogus_high REAL,
	channels	INTEGER NOT NULL,	-- enum seen_bit
	injector	INTEGER NOT NULL,
	roving		INTEGER,		-- NULL: cannot be told
	summary		TEXT NOT NULL,
	sensor		INTEGER GENERATED ALWAYS AS (id / 1000000) VIRTUAL
) STRICT;

CREATE TABLE incident_test (
	incident	INTEGER NOT NULL,
	position	INTEGER NOT NULL,
	name		TEXT NOT NULL,
	family		TEXT NOT NULL,
	statistic	REAL,
	threshold	REAL,
	PRIMARY KEY (incident, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE incident_peer (
	incident	INTEGER NOT NULL,
	rank		INTEGER NOT NULL,
	peer		INTEGER NOT NULL,
	share REAL, ratio REAL, full_timer_share REAL, first_seen_share REAL,
	keys		INTEGER NOT NULL,
	rounds		INTEGER NOT NULL,
	label		TEXT NOT NULL,
	PRIMARY KEY (incident, rank)
) STRICT, WITHOUT ROWID;

-- What the analysis keeps between two runs: where it stands, the baseline it
-- learned and from when to when, the last day's rounds condensed.
CREATE TABLE analysis_state (
	sensor	INTEGER NOT NULL,
	name	TEXT NOT NULL,
	value	BLOB NOT NULL,
	PRIMARY KEY (sensor, name)
) STRICT, WITHOUT ROWID;
CREATE TABLE analysis_round (
	round	INTEGER PRIMARY KEY,
	digest	BLOB NOT NULL
) STRICT;
