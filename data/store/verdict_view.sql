-- SPDX-License-Identifier: GPL-3.0-or-later
-- v_verdict of views.sql, with the fourth verdict.
DROP VIEW v_verdict;
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
	CASE v.verdict WHEN 0 THEN 'genuine' WHEN 1 THEN 'bogus' WHEN 3 THEN 'probably bogus'
	    ELSE 'undetermined' END AS verdict,	-- what is said of it
	v.flags,	-- bits; names in "kansoku verdicts"
	nullif(v.incident, 0) AS incident,	-- number of the incident that it is part of
	v.node & 4294967295 AS node_id	-- number in table node
FROM verdict AS v
LEFT JOIN sensor AS s ON s.id = v.node >> 32
JOIN v_node AS n ON n.id = v.node & 4294967295;
