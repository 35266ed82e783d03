-- SPDX-License-Identifier: GPL-3.0-or-later
-- No value grows with a round: what the analysis keeps between two runs lies in parts of
-- bounded size (CHUNK_BYTES).  What was kept in whole values is dropped, and computed anew.
DROP TABLE analysis_state;
DROP TABLE analysis_round;

-- Where the analysis stands, the baseline it learned and from when to when.
CREATE TABLE analysis_state (
	sensor	INTEGER NOT NULL,
	name	TEXT NOT NULL,
	part	INTEGER NOT NULL,	-- 0, 1, 2, ...
	value	BLOB NOT NULL,
	PRIMARY KEY (sensor, name, part)
) STRICT, WITHOUT ROWID;

-- The last day's rounds, condensed.
CREATE TABLE analysis_round (
	round	INTEGER NOT NULL,
	part	INTEGER NOT NULL,	-- 0, 1, 2, ...
	digest	BLOB NOT NULL,
	PRIMARY KEY (round, part)
) STRICT;

-- One address in so many was looked at: 1 all, 2, 4, ... where all did not fit into the
-- memory that analyze may use.  Counts beside it are multiplied by it already.
ALTER TABLE series ADD COLUMN sampling REAL;
ALTER TABLE incident ADD COLUMN sampling INTEGER;
