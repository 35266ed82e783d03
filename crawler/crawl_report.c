/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The log of a crawl: what governs the crawl, how it goes, how it went.
 * For programs the same is in crawl_report_json.c.
 */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "bounds.h"
#include "crawler/crawl.h"
#include "data/lib/log.h"
#include "data/lib/utctime.h"

#define LINE	512

/* Appends to a line that is cut, not overrun. */
__attribute__((format(printf, 3, 4))) static void
append(char *line, size_t *len, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(line + *len, LINE - *len, fmt, ap);
	va_end(ap);
	if (n > 0)
		*len = (size_t)n < LINE - *len ? *len + (size_t)n : LINE - 1;
}

static double
seconds(int64_t ms)
{
	return (double)ms / SECOND_MS;
}

/* ---- before -------------------------------------------------------------------------- */

static const char *
limit_text(char buf[32], int64_t limit)
{
	if (limit == 0)
		return "no limit";
	snprintf(buf, 32, "%lld", (long long)limit);
	return buf;
}

static const char *
stored_text(char buf[SIZE_TEXT], int64_t limit)
{
	return limit == 0 ? "no limit" : cli_size_text(buf, limit);
}

const char *
crawl_report_confined(char buf[CONFINE_TEXT], const struct crawl *c)
{
	return c->set.no_sandbox ? "no (--no-sandbox)" : confine_text(buf, &c->confined);
}

void
crawl_report_start(const struct crawl *c)
{
	const struct settings *s = &c->set;
	char rate[32], nets[32], per[32], confined[CONFINE_TEXT], size[6][SIZE_TEXT];

	log_info("version %s, overlay %s, sensor %s, database %s", KANSOKU_VERSION,
	    c->overlay->name, s->sensor, s->db);
	log_info("scope: %zu block%s%s%s; announced port: %lld%s", c->scope.blocks,
	    c->scope.blocks == 1 ? "" : "s", c->scope.only_loopback ? ", loopback only" : "",
	    c->scope.map != NULL ? ", through the lab map" : "", (long long)s->listen,
	    s->listen == 0 ? " (cannot be dialled; the sensor keeps that for good)" : "");
	log_info("at most %lld links at once (of %lld descriptors), %s dials a second;"
	    " per /24: %s links,"
	    " %s dials a minute", (long long)s->max_sessions, (long long)s->descriptors,
	    limit_text(rate, s->dial_rate),
	    limit_text(nets, s->net_sessions), limit_text(per, s->net_rate));
	log_info("a round: at most %lld dials, in %.3g s; of one address %s ports",
	    (long long)s->round_dials, seconds(s->round_limit_ms), limit_text(rate, s->address_ports));
	log_info("a round stores: at most %s, of a peer %s, of a /24 %s, of callers %s; names of %d bytes;"
	    " the database: %s; free on its disk: %s", stored_text(size[0], s->round_store),
	    stored_text(size[1], s->peer_store), stored_text(size[2], s->net_store),
	    stored_text(size[3], s->inbound_store), LIMIT_STORED_TEXT, stored_text(size[4], s->max_db),
	    stored_text(size[5], s->disk_reserve));
	log_info("limits: connect %.3g s, retry (%s) %.3g s, visit %.3g s; %lld window%s a visit;"
	    " time scale %g",
	    seconds(s->connect_limit_ms), settings_retry_name(s), seconds(s->retry_limit_ms),
	    seconds(s->visit_limit_ms), (long long)s->windows, s->windows == 1 ? "" : "s",
	    s->time_scale);
	log_info("runs as user %ld; confined: %s", (long)geteuid(),
	    crawl_report_confined(confined, c));
	log_info("known nodes: at most %zu in %lld MiB; on the list so far: %zu",
	    frontier_room_for((size_t)s->max_memory << 20), (long long)s->max_memory,
	    frontier_size(c->frontier));
}

int
crawl_report_dry_run(const struct crawl *c)
{
	size_t verdicts[SCOPE_NVERDICT] = { 0 };
	struct endpoint to;
	char text[ENDPOINT_TEXT];

	for (node_id n = frontier_first(c->frontier, NODE_QUEUED); n != NO_NODE;
	    n = frontier_after(c->frontier, n)) {
		struct endpoint e = frontier_endpoint(c->frontier, n);
		enum scope_verdict v = scope_judge(&c->scope, e, &to);

		verdicts[v]++;
		printf("%s %s%s%s\n", v == SCOPE_DIAL ? "dial" : "skip",
		    endpoint_format(text, e), v == SCOPE_DIAL ? "" : " ",
		    v == SCOPE_DIAL ? "" : scope_verdict_name[v]);
	}
	for (int v = 0; v < SCOPE_NVERDICT; v++)
		if (verdicts[v] > 0)
			log_info("%s: %zu", scope_verdict_name[v], verdicts[v]);
	for (const struct utterance *u = c->overlay->repertoire; u->name != NULL; u++)
		log_info("may say to a node: %s: %s", u->name, u->why);
	return verdicts[SCOPE_DIAL] > 0 ? EXIT_DONE : EXIT_NOTHING;
}

/* ---- meanwhile ------------------------------------------------------------------------- */

/* Nodes on the list that nobody has dialled yet. */
static size_t
nodes_waiting(const struct frontier *f)
{
	return frontier_count(f, NODE_QUEUED) + frontier_count(f, NODE_HELD) +
	    frontier_count(f, NODE_LATE);
}

/* By the speed of the dials so far, and the length of the last visit. */
static int64_t
time_left_s(const struct crawl *c)
{
	const struct dialog_config d = settings_dialog(&c->set);
	size_t left = nodes_waiting(c->frontier), begun = (size_t)c->round.listed - left;
	int64_t spent = utctime_monotonic() - c->round.begun_ms;
	int64_t visit = d.windows > 0 ? d.age_ms + (d.windows - 1) * d.window_ms : 0;

	if (begun == 0)
		return 0;
	return (int64_t)((double)spent * (double)left / (double)begun + (double)visit) /
	    SECOND_MS;
}

/* A line that wraps cannot be overwritten in place. */
static size_t
terminal_columns(void)
{
	struct winsize w;

	return ioctl(STDERR_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col > 20 ? w.ws_col - 1u : 79;
}

void
crawl_report_progress(const struct crawl *c)
{
	const struct frontier *f = c->frontier;
	int64_t left;
	char line[LINE];
	size_t len = 0;

	if (!log_on_terminal())
		return;
	left = time_left_s(c);
	append(line, &len,
	    "round %u, %lld:%02lld left: known %zu, queued %zu, in flight %zu, new %llu, ok %llu",
	    (unsigned)c->round.id, (long long)left / 60, (long long)left % 60, frontier_size(f),
	    nodes_waiting(f), frontier_count(f, NODE_DIALLING) + frontier_count(f, NODE_TALKING),
	    (unsigned long long)c->round.fresh, (unsigned long long)c->round.outcome[OUT_OK]);
	for (int o = 0; o < OUT_N; o++)
		if (o != OUT_OK && c->round.outcome[o] > 0)
			append(line, &len, ", %s %llu", outcome_name[o],
			    (unsigned long long)c->round.outcome[o]);
	if (len > terminal_columns())
		line[terminal_columns()] = '\0';
	log_progress("%s", line);
}

/* ---- after ------------------------------------------------------------------------------- */

/* "6 timeout, 4 refused", or "" */
static const char *
failures_text(const struct round *r, char line[LINE])
{
	size_t len = 0;

	line[0] = '\0';
	for (int o = 0; o < OUT_N; o++)
		if (o != OUT_OK && o != OUT_EXCLUDED && r->outcome[o] > 0)
			append(line, &len, "%s%llu %s", len > 0 ? ", " : "",
			    (unsigned long long)r->outcome[o], outcome_name[o]);
	return line;
}

static const char *
not_dialled(const struct round *r, char line[LINE])
{
	char cut[ROUND_CUT_TEXT];
	size_t len = 0;

	line[0] = '\0';
	for (int v = 0; v < SCOPE_NVERDICT; v++)
		if (r->excluded[v] > 0)
			append(line, &len, "%s%llu %s", len > 0 ? ", " : "",
			    (unsigned long long)r->excluded[v], scope_verdict_name[v]);
	if (r->capped > 0)
		append(line, &len, "%s%llu too many in their /24", len > 0 ? ", " : "",
		    (unsigned long long)r->capped);
	if (r->crowded > 0)
		append(line, &len, "%s%llu too many ports of their address", len > 0 ? ", " : "",
		    (unsigned long long)r->crowded);
	if (round_dials_are_over(r))
		append(line, &len, "%s%llu when the limit of %s was reached", len > 0 ? ", " : "",
		    (unsigned long long)r->unreached, round_cut_format(cut, r->cut & CUT_SHORT));
	return line;
}

static const char *
farewells_text(const struct crawl *c, char line[LINE])
{
	const struct round *r = &c->round;
	const char *name;
	size_t len = 0;

	line[0] = '\0';
	for (int k = 0; k < FAREWELLS; k++)
		if (r->told_to_leave[k] > 0) {
			name = c->overlay->farewell_name(k);
			append(line, &len, "%s%s (%d) by %llu", len > 0 ? ", " : "",
			    name != NULL ? name : "message", k,
			    (unsigned long long)r->told_to_leave[k]);
		}
	return line;
}

/* Nobody answered: logs why, as far as it is known, and what may be done. */
static void
tell_nobody(const struct crawl *c)
{
	const struct round *r = &c->round;
	char failed[LINE], skipped[LINE];

	if (r->listed == 0)
		log_error("round %u: the list was empty; give --peers FILE", (unsigned)r->id);
	else if (r->tried == 0)
		log_error("round %u: nobody was dialled: %s", (unsigned)r->id, not_dialled(r, skipped));
	else
		log_error("round %u: nobody was reached: %s; is the peers file fresh, is a firewall"
		    " in the way?", (unsigned)r->id, failures_text(r, failed));
}

static void
tell_details(const struct crawl *c)
{
	const struct round *r = &c->round;
	unsigned id = (unsigned)r->id;
	char line[LINE];

	if (*failures_text(r, line) != '\0')
		log_info("round %u: not reached: %s; dialled twice: %llu", id, line,
		    (unsigned long long)r->retried);
	if (*not_dialled(r, line) != '\0')
		log_info("round %u: not dialled: %s", id, line);
	if (r->rested > 0)
		log_info("round %u: left alone: %llu nodes that were dialled in the last %.0f hours", id,
		    (unsigned long long)r->rested, (double)c->overlay->traits->revisit_s * SECOND_MS / HOUR_MS);
	if (*farewells_text(c, line) != '\0')
		log_info("round %u: told to leave: %s", id, line);
	if (c->listener != NULL)
		log_info("round %u: %llu peers dialled us, %llu port tests answered", id,
		    (unsigned long long)r->inbound, (unsigned long long)r->tests);
	if (c->panel != NULL)
		log_info("round %u: %llu links held, %llu lost, %.2f link-hours; %llu records past what a"
		    " link may bring in an hour", id, (unsigned long long)r->held_links,
		    (unsigned long long)r->held_lost, (double)r->held_ms / HOUR_MS,
		    (unsigned long long)r->passed_over);
	if (r->over_budget + r->spent > 0)
		log_info("round %u: %llu peers sent more than a visit may bring; %llu of their sources"
		    " are stored but not on the next list", id,
		    (unsigned long long)r->over_budget, (unsigned long long)r->spent);
	if (r->not_stored > 0)
		log_info("round %u: cut by %s: %llu records are not stored", id,
		    round_cut_format(line, r->cut & CUT_RECORDS), (unsigned long long)r->not_stored);
	if (r->cut & 1u << CUT_TEXT)
		log_info("round %u: names longer than %d bytes are stored cut", id, LIMIT_STORED_TEXT);
	if (frontier_sampling(c->frontier) > 1)
		log_info("round %u: too many claims for --max-memory: of those not verified, one in %u"
		    " is on the next list", id, (unsigned)frontier_sampling(c->frontier));
	if (r->local_errors > 0)
		log_info("round %u: this system was short of something %llu times (last: %s); %llu"
		    " slow-downs", id, (unsigned long long)r->local_errors,
		    strerror(r->local_errno), (unsigned long long)c->dial_window.cuts);
	log_debug("round %u: %llu bytes in, %llu out; %zu links at once at most; %zu bytes for known"
	    " nodes", id, (unsigned long long)r->bytes_in, (unsigned long long)r->bytes_out,
	    sessions_peak(c->sessions), frontier_bytes(c->frontier));
}

/* Of an overlay whose id space is measured: what the zone holds, and what became of datagrams. */
static void
tell_zone(const struct crawl *c)
{
	const struct datagram_counts *d = datagram_counts(c->sessions);
	const struct round *r = &c->round;
	unsigned id = (unsigned)r->id;
	struct zone_estimate e;
	char line[LINE];
	size_t len = 0;

	zone_estimate(&e, &r->zone, c->zone.bits);
	if (e.known)
		log_info("round %u: one part in %u of the id space: %llu nodes answered, of an estimated %.0f"
		    " (%.0f to %.0f); all of it: some %.0f (%.0f to %.0f)", id, 1u << c->zone.bits,
		    (unsigned long long)r->zone.first + r->zone.second, e.nodes, floor(e.low), ceil(e.high),
		    e.all, floor(e.all_low), ceil(e.all_high));
	if (d == NULL)
		return;
	log_info("round %u: datagrams since the start: %llu sent, %llu received; %llu found our queue full;"
	    " %llu answered too late, %llu from elsewhere, %llu nobody there", id, (unsigned long long)d->sent,
	    (unsigned long long)d->received, (unsigned long long)d->lost, (unsigned long long)d->late,
	    (unsigned long long)d->elsewhere, (unsigned long long)d->unreachable);
	line[0] = '\0';
	for (int i = 0; i < DATAGRAM_STRAYS && d->stray[i].name != NULL; i++)
		append(line, &len, "%s%s %llu", i > 0 ? ", " : "", d->stray[i].name,
		    (unsigned long long)d->stray[i].n);
	if (len > 0)
		log_info("round %u: unasked, and not answered: %s", id, line);
}

void
crawl_report_round(const struct crawl *c)
{
	const struct round *r = &c->round;
	bool keys = c->overlay->traits->leads & 1u << OBS_KEY;
	char began[WHEN_TEXT];

	log_progress_end();
	if (c->set.json)
		crawl_report_json(c);
	utctime_format(began, r->start_ms);
	log_info(c->overlay->traits->leads_at_once ?
	    "round %u%s: %llu of %llu nodes reached in %.1f s; %llu %s; %zu nodes known, %llu of them new;"
	    " began %s" :
	    "round %u%s: %llu of %llu nodes reached in %.1f s; %llu %s name %zu nodes, %llu of"
	    " them new; began %s", (unsigned)r->id, r->complete ? "" : " (incomplete)",
	    (unsigned long long)r->reached, (unsigned long long)r->tried,
	    seconds(r->ended_ms - r->begun_ms), (unsigned long long)(keys ? r->keys : r->neighbours),
	    keys ? "keys" : "entries",
	    c->overlay->traits->leads_at_once ? frontier_size(c->frontier) : frontier_claimed(c->frontier),
	    (unsigned long long)r->fresh, began);
	service_manager_tell(&c->manager, "STATUS=round %u%s: %llu of %llu nodes reached, %llu %s; began %s",
	    (unsigned)r->id, r->complete ? "" : " (incomplete)", (unsigned long long)r->reached,
	    (unsigned long long)r->tried, (unsigned long long)(keys ? r->keys : r->neighbours),
	    keys ? "keys" : "entries", began);
	if (r->given_up != NULL)
		log_error("round %u was not seen through: %s", (unsigned)r->id, r->given_up);
	else if (r->reached == 0 && r->held_links == 0 && r->rested == 0)
		tell_nobody(c);
	if (c->overlay->traits->leads_at_once)
		tell_zone(c);
	tell_details(c);
}
