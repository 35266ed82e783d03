-- SPDX-License-Identifier: GPL-3.0-or-later
-- What is stored, for people and their scripts: addresses in text, names for codes,
-- times as ISO 8601 in UTC.  These views stay as they are while tables may change
-- with the schema; the comment behind a column is its meaning in "kansoku schema".
-- NULL is "not said" or "not measured".  An address of Tor or I2P is the network's
-- name and its bytes in hex, and IPv6 has all its groups.

CREATE VIEW v_node AS
SELECT id,	-- number of the node, as in tables
	iif(v6, '[' || address || ']', address) || ':' || port AS node,	-- address and port; hidden-ID:0 once it is a token
	address,	-- without the port
	port	-- as claimed
FROM (SELECT id, port, CASE
	WHEN typeof(address) = 'integer' AND address < 0 THEN 'hidden-' || id
	WHEN typeof(address) = 'integer' THEN (address >> 24 & 255) || '.' || (address >> 16 & 255)
	    || '.' || (address >> 8 & 255) || '.' || (address & 255)
	WHEN hex(substr(address, 1, 1)) IN ('02', '06') THEN
	    printf('%s:%s:%s:%s:%s:%s:%s:%s',
	    ltrim(substr(lower(hex(address)), 3, 3), '0') || substr(lower(hex(address)), 6, 1),
	    ltrim(substr(lower(hex(address)), 7, 3), '0') || substr(lower(hex(address)), 10, 1),
	    ltrim(substr(lower(hex(address)), 11, 3), '0') || substr(lower(hex(address)), 14, 1),
	    ltrim(substr(lower(hex(address)), 15, 3), '0') || substr(lower(hex(address)), 18, 1),
	    ltrim(substr(lower(hex(address)), 19, 3), '0') || substr(lower(hex(address)), 22, 1),
	    ltrim(substr(lower(hex(address)), 23, 3), '0') || substr(lower(hex(address)), 26, 1),
	    ltrim(substr(lower(hex(address)), 27, 3), '0') || substr(lower(hex(address)), 30, 1),
	    ltrim(substr(lower(hex(address)), 31, 3), '0') || substr(lower(hex(address)), 34, 1))
	WHEN hex(substr(address, 1, 1)) = '04' THEN 'tor:' || substr(lower(hex(address)), 3)
	WHEN hex(substr(address, 1, 1)) = '05' THEN 'i2p:' || substr(lower(hex(address)), 3)
	END AS address,
	typeof(address) = 'blob' AND hex(substr(address, 1, 1)) IN ('02', '06') AS v6
FROM node);

CREATE VIEW v_round AS
SELECT r.id AS round_key,	-- as in tables: sensor * 2^32 + number
	s.name AS sensor,	-- its name
	s.overlay,	-- that it observes
	r.id & 4294967295 AS round,	-- number; each sensor counts its own
	strftime('%Y-%m-%dT%H:%M:%fZ', r.start_ms / 1000.0, 'unixepoch') AS start,	-- UTC
	strftime('%Y-%m-%dT%H:%M:%fZ', r.end_ms / 1000.0, 'unixepoch') AS end,	-- UTC
	r.complete,	-- 1: it was seen through
	r.tried,	-- nodes dialled
	r.reached,	-- of these, handshakes completed
	r.known,	-- nodes on the visiting list
	r.clock_jump_ms,	-- ms; largest step of the clock in the round
	r.sampling,	-- of mere claims one in so many was on the list
	CASE r.origin WHEN 0 THEN 'crawled' WHEN 1 THEN 'listened' WHEN 2 THEN 'captured'
	    WHEN 3 THEN 'imported' END AS origin,	-- how it came into this database
	r.pruned_ms IS NOT NULL AS pruned,	-- 1: its records were removed
	c.instant,	-- nodes; distinct sources of keys of the round
	c.day_keys,	-- nodes; the same over the 24 hours to its end
	c.day_all,	-- nodes; by any channel, 24 hours
	c.instant_clean,	-- nodes; without the bogus
	c.day_keys_clean,	-- nodes; without the bogus
	c.day_all_clean,	-- nodes; without the bogus
	c.impossible_share,	-- fraction of instant that no node can have
	c.flood,	-- nodes; bogus sources in the round, estimated
	c.flood_low,	-- nodes; lower end of its 95 % interval
	c.flood_high	-- nodes; upper end
FROM round AS r
LEFT JOIN sensor AS s ON s.id = r.id >> 32
LEFT JOIN series AS c ON c.round = r.id;

CREATE VIEW v_key AS
SELECT k.round AS round_key,	-- as in tables
	s.name AS sensor,	-- its name
	k.round & 4294967295 AS round,	-- number
	strftime('%Y-%m-%dT%H:%M:%fZ', k.t_ms / 1000.0, 'unixepoch') AS t,	-- UTC; when it was handed over
	p.node AS peer,	-- who handed it over: known
	n.node AS source,	-- who is said to hold the content: a claim of the peer
	lower(hex(f.hash)) AS hash,	-- of the content
	k.sighting,	-- number in table sighting, where an overlay's fields of a record are
	k.delivery,	-- number in table delivery
	k.advert,	-- number in table advert
	k.file,	-- number in table file, where an overlay's fields of a content are
	k.peer AS peer_id,	-- number in table node
	k.source AS source_id	-- number in table node
FROM key_seen AS k
LEFT JOIN sensor AS s ON s.id = k.round >> 32
JOIN v_node AS p ON p.id = k.peer
JOIN v_node AS n ON n.id = k.source
JOIN file AS f ON f.id = k.file;

CREATE VIEW v_contact AS
SELECT c.round AS round_key,	-- as in tables
	s.name AS sensor,	-- its name
	c.round & 4294967295 AS round,	-- number
	strftime('%Y-%m-%dT%H:%M:%fZ', c.t_ms / 1000.0, 'unixepoch') AS t,	-- UTC
	n.node,	-- that was dialled, or that called with the port it announced
	iif(c.inbound, 'in', 'out') AS direction,	-- in: it called the sensor
	CASE c.outcome WHEN 0 THEN 'ok' WHEN 1 THEN 'refused' WHEN 2 THEN 'timeout'
	    WHEN 3 THEN 'reset' WHEN 4 THEN 'bad-handshake' WHEN 5 THEN 'dropped'
	    WHEN 6 THEN 'excluded' END AS outcome,	-- how it ended
	c.id AS contact,	-- number in table contact, where an overlay's fields of it are
	c.node AS node_id	-- number in table node
FROM contact AS c
LEFT JOIN sensor AS s ON s.id = c.round >> 32
JOIN v_node AS n ON n.id = c.node;

CREATE VIEW v_verdict AS
SELECT s.name AS sensor,	-- whose verdict it is
	n.node,	-- that somebody named
	strftime('%Y-%m-%dT%H:%M:%fZ', v.first_ms / 1000.0, 'unixepoch') AS first_seen,	-- UTC; start of the round
	strftime('%Y-%m-%dT%H:%M:%fZ', v.last_ms / 1000.0, 'unixepoch') AS last_seen,	-- UTC; start of the round
	v.rounds,	-- in which it was named
	v.keys,	-- distinct contents it was named as a source of
	v.relays,	-- distinct peers that named it
	CASE v.contact WHEN 0 THEN 'ok' WHEN 1 THEN 'refused' WHEN 2 THEN 'timeout'
	    WHEN 3 THEN 'reset' WHEN 4 THEN 'bad-handshake' WHEN 5 THEN 'dropped'
	    WHEN 6 THEN 'excluded' END AS contact,	-- how the last dial of it ended
	v.probability,	-- fraction; that it is bogus
	CASE v.verdict WHEN 0 THEN 'genuine' WHEN 1 THEN 'bogus' ELSE 'undetermined' END AS verdict,	-- what is said of it
	v.flags,	-- bits; names in "kansoku verdicts"
	nullif(v.incident, 0) AS incident,	-- number of the incident that it is part of
	v.node & 4294967295 AS node_id	-- number in table node
FROM verdict AS v
LEFT JOIN sensor AS s ON s.id = v.node >> 32
JOIN v_node AS n ON n.id = v.node & 4294967295;
