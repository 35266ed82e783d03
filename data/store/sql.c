/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every statement on the observations. */
#include "data/store/store_impl.h"

/* What makes one row of values 64 = SIGHTINGS_AT_ONCE: 1 + 3 + 12 + 3 * 16. */
#define ROWS_1	", (?, ?{s?})"
#define ROWS_3	ROWS_1 ROWS_1 ROWS_1
#define ROWS_12	ROWS_3 ROWS_3 ROWS_3 ROWS_3
#define ROWS_16	ROWS_12 ROWS_3 ROWS_1

/* Rows of the sensor whose keys go from ?1 to ?2; rows of none, or numbered 0. */
#define IN_SCOPE(key)	" WHERE " key " >= ?1 AND " key " <= ?2"
#define STRAY(key)	" WHERE " key " & 4294967295 = 0 OR " key " >> 32 NOT IN" \
			" (SELECT 0 UNION SELECT id FROM sensor)"
#define ROUNDS_NAMED(where) \
	"SELECT id FROM round" where("id") " UNION SELECT round FROM log_round" where("round") \
	" UNION SELECT round FROM log_chain" where("round") \
	" UNION SELECT round FROM delivery" where("round") \
	" UNION SELECT round FROM neighbour" where("round") \
	" UNION SELECT round FROM query" where("round") \
	" UNION SELECT round FROM contact" where("round") \
	" UNION SELECT round FROM seen" where("round") \
	" UNION SELECT round FROM aged" where("round")

const char *const sql[Q_N] = { /* flat */
	[Q_BEGIN] = "BEGIN IMMEDIATE",
	[Q_COMMIT] = "COMMIT",
	[Q_ROLLBACK] = "ROLLBACK",
	[Q_SNAPSHOT] = "BEGIN",

	[Q_SENSORS] =
	    "SELECT id, name, overlay, (SELECT count(*) FROM round AS r WHERE r.id >= s.id << 32"
	    " AND r.id < (s.id + 1) << 32) FROM sensor AS s ORDER BY id",
	[Q_SENSOR_ANY] = "SELECT min(id) FROM sensor",
	[Q_SENSOR_FIND] = "SELECT id FROM sensor WHERE name = ?1",
	[Q_SENSOR_NEXT] = "SELECT max(id) + 1 FROM sensor",
	[Q_SENSOR_PUT] =
	    "INSERT INTO sensor (id, name, overlay, listen_port, created_ms) VALUES (?1, ?2, ?3, ?4, ?5)"
	    " ON CONFLICT (id) DO UPDATE SET name = iif(name = '', excluded.name, name),"
	    " overlay = iif(overlay = '', excluded.overlay, overlay),"
	    " listen_port = coalesce(listen_port, excluded.listen_port)",
	[Q_SENSOR_NAME] = "SELECT nullif(name, '') FROM sensor WHERE id = ?1",
	[Q_SENSOR_OVERLAY] = "SELECT nullif(overlay, '') FROM sensor WHERE id = ?1",
	[Q_SENSOR_PORT] = "SELECT listen_port FROM sensor WHERE id = ?1",

	[Q_META_SET] =
	    "INSERT INTO meta (key, value) VALUES (?1, ?2)"
	    " ON CONFLICT (key) DO UPDATE SET value = excluded.value",
	[Q_META_GET] = "SELECT value FROM meta WHERE key = ?1",
	[Q_RUN_BEGIN] =
	    "INSERT INTO run (start_ms, version, parameters, sensor) VALUES (?1, ?2, ?3, ?4)",
	[Q_RUN_END] = "UPDATE run SET end_ms = ?2 WHERE id = ?1",
	[Q_RUN_LAST] =
	    "SELECT id, start_ms, end_ms, version, parameters FROM run"
	    " WHERE sensor IS NULL OR sensor = ?1 ORDER BY id DESC LIMIT 1",

	/* Columns of overlays: which there are, and what they are of. */
	[Q_FIELD_TYPE] =
	    "SELECT max(type = ?3) FROM field WHERE table_name = ?1 AND column_name = ?2",
	[Q_FIELD_ADD] =
	    "INSERT INTO field (overlay, table_name, column_name, type, name, unit, about)"
	    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
	[Q_FIELDS_KNOWN] = "SELECT count(*) FROM field WHERE overlay = ?1",

	[Q_NODE_FIND] = "SELECT id FROM node WHERE address = ?1 AND port = ?2",
	[Q_FILE_FIND] = "SELECT id{c+} FROM file WHERE hash = ?1",
	[Q_ADVERT_FIND] = "SELECT id FROM advert WHERE source = ? AND file = ?{a=}",
	[Q_CLAIM_FIND] = "SELECT id FROM claim WHERE node = ?{n=}",
	[Q_ROUND_STATE] = "SELECT complete FROM round WHERE id = ?1",
	[Q_ROUND_ORIGIN] = "SELECT origin FROM round WHERE id = ?1",
	[Q_NODE_LOAD] = "SELECT id, address, port FROM node WHERE address >= 0",
	[Q_FILE_LOAD] = "SELECT id, hash{c+} FROM file",
	[Q_ADVERT_LOAD] =
	    "SELECT a.id, a.source, n.address, n.port, f.hash{c+f.}{a+a.} FROM advert AS a"
	    " CROSS JOIN node AS n ON n.id = a.source CROSS JOIN file AS f ON f.id = a.file"
	    " WHERE n.address >= 0",
	[Q_CLAIM_LOAD] = "SELECT id, node{n+} FROM claim",
	[Q_NODE_MAX] = "SELECT max(id) FROM node",
	[Q_FILE_MAX] = "SELECT max(id) FROM file",
	[Q_ADVERT_MAX] = "SELECT max(id) FROM advert",
	[Q_CLAIM_MAX] = "SELECT max(id) FROM claim",
	[Q_DELIVERY_MAX] = "SELECT max(id) FROM delivery",
	[Q_SIGHTING_MAX] = "SELECT max(id) FROM sighting",
	[Q_NODE_ADD] = "INSERT INTO node (id, address, port) VALUES (?1, ?2, ?3)",
	[Q_FILE_ADD] = "INSERT INTO file (id, hash{c+}) VALUES (?, ?{c?})",
	[Q_ADVERT_ADD] =
	    "INSERT INTO advert (id, source, file{a+}) VALUES (?, ?, ?{a?})",
	[Q_CLAIM_ADD] =
	    "INSERT INTO claim (id, node{n+}) VALUES (?, ?{n?})",
	[Q_ROUND_ADD] =
	    "INSERT INTO round (id, run, origin) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
	[Q_DELIVERY_ADD] =
	    "INSERT INTO delivery (id, round, peer, t_ms, first, n, receiver{d+})"
	    " VALUES (?, ?, ?, ?, ?, ?, ?{d?}) ON CONFLICT (id) DO UPDATE SET n = excluded.n",
	[Q_SIGHTING_ADD] = "INSERT INTO sighting (id, advert{s+}) VALUES (?, ?{s?})",
	[Q_SIGHTINGS_ADD] = "INSERT INTO sighting (id, advert{s+}) VALUES (?, ?{s?})"
	    ROWS_3 ROWS_12 ROWS_16 ROWS_16 ROWS_16,
	[Q_RAW_ADD] = "INSERT INTO raw_record (sighting, record) VALUES (?1, ?2)",
	[Q_NEIGHBOUR_ADD] = 
	    "INSERT INTO neighbour (round, t_ms, peer, claim, receiver{t+}) VALUES (?, ?, ?, ?, ?{t?})",
	[Q_QUERY_ADD] =
	    "INSERT INTO query (round, t_ms, peer, receiver, via{q+}) VALUES (?, ?, ?, ?, ?{q?})",
	[Q_CONTACT_ADD] =
	    "INSERT INTO contact (round, t_ms, node, inbound, outcome{k+}) VALUES (?, ?, ?, ?, ?{k?})",
	[Q_ROUND_PUT] =
	    "UPDATE round SET start_ms = ?2, end_ms = ?3, tried = ?4, reached = ?5, complete = ?6,"
	    " cut = ?7, not_dialled = ?8, not_stored = ?9 WHERE id = ?1",
	[Q_ROUND_FACTS] =
	    "UPDATE round SET known = ?2, sampling = ?3, clock_jump_ms = ?4 WHERE id = ?1",
	[Q_SEEN_CLEAR] = "DELETE FROM seen WHERE round = ?1",
	[Q_SEEN_ADD] = "INSERT INTO seen (round, node, bits) VALUES (?1, ?2, ?3)",
	[Q_HEARD_KEY] = "SELECT source FROM key_seen WHERE round = ?1",
	[Q_HEARD_NEIGHBOUR] =
	    "SELECT c.node FROM neighbour AS n JOIN claim AS c ON c.id = n.claim"
	    " WHERE n.round = ?1",
	[Q_HEARD_CONTACT] = "SELECT node, inbound FROM contact WHERE round = ?1 AND outcome = 0",
	[Q_HEARD_QUERY] = "SELECT via FROM query WHERE round = ?1",

	[Q_RUNS] =
	    "SELECT start_ms, end_ms, parameters FROM run WHERE sensor IS NULL OR sensor = ?1 ORDER BY id",
	[Q_ROUND_LAST] = "SELECT max(id) FROM round" IN_SCOPE("id"),
	[Q_ROUNDS] =
	    "SELECT id, start_ms, end_ms, complete, tried, reached, known, clock_jump_ms, pruned_ms,"
	    " hidden_ms, sampling, origin, cut, not_dialled, not_stored FROM round LEFT JOIN aged ON aged.round = round.id"
	    " WHERE id >= ?1 AND id <= ?2 ORDER BY id",
	/* A round of unknown time is in every span. */
	[Q_ROUNDS_COUNT] =
	    "SELECT count(*), coalesce(sum(complete), 0) FROM round WHERE id <= ?1"
	    " AND id >= ?4 AND coalesce(start_ms, end_ms, ?2) BETWEEN ?2 AND ?3",
	[Q_ROUND] =
	    "SELECT id, start_ms, end_ms, complete, tried, reached, pruned_ms, cut,"
	    " not_dialled, not_stored FROM round WHERE id = ?1",
	[Q_SIGHTINGS] =
	    "SELECT d.id, s.id - d.first, d.peer, s.advert, d.t_ms, s.id, {lifetime} FROM delivery AS d"
	    " CROSS JOIN sighting AS s ON s.id >= d.first AND s.id < d.first + d.n"
	    " WHERE d.round = ?1 ORDER BY d.id, s.id",
	[Q_ADVERT] = "SELECT source, file FROM advert WHERE id = ?1",
	[Q_SEEN] = "SELECT node, bits FROM seen WHERE round = ?1 ORDER BY node",
	[Q_CONTACTS] =
	    "SELECT node, t_ms, inbound, outcome, {undialable} FROM contact WHERE round = ?1 ORDER BY id",
	[Q_NEIGHBOURS] =
	    "SELECT n.t_ms, n.peer, c.node, {fresh} FROM neighbour AS n"
	    " CROSS JOIN claim AS c ON c.id = n.claim WHERE n.round = ?1 ORDER BY n.id",
	[Q_TOTALS] =
	    "SELECT (SELECT sum(n) FROM delivery WHERE round = ?1),"
	    " (SELECT count(*) FROM neighbour WHERE round = ?1),"
	    " (SELECT count(*) FROM query WHERE round = ?1),"
	    " (SELECT count(*) FROM contact WHERE round = ?1)",
	[Q_NODES] = "SELECT id, address, port FROM node WHERE id >= ?1 AND address >= 0 ORDER BY id",
	[Q_NODE] = "SELECT address, port FROM node WHERE id = ?1",
	[Q_FILE_HASH] = "SELECT hash FROM file WHERE id = ?1",
	[Q_ALL_CONTACTS] =
	    "SELECT c.t_ms, c.inbound, c.outcome, n.address, n.port{k+c.}"
	    " FROM contact AS c CROSS JOIN node AS n ON n.id = c.node"
	    " WHERE c.round = ?1 ORDER BY c.id",
	[Q_ALL_NEIGHBOURS] =
	    "SELECT b.t_ms, p.address, p.port, b.receiver, n.address, n.port{n+c.}{t+b.}"
	    " FROM neighbour AS b CROSS JOIN claim AS c ON c.id = b.claim"
	    " CROSS JOIN node AS p ON p.id = b.peer CROSS JOIN node AS n ON n.id = c.node"
	    " WHERE b.round = ?1 ORDER BY b.id",
	[Q_ALL_QUERIES] =
	    "SELECT q.t_ms, p.address, p.port, q.receiver, q.via{q+q.}"
	    " FROM query AS q CROSS JOIN node AS p ON p.id = q.peer WHERE q.round = ?1 ORDER BY q.id",
	[Q_ALL_KEYS] =
	    "SELECT d.t_ms, p.address, p.port, d.receiver, n.address, n.port, f.hash, r.record"
	    "{c+f.}{a+a.}{d+d.}{s+s.}"
	    " FROM delivery AS d"
	    " CROSS JOIN node AS p ON p.id = d.peer"
	    " CROSS JOIN sighting AS s ON s.id >= d.first AND s.id < d.first + d.n"
	    " CROSS JOIN advert AS a ON a.id = s.advert"
	    " CROSS JOIN node AS n ON n.id = a.source"
	    " CROSS JOIN file AS f ON f.id = a.file"
	    " LEFT JOIN raw_record AS r ON r.sighting = s.id"
	    " WHERE d.round = ?1 ORDER BY d.id, s.id",

	[Q_LOG_ROUND] =
	    "SELECT secret, trees, parts, sensor, overlay, clock_us, fields FROM log_round"
	    " WHERE round = ?1",
	[Q_LOG_FACTS] =
	    "SELECT start_ms, end_ms, complete, tried, reached, known, clock_jump_ms, run, origin,"
	    " cut, not_dialled, not_stored FROM round WHERE id = ?1",
	[Q_ROUND_RUN] =
	    "SELECT run.id, run.start_ms, run.version, run.parameters FROM round"
	    " CROSS JOIN run ON run.id = round.run WHERE round.id = ?1",
	[Q_LOG_RUN] = "SELECT version, parameters FROM run WHERE id = ?1",
	[Q_LOG_CHAIN] =
	    "SELECT seq, round, start_ms, end_ms, parts, head FROM log_chain"
	    IN_SCOPE("seq") " ORDER BY seq",
	[Q_LOG_ENTRY_OF] =
	    "SELECT seq, round, start_ms, end_ms, parts, head FROM log_chain WHERE round = ?1"
	    " ORDER BY seq DESC LIMIT 1",
	[Q_LOG_ENTRY_BEFORE] =
	    "SELECT seq, round, start_ms, end_ms, parts, head FROM log_chain"
	    IN_SCOPE("seq") " ORDER BY seq DESC LIMIT 1",
	[Q_LOG_APPEND] =
	    "INSERT INTO log_chain (seq, round, start_ms, end_ms, parts, head)"
	    " VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
	[Q_LOG_PUT] =
	    "INSERT INTO log_round (round, secret, trees, parts, sensor, overlay, clock_us, nodes,"
	    " files, adverts, claims, fields)"
	    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)"
	    " ON CONFLICT (round) DO UPDATE SET trees = excluded.trees, parts = excluded.parts,"
	    " sensor = excluded.sensor, overlay = excluded.overlay, clock_us = excluded.clock_us,"
	    " nodes = excluded.nodes, files = excluded.files, adverts = excluded.adverts,"
	    " claims = excluded.claims, fields = excluded.fields",
	[Q_LOG_OPEN] =
	    "SELECT l.round, r.start_ms, r.end_ms, l.parts FROM log_round AS l"
	    " CROSS JOIN round AS r ON r.id = l.round WHERE r.complete = 0 ORDER BY l.round",
	[Q_LOG_LEAF_ADD] =
	    "INSERT INTO log_leaf (round, tree, part, hashes) VALUES (?1, ?2, ?3, ?4)",
	[Q_LOG_LEAVES] =
	    "SELECT tree, part, hashes FROM log_leaf WHERE round = ?1 ORDER BY tree, part",
	[Q_LOG_FOLD] = "UPDATE log_round SET secret = ?2 WHERE round = ?1",
	[Q_LOG_RAW_OF] =
	    "SELECT w.sighting, w.record FROM delivery AS d"
	    " CROSS JOIN raw_record AS w ON w.sighting >= d.first AND w.sighting < d.first + d.n"
	    " WHERE d.round = ?1",
	[Q_LOG_RAW_HASHES] =
	    "SELECT d.first, d.n, w.sighting, w.hash FROM delivery AS d"
	    " LEFT JOIN log_raw AS w ON w.sighting >= d.first AND w.sighting < d.first + d.n"
	    " WHERE d.round = ?1 AND EXISTS (SELECT 1 FROM log_raw) ORDER BY d.id, w.sighting",
	[Q_LOG_RAW_ADD] = "INSERT INTO log_raw (sighting, hash) VALUES (?1, ?2)",
	[Q_LOG_RAW_DROP] =
	    "DELETE FROM log_raw WHERE sighting IN (SELECT w.sighting FROM delivery AS d"
	    " CROSS JOIN log_raw AS w ON w.sighting >= d.first AND w.sighting < d.first + d.n"
	    " WHERE d.round = ?1)",
	[Q_LOG_ALL_ROUNDS] =
	    ROUNDS_NAMED(IN_SCOPE) " ORDER BY 1",
	[Q_LOG_STRAY_ROUNDS] =
	    ROUNDS_NAMED(STRAY) " UNION SELECT seq FROM log_chain" STRAY("seq") " ORDER BY 1",

	/* What kansoku never writes, but reads as something else: of one round ... */
	[Q_LOG_ODD_ROUND] =
	    "SELECT id FROM round WHERE id = ?1 AND (run IS NOT NULL AND run NOT IN (SELECT id FROM run)"
	    " OR complete NOT IN (0, 1) OR -1 IN (start_ms, end_ms, tried, reached, known))",
	[Q_LOG_ODD_DELIVERY] =
	    "SELECT id FROM delivery WHERE round = ?1 AND (n < 1 OR peer NOT IN (SELECT id FROM node)"
	    " OR receiver NOT IN (SELECT id FROM node){d!}) LIMIT 1",
	[Q_LOG_ODD_SIGHTING] =
	    "SELECT s.id FROM delivery AS d"
	    " CROSS JOIN sighting AS s ON s.id >= d.first AND s.id < d.first + d.n"
	    " WHERE d.round = ?1 AND (0{s!s.}) LIMIT 1",
	[Q_LOG_ODD_NEIGHBOUR] =
	    "SELECT id FROM neighbour WHERE round = ?1 AND (peer NOT IN (SELECT id FROM node)"
	    " OR claim NOT IN (SELECT id FROM claim){t!}) LIMIT 1",
	[Q_LOG_ODD_QUERY] =
	    "SELECT id FROM query WHERE round = ?1 AND (peer NOT IN (SELECT id FROM node)"
	    " OR receiver NOT IN (SELECT id FROM node) OR length(via) > 8960{q!}) LIMIT 1",
	[Q_LOG_ODD_CONTACT] =
	    "SELECT id FROM contact WHERE round = ?1 AND (node NOT IN (SELECT id FROM node)"
	    " OR inbound NOT IN (0, 1) OR outcome NOT BETWEEN 0 AND 6{k!}) LIMIT 1",
	[Q_LOG_ODD_SEEN] =
	    "SELECT node FROM seen WHERE round = ?1 AND node NOT IN (SELECT id FROM node) LIMIT 1",
	/* ... and of the whole file: the row, and a round that is touched by it. */
	[Q_LOG_LOST_SIGHTING] =
	    "SELECT s.id, g.round FROM (SELECT round, first + n AS a, lead(first, 1,"
	    " 9223372036854775807) OVER (ORDER BY first) AS b FROM delivery) AS g"
	    " CROSS JOIN sighting AS s ON s.id >= g.a AND s.id < g.b"
	    " UNION ALL SELECT id, (SELECT min(round) FROM delivery) FROM sighting"
	    " WHERE id < coalesce((SELECT min(first) FROM delivery), 9223372036854775807) LIMIT 1",
	[Q_LOG_LOST_RAW] =
	    "SELECT r.sighting, NULL FROM raw_record AS r"
	    " WHERE r.sighting NOT IN (SELECT id FROM sighting) OR length(r.record) = 0 LIMIT 1",
	[Q_LOG_ODD_NODE] =
	    "SELECT n.id, (SELECT min(round) FROM seen WHERE node = n.id) FROM node AS n"
	    " WHERE (typeof(n.address) = 'integer' AND n.address > 4294967295)"
	    " OR typeof(n.address) NOT IN ('integer', 'blob')"
	    " OR (typeof(n.address) = 'blob' AND hex(substr(n.address, 1, 1)) || length(n.address)"
	    "  NOT IN ('0217', '0433', '0533', '0617', '0717'))"
	    " OR (n.address >= 0 AND n.port NOT BETWEEN 0 AND 65535) LIMIT 1",
	[Q_LOG_ODD_FILE] =
	    "SELECT f.id, (SELECT min(d.round) FROM advert AS a CROSS JOIN sighting AS s"
	    " ON s.advert = a.id CROSS JOIN delivery AS d ON d.first <= s.id AND s.id < d.first + d.n"
	    " WHERE a.file = f.id) FROM file AS f WHERE length(f.hash) > 32{c!f.} LIMIT 1",
	[Q_LOG_ODD_ADVERT] =
	    "SELECT a.id, (SELECT min(d.round) FROM sighting AS s CROSS JOIN delivery AS d"
	    " ON d.first <= s.id AND s.id < d.first + d.n WHERE s.advert = a.id) FROM advert AS a"
	    " WHERE 0{a!a.} LIMIT 1",
	[Q_LOG_ODD_CLAIM] =
	    "SELECT c.id, (SELECT min(round) FROM neighbour WHERE claim = c.id) FROM claim AS c"
	    " WHERE 0{n!c.} LIMIT 1",
	[Q_LOG_NEW_NODE] =
	    "SELECT id, (SELECT round FROM log_round ORDER BY nodes DESC LIMIT 1) FROM node"
	    " WHERE id > coalesce((SELECT max(nodes) FROM log_round), 0) LIMIT 1",
	[Q_LOG_NEW_FILE] =
	    "SELECT id, (SELECT round FROM log_round ORDER BY files DESC LIMIT 1) FROM file"
	    " WHERE id > coalesce((SELECT max(files) FROM log_round), 0) LIMIT 1",
	[Q_LOG_NEW_ADVERT] =
	    "SELECT id, (SELECT round FROM log_round ORDER BY adverts DESC LIMIT 1) FROM advert"
	    " WHERE id > coalesce((SELECT max(adverts) FROM log_round), 0) LIMIT 1",
	[Q_LOG_NEW_CLAIM] =
	    "SELECT id, (SELECT round FROM log_round ORDER BY claims DESC LIMIT 1) FROM claim"
	    " WHERE id > coalesce((SELECT max(claims) FROM log_round), 0) LIMIT 1",

	[Q_BUNDLE_FIND] = "SELECT seq FROM bundle WHERE hash = ?1",
	[Q_BUNDLE_OF] = "SELECT incident FROM bundle WHERE hash = ?1",
	[Q_BUNDLES_OF] = "SELECT count(*) FROM bundle WHERE incident = ?1",
	[Q_BUNDLE_MADE] = "SELECT made_ms FROM bundle WHERE seq = ?1",
	[Q_BUNDLE_LAST] = "SELECT max(seq) FROM bundle",
	[Q_BUNDLE_BEFORE] = "SELECT hash FROM bundle WHERE seq < ?1 ORDER BY seq DESC LIMIT 1",
	[Q_BUNDLE_ADD] = "INSERT INTO bundle (seq, incident, made_ms, hash) VALUES (?1, ?2, ?3, ?4)",
	[Q_NOTICE_LAST] = "SELECT max(t_ms) FROM notice WHERE address = ?1",
	[Q_NOTICE_ADD] = "INSERT INTO notice (incident, address, t_ms) VALUES (?1, ?2, ?3)",
	[Q_STATED_ADD] =
	    "INSERT OR REPLACE INTO stated (incident, t_ms, form, kind, start_ms, end_ms, rounds, bogus,"
	    " injector) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
	[Q_CASE_ADD] =
	    "INSERT INTO case_event (incident, t_ms, kind, party, due_ms, grade, note)"
	    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
	[Q_CASE_ALL] =
	    "SELECT id, incident, t_ms, kind, party, due_ms, grade, note FROM case_event"
	    " WHERE ?1 IN (0, incident) ORDER BY incident, t_ms, id",

	[Q_ROUND_NEWEST] = "SELECT max(coalesce(end_ms, start_ms)) FROM round",
	[Q_HISTORY_NODES] =
	    "SELECT id, address, port FROM node WHERE address = ?1 AND port >= ?2 AND port <= ?3"
	    " ORDER BY port",
	[Q_HISTORY_NAMED] =
	    "SELECT count(*), min(t_ms), max(t_ms) FROM key_seen" IN_SCOPE("round") " AND source = ?3",
	[Q_HISTORY_NEIGHBOUR] =
	    "SELECT count(*), min(t_ms), max(t_ms) FROM neighbour" IN_SCOPE("round")
	    " AND claim IN (SELECT id FROM claim WHERE node = ?3)",
	[Q_HISTORY_CONTACT] =
	    "SELECT coalesce(sum(inbound = 0 AND outcome <> 6), 0), min(t_ms), max(t_ms),"
	    " coalesce(sum(inbound = 0 AND outcome = 0), 0), coalesce(sum(inbound), 0)"
	    " FROM contact" IN_SCOPE("round") " AND node = ?3",
	[Q_HISTORY_HANDED] = "SELECT coalesce(sum(n), 0) FROM delivery" IN_SCOPE("round") " AND peer = ?3",
	[Q_HISTORY_NAMERS] =
	    "SELECT k.peer, count(*) AS records, min(k.t_ms), max(k.t_ms), n.address, n.port"
	    " FROM key_seen AS k JOIN node AS n ON n.id = k.peer"
	    " WHERE k.round >= ?1 AND k.round <= ?2 AND k.source = ?3"
	    " GROUP BY k.peer ORDER BY records DESC, k.peer",
	[Q_HISTORY_DELIVERED] =
	    "SELECT incident FROM incident_peer WHERE incident >= ?1 AND incident <= ?2 AND peer = ?3"
	    " ORDER BY incident",
	[Q_HEALTH_ROUNDS] =
	    "SELECT id, start_ms, end_ms, tried, reached FROM round" IN_SCOPE("id")
	    " AND complete = 1 ORDER BY id DESC LIMIT ?3",
	[Q_HEALTH_CUT] = "SELECT cut FROM round" IN_SCOPE("id") " ORDER BY id DESC LIMIT 1",
	[Q_HEALTH_ANALYSED] = "SELECT max(round) FROM series" IN_SCOPE("round") " AND complete = 1",
	[Q_HEALTH_BEHIND] = "SELECT count(*) FROM round" IN_SCOPE("id") " AND complete = 1",
	[Q_HEALTH_OPEN] = "SELECT count(*) FROM incident WHERE id >= ?1 AND id <= ?2 AND end_ms IS NULL",
	/* What each kind leaves open and what closes it: as in data/evidence/cmd_case.c. */
	[Q_HEALTH_OVERDUE] =
	    "SELECT count(*) FROM case_event AS e WHERE incident >= ?1 AND incident <= ?2 AND due_ms < ?3"
	    " AND kind IN ('reported', 're-contact', 'schedule', 'disclosure') AND NOT EXISTS"
	    " (SELECT 1 FROM case_event AS l WHERE l.incident = e.incident AND l.party = e.party"
	    " AND l.id > e.id AND (l.kind = e.kind"
	    " OR e.kind IN ('reported', 're-contact') AND l.kind IN ('acknowledged', 'schedule', 'fixed',"
	    " 're-contact') OR e.kind = 'schedule' AND l.kind = 'fixed'"
	    " OR e.kind = 'disclosure' AND l.kind = 'published'))",
	[Q_STATUS_ROUNDS] =
	    "SELECT count(*), coalesce(sum(complete), 0), count(pruned_ms) FROM round"
	    IN_SCOPE("id"),
	[Q_STATUS_LAST] =
	    "SELECT id, start_ms, end_ms, tried, reached, sampling, cut, not_stored FROM round"
	    IN_SCOPE("id") " AND complete = ?3 ORDER BY id DESC LIMIT 1",
	[Q_SIZE] =
	    "SELECT (p.page_count - f.freelist_count) * s.page_size"
	    " FROM pragma_page_count AS p, pragma_freelist_count AS f, pragma_page_size AS s",
	[Q_STATUS_TABLES] =
	    "SELECT (SELECT count(*) FROM node), (SELECT count(*) FROM file),"
	    " (SELECT count(*) FROM advert), (SELECT count(*) FROM delivery),"
	    " (SELECT coalesce(sum(n), 0) FROM delivery), (SELECT count(*) FROM raw_record),"
	    " (SELECT count(*) FROM neighbour), (SELECT count(*) FROM query),"
	    " (SELECT count(*) FROM contact)",
	[Q_OLD_ROUNDS] =
	    "SELECT r.id, (SELECT coalesce(sum(n), 0) FROM delivery AS d WHERE d.round = r.id),"
	    " (SELECT count(*) FROM delivery AS d CROSS JOIN raw_record AS w"
	    "   ON w.sighting >= d.first AND w.sighting < d.first + d.n WHERE d.round = r.id),"
	    " EXISTS (SELECT 1 FROM aged AS a WHERE a.round = r.id AND a.hidden_ms IS NOT NULL)"
	    " FROM round AS r" IN_SCOPE("r.id") " AND r.pruned_ms IS NULL AND coalesce(r.end_ms, r.start_ms,"
	    " (SELECT max(t_ms) FROM delivery AS d WHERE d.round = r.id), 0) < ?3"
	    " ORDER BY r.id",
	[Q_PRUNE_RAW] =
	    "DELETE FROM raw_record WHERE sighting IN (SELECT w.sighting FROM delivery AS d"
	    " CROSS JOIN raw_record AS w ON w.sighting >= d.first AND w.sighting < d.first + d.n"
	    " WHERE d.round = ?1)",
	[Q_PRUNE_SIGHTING] =
	    "DELETE FROM sighting WHERE id IN (SELECT s.id FROM delivery AS d"
	    " CROSS JOIN sighting AS s ON s.id >= d.first AND s.id < d.first + d.n"
	    " WHERE d.round = ?1)",
	[Q_PRUNE_DELIVERY] = "DELETE FROM delivery WHERE round = ?1",
	[Q_PRUNE_NEIGHBOUR] = "DELETE FROM neighbour WHERE round = ?1",
	[Q_PRUNE_QUERY] = "DELETE FROM query WHERE round = ?1",
	[Q_PRUNE_CONTACT] = "DELETE FROM contact WHERE round = ?1",
	[Q_PRUNE_ROUND] = "UPDATE round SET pruned_ms = ?2 WHERE id = ?1",
	[Q_PRUNE_ADVERT] =
	    "DELETE FROM advert WHERE id NOT IN (SELECT advert FROM sighting)",
	[Q_PRUNE_FILE] = "DELETE FROM file WHERE id NOT IN (SELECT file FROM advert)",
	[Q_PRUNE_CLAIM] = "DELETE FROM claim WHERE id NOT IN (SELECT claim FROM neighbour)",
	[Q_ROUND_UNDER_WAY] =
	    "SELECT id FROM round WHERE complete = 0 AND id = (SELECT max(id) FROM round"
	    " WHERE run IS (SELECT max(id) FROM run))",
	[Q_EPOCH_NEXT] =
	    "INSERT INTO meta (key, value) VALUES ('epoch', '1')"
	    " ON CONFLICT (key) DO UPDATE SET value = value + 1",

	[Q_AGED] = "SELECT hidden_ms, leaves_ms, pack, place FROM aged WHERE round = ?1",
	[Q_AGED_SUMS] =
	    "SELECT count(*), count(r.pruned_ms),"
	    " coalesce(sum(r.pruned_ms IS NULL AND a.hidden_ms IS NOT NULL), 0), count(a.leaves_ms)"
	    " FROM round AS r LEFT JOIN aged AS a ON a.round = r.id" IN_SCOPE("r.id"),
	[Q_ROUND_PRUNED] = "SELECT pruned_ms FROM round WHERE id = ?1",
	[Q_AGED_HIDDEN] =
	    "INSERT INTO aged (round, hidden_ms) VALUES (?1, ?2)"
	    " ON CONFLICT (round) DO UPDATE SET hidden_ms = excluded.hidden_ms",
	[Q_AGED_LEAVES] =
	    "INSERT INTO aged (round, leaves_ms) VALUES (?1, ?2)"
	    " ON CONFLICT (round) DO UPDATE SET leaves_ms = excluded.leaves_ms",
	[Q_AGED_PACKED] =
	    "INSERT INTO aged (round, pack, place) VALUES (?1, ?2, ?3)"
	    " ON CONFLICT (round) DO UPDATE SET pack = excluded.pack, place = excluded.place",
	[Q_PACK_ADD] = "INSERT INTO seen_pack (pack, part, runs) VALUES (?1, ?2, ?3)",
	[Q_PACK_PARTS] = "SELECT runs FROM seen_pack WHERE pack = ?1 ORDER BY part",
	[Q_OLD_SEEN] =
	    "SELECT r.id FROM round AS r LEFT JOIN aged AS a ON a.round = r.id" IN_SCOPE("r.id")
	    " AND a.pack IS NULL AND r.complete = 1 AND coalesce(r.end_ms, r.start_ms, 0) < ?3"
	    " ORDER BY r.id",
	[Q_LIFETIME_KEEP] =
	    "INSERT INTO lifetime (round, verdict, bin, n)"
	    " SELECT d.round, v.verdict, min({lifetime} / 100, 16), count(*) FROM delivery AS d"
	    " CROSS JOIN sighting AS s ON s.id >= d.first AND s.id < d.first + d.n"
	    " CROSS JOIN advert AS a ON a.id = s.advert CROSS JOIN verdict AS v"
	    " ON v.node = (?1 >> 32 << 32) + a.source"
	    " WHERE d.round = ?1 AND {lifetime} >= 0 GROUP BY 2, 3",
	[Q_LIFETIMES] = "SELECT verdict, bin, n FROM lifetime WHERE round = ?1",
	[Q_OLD_LEAVES] =
	    "SELECT r.id, (SELECT sum(length(hashes)) / 32 FROM log_leaf AS l WHERE l.round = r.id),"
	    " 0, 1 FROM round AS r" IN_SCOPE("r.id")
	    " AND EXISTS (SELECT 1 FROM log_leaf AS l WHERE l.round = r.id)"
	    " AND coalesce(r.end_ms, r.start_ms, 0) < ?3 ORDER BY r.id",
	[Q_LEAVES_DROP] = "DELETE FROM log_leaf WHERE round = ?1",
	[Q_YOUNG_ROUNDS] =
	    "SELECT r.id FROM round AS r WHERE coalesce(r.end_ms, r.start_ms,"
	    " (SELECT max(t_ms) FROM delivery AS d WHERE d.round = r.id), 0) >= ?1",
	[Q_YOUNG_PEERS] =
	    "SELECT peer FROM delivery WHERE round = ?1 UNION ALL"
	    " SELECT node FROM contact WHERE round = ?1 UNION ALL"
	    " SELECT peer FROM query WHERE round = ?1",
	[Q_YOUNG_NEIGHBOURS] = "SELECT claim, peer FROM neighbour WHERE round = ?1",
	[Q_YOUNG_ADVERTS] =
	    "SELECT s.advert FROM delivery AS d"
	    " CROSS JOIN sighting AS s ON s.id >= d.first AND s.id < d.first + d.n"
	    " WHERE d.round = ?1",
	[Q_HIDE_ADVERTS] = "SELECT id, source, file{a+} FROM advert",
	[Q_HIDE_CLAIMS] = "SELECT id, node{n+} FROM claim",
	[Q_HIDE_FILES] = "SELECT id{c+} FROM file",
	[Q_HIDE_NODES] = "SELECT id, address, port FROM node NOT INDEXED WHERE address >= 0",
	[Q_HIDE_QUERIES] = "SELECT id{q+} FROM query WHERE round = ?1",
	[Q_HIDE_ADVERT] = "UPDATE advert SET id = id{a:} WHERE id = ?",
	[Q_HIDE_CLAIM] = "UPDATE claim SET id = id{n:} WHERE id = ?",
	[Q_HIDE_FILE] = "UPDATE file SET id = id{c:} WHERE id = ?",
	[Q_HIDE_NODE] = "UPDATE node SET address = ?2, port = ?3 WHERE id = ?1",
	[Q_HIDE_QUERY] = "UPDATE query SET via = x''{q:} WHERE id = ?",
	[Q_HIDE_VERDICT] =
	    "UPDATE verdict SET evidence = NULL, memory = NULL"
	    " WHERE node = ?1 OR node IN (SELECT (id << 32) + ?1 FROM sensor)",
	[Q_HIDE_SUMMARY] =
	    "UPDATE incident SET summary = replace(summary, ?2, ?3)"
	    " WHERE id IN (SELECT incident FROM incident_peer WHERE peer = ?1)",
	[Q_HIDE_NOTICE] = "DELETE FROM notice WHERE t_ms < ?1",
};
