-- SPDX-License-Identifier: GPL-3.0-or-later
-- Several sensors, each with an overlay of its own, in one file.
--
-- A round belongs to a sensor.  Its key, in round.id and in every column that is
-- called round, is sensor * 2^32 + number: those of the first sensor, 0, are
-- its numbers.  In the same way log_chain.seq is sensor * 2^32 + place in the
-- sensor's chain, verdict.node is sensor * 2^32 + node, and incident.id is
-- sensor * 1000000 + number.  What first_round, last_round and peak_round hold
-- are numbers.  Nodes, files, adverts and claims are everybody's.

-- Rounds that came without a name are those of sensor 0, which then has no row.
CREATE TABLE sensor (
	id		INTEGER PRIMARY KEY CHECK (id >= 0),	-- 0, 1, 2, ...
	name		TEXT NOT NULL,		-- '': not told yet
	overlay		TEXT NOT NULL,		-- for good; '': not told yet
	vantage		TEXT,			-- where in the network it stands
	listen_port	INTEGER,		-- that it announces, for good; 0: none
	created_ms	INTEGER NOT NULL,
	UNIQUE (name)
) STRICT;

-- What is said here of the only sensor that a file could hold before.
INSERT INTO sensor (id, name, overlay, listen_port, created_ms)
SELECT 0, coalesce((SELECT value FROM meta WHERE key = 'sensor'), ''),
	coalesce((SELECT value FROM meta WHERE key = 'overlay'), ''),
	(SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'listen_port'),
	coalesce((SELECT min(start_ms) FROM run), 0)
WHERE EXISTS (SELECT 1 FROM meta WHERE key IN ('sensor', 'overlay', 'listen_port'));
DELETE FROM meta WHERE key IN ('sensor', 'overlay', 'listen_port');

-- For people with the sqlite3 shell: whose round it is, and which of his.
ALTER TABLE round ADD COLUMN sensor INTEGER GENERATED ALWAYS AS (id >> 32) VIRTUAL;
ALTER TABLE round ADD COLUMN number INTEGER GENERATED ALWAYS AS (id & 4294967295) VIRTUAL;
ALTER TABLE incident ADD COLUMN sensor INTEGER GENERATED ALWAYS AS (id / 1000000) VIRTUAL;

-- How its records came here: 0 crawled, 1 listened, 2 captured, 3 imported.
ALTER TABLE round ADD COLUMN origin INTEGER NOT NULL DEFAULT 0;
UPDATE round SET origin = 3
WHERE run IN (SELECT id FROM run WHERE parameters LIKE '{"verb":"import"%');

-- The sensor that worked; NULL: an import, of whatever sensors.
ALTER TABLE run ADD COLUMN sensor INTEGER;
UPDATE run SET sensor = 0 WHERE parameters NOT LIKE '{"verb":"import"%';

-- What each sensor's analysis keeps.
ALTER TABLE analysis_state RENAME TO analysis_state_of_one;
CREATE TABLE analysis_state (
	sensor	INTEGER NOT NULL,
	name	TEXT NOT NULL,
	value	BLOB NOT NULL,
	PRIMARY KEY (sensor, name)
) STRICT, WITHOUT ROWID;
INSERT INTO analysis_state SELECT 0, name, value FROM analysis_state_of_one;
DROP TABLE analysis_state_of_one;
