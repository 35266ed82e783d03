-- SPDX-License-Identifier: GPL-3.0-or-later
-- What makes the observations checkable: the log over them, and the ledger of
-- what was reported to whom.
--
-- The log (data/store/translog.h) is written in the same transaction as the rows that it
-- covers.  Its chain is append-only; the triggers guard against honest mistakes
-- in an sqlite3 shell, published checkpoints against the rest.

-- A round's trees: one leaf for each of its observations, in the order of arrival.
CREATE TABLE log_round (
	round	INTEGER PRIMARY KEY,
	secret	BLOB NOT NULL,	-- 32 bytes, source of all its salts; once pruned, 16: the
				-- salt of the round's own leaf alone
	trees	BLOB NOT NULL,	-- keys, neighbours, queries, contacts as merkle_save gives them
	parts	BLOB NOT NULL,	-- round, keys, neighbours, queries, contacts: count 8, root 32
	sensor	TEXT NOT NULL,	-- as the round's own record names them
	overlay	TEXT NOT NULL,
	clock_us INTEGER,	-- bound on the clock's error when a live round ended; NULL: unknown
	nodes	INTEGER NOT NULL,	-- highest ids in use when it was last written
	files	INTEGER NOT NULL,
	adverts	INTEGER NOT NULL,
	claims	INTEGER NOT NULL
) STRICT;

-- One entry for a round that ended; another if something was added to it later.
CREATE TABLE log_chain (
	seq	INTEGER PRIMARY KEY,	-- 1, 2, 3, ...
	round	INTEGER NOT NULL,
	start_ms INTEGER NOT NULL,	-- -1: not known
	end_ms	INTEGER NOT NULL,
	parts	BLOB NOT NULL,		-- as log_round's at that moment
	head	BLOB NOT NULL		-- BLAKE2b-256(2 | head before | round | leaves | start | end | root)
) STRICT;
CREATE INDEX log_chain_round ON log_chain (round);
CREATE TRIGGER log_chain_stays BEFORE UPDATE ON log_chain
BEGIN SELECT raise(ABORT, 'the chain is append-only'); END;
CREATE TRIGGER log_chain_is_kept BEFORE DELETE ON log_chain
BEGIN SELECT raise(ABORT, 'the chain is append-only'); END;

-- BLAKE2b-256 of raw records that were pruned while the rest of their key stays.
CREATE TABLE log_raw (
	sighting INTEGER PRIMARY KEY,
	hash	BLOB NOT NULL
) STRICT;

-- Leaves of rounds whose records were pruned, so that old proofs stay valid.
CREATE TABLE log_leaf (
	round	INTEGER NOT NULL,
	tree	INTEGER NOT NULL,	-- 1 keys, 2 neighbours, 3 queries, 4 contacts
	part	INTEGER NOT NULL,	-- 0, 1, 2, ...
	hashes	BLOB NOT NULL,		-- 32 bytes each
	PRIMARY KEY (round, tree, part)
) STRICT, WITHOUT ROWID;

-- Bundles that were made, so that each can name the one before.
CREATE TABLE bundle (
	seq	INTEGER PRIMARY KEY,	-- 1, 2, 3, ...
	incident INTEGER NOT NULL,
	made_ms	INTEGER NOT NULL,
	hash	BLOB NOT NULL UNIQUE	-- BLAKE2b-512 of the tar
) STRICT;

-- What was said to whom about an incident, and what they did.
CREATE TABLE case_event (
	id	INTEGER PRIMARY KEY,
	incident INTEGER NOT NULL,
	t_ms	INTEGER NOT NULL,	-- when it happened
	kind	TEXT NOT NULL,		-- of case_kind (data/evidence/ledger.h)
	party	TEXT NOT NULL,		-- who was told or who answered
	due_ms	INTEGER,		-- the day agreed on, or to ask again
	grade	INTEGER,		-- 1 to 5, for what is graded
	note	TEXT NOT NULL
) STRICT;

-- Reports that were written for peers, so that nobody gets two in seven days.
CREATE TABLE notice (
	id	INTEGER PRIMARY KEY,
	incident INTEGER NOT NULL,
	ip	INTEGER NOT NULL,
	t_ms	INTEGER NOT NULL
) STRICT;
CREATE INDEX notice_ip ON notice (ip, t_ms);
