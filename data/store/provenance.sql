-- SPDX-License-Identifier: GPL-3.0-or-later
-- Where all of it comes from, and what was said of it outside.

-- Which database this is, whatever its file is called: 128 random bits.  A copy has
-- the same; checkpoints and bundles of both cannot both be true once they differ.
INSERT INTO meta (key, value) VALUES ('database', lower(hex(randomblob(16))));

-- How many fields the records of each type had when the round was begun, a byte for
-- each type; 255: no record has come yet.  A driver may append fields later: the
-- leaves of older rounds are made of the fields that they had.  NULL: the round was
-- logged before this column was; then its own leaf says "crawled", too.
ALTER TABLE log_round ADD COLUMN fields BLOB;

-- Reports that were written for hosts of any network; an address is as in table node.
CREATE TABLE notice_of (
	id	INTEGER PRIMARY KEY,
	incident INTEGER NOT NULL,
	address	ANY NOT NULL,
	t_ms	INTEGER NOT NULL
) STRICT;
INSERT INTO notice_of (id, incident, address, t_ms) SELECT id, incident, ip, t_ms FROM notice;
DROP TABLE notice;
ALTER TABLE notice_of RENAME TO notice;
CREATE INDEX notice_address ON notice (address, t_ms);

-- Whether a flood that is open brought anything lately.
ALTER TABLE incident ADD COLUMN quiet INTEGER NOT NULL DEFAULT 0;	-- counted rounds since
ALTER TABLE incident ADD COLUMN last_ms INTEGER;	-- end of the last with a new bogus source

-- What bundles and reports said of an incident when they were made.  The analysis may
-- drop and rebuild its results at any time; what left the house stays said.
CREATE TABLE stated (
	id	INTEGER PRIMARY KEY,
	incident INTEGER NOT NULL,
	t_ms	INTEGER NOT NULL,	-- when it was said
	form	TEXT NOT NULL,		-- bundle, notice
	kind	INTEGER NOT NULL,	-- as table incident had it then
	start_ms INTEGER,
	end_ms	INTEGER,		-- NULL: it was open
	rounds	INTEGER NOT NULL,
	bogus	REAL,
	injector INTEGER NOT NULL,
	UNIQUE (incident, form, kind, start_ms, end_ms, rounds, bogus, injector)
) STRICT;
