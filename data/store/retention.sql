-- SPDX-License-Identifier: GPL-3.0-or-later
-- What prune made of rounds that grew old (data/store/cmd_prune.h).

-- A round without a row here has not aged.
CREATE TABLE aged (
	round	INTEGER PRIMARY KEY,
	hidden_ms INTEGER,	-- when tokens took the place of its addresses and names; NULL: not yet
	leaves_ms INTEGER,	-- when its leaf hashes went, and their roots stayed
	pack	INTEGER,	-- of seen_pack, that holds its seen rows; NULL: they are rows
	place	INTEGER		-- 0, 1, ...: which of the pack's rounds it is
) STRICT;

-- The seen rows of up to 64 rounds, by node (data/store/seen_pack.h).
CREATE TABLE seen_pack (
	pack	INTEGER NOT NULL,
	part	INTEGER NOT NULL,	-- 0, 1, ..., by ascending nodes
	runs	BLOB NOT NULL,
	PRIMARY KEY (pack, part)
) STRICT, WITHOUT ROWID;

-- Key records of a pruned round by the verdict on their source and their
-- remaining lifetime: bins of 100 seconds, 1600 and more in the last.
CREATE TABLE lifetime (
	round	INTEGER NOT NULL,
	verdict	INTEGER NOT NULL,	-- enum verdict
	bin	INTEGER NOT NULL,
	n	INTEGER NOT NULL,
	PRIMARY KEY (round, verdict, bin)
) STRICT, WITHOUT ROWID;
