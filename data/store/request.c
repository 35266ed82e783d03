/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "data/store/request.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "data/lib/log.h"
#include "data/lib/utctime.h"
#include "data/store/rows.h"
#include "data/store/store_impl.h"

/* ---- options -------------------------------------------------------------------- */

static size_t
add_options(struct request *r, unsigned asks, struct option_spec *out)
{
	const struct { unsigned asked; struct option_spec o; } all[] = {
		{ 0, { .name = "db", .kind = OPT_TEXT, .into = &r->db, .value = "FILE",
		    .help = "the database (or KANSOKU_DB)" } },
		{ ASKS_FORMAT, { .name = "format", .kind = OPT_CHOICE, .into = &r->format,
		    .value = "FORMAT", .help = "how it is written", .choices = listing_formats } },
		{ ASKS_FORMAT, { .name = "wide", .kind = OPT_FLAG, .into = &r->wide,
		    .help = "a table with all columns, however narrow the terminal" } },
		{ ASKS_TIME, { .name = "from", .kind = OPT_TIME, .into = &r->from_ms,
		    .value = "TIME", .help = "not before this time (UTC), or this day" } },
		{ ASKS_TIME, { .name = "to", .kind = OPT_TIME, .into = &r->to_ms,
		    .value = "TIME", .help = "before this time" } },
		{ ASKS_TIME, { .name = "last", .kind = OPT_SPAN, .into = &r->last_ms,
		    .value = "SPAN", .help = "only so long before --to, or before the end of the newest round",
		    .min = 1, .max = 1e14 } },
		{ ASKS_ROUND, { .name = "round", .kind = OPT_TEXT, .into = &r->round_text,
		    .value = "N", .help = "only this round, or these: N-M" } },
		{ ASKS_NODE, { .name = "node", .kind = OPT_TEXT, .into = &r->node_text,
		    .value = "ADDRESS", .help = "only this node, ADDRESS:PORT, or all of this address" } },
		{ ASKS_STATE, { .name = "state", .kind = OPT_CHOICE, .into = &r->state,
		    .value = "STATE", .help = "only what is in this state", .choices = r->states } },
		{ ASKS_LIMIT, { .name = "limit", .kind = OPT_INT, .into = &r->limit,
		    .value = "N", .help = "at most so many rows", .min = 1, .max = 1e15 } },
		{ 0, SENSOR_OPTION_NAME(&r->sensors) },
		{ 0, SENSOR_OPTION_OVERLAY(&r->sensors) },
	};
	size_t n = 0;

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (all[i].asked == 0 || (all[i].asked & asks))
			out[n++] = all[i].o;
	return n;
}

static bool
read_number(uint32_t *n, const char **text)
{
	char *end;
	unsigned long long v = strtoull(*text, &end, 10);

	if (**text < '0' || **text > '9' || v < 1 || v > UINT32_MAX)
		return false;
	*n = (uint32_t)v;
	*text = end;
	return true;
}

static bool
read_rounds(struct request *r)
{
	const char *p = r->round_text;

	if (p == NULL)
		return true;
	if (read_number(&r->first_round, &p)) {
		r->last_round = r->first_round;
		if (*p == '-' && ++p != NULL && !read_number(&r->last_round, &p))
			p = "?";
		if (*p == '\0' && r->first_round <= r->last_round)
			return true;
	}
	log_error("--round %s: want a number, or a first and a last such as 10-20", r->round_text);
	return false;
}

const char *
request_node(struct endpoint *e, bool *any_port, const char *text)
{
	const char *colon = strchr(text, ':'), *whole = endpoint_read(e, text), *why;

	*any_port = false;
	if (whole == NULL)
		return NULL;
	if ((why = address_read(e, text)) == NULL) {
		*any_port = true;
		return NULL;
	}
	/* Who wrote one colon, or a bracket and a port, meant a port. */
	return colon != NULL && (colon == strrchr(text, ':') || strstr(text, "]:") != NULL) ? whole : why;
}

static bool
read_node(struct request *r)
{
	const char *why = r->node_text != NULL ?
	    request_node(&r->node, &r->any_port, r->node_text) : NULL;

	if (why != NULL)
		log_error("--node %s: %s", r->node_text, why);
	return why == NULL;
}

static bool
makes_sense(struct request *r)
{
	if (r->last_ms > 0 && r->from_ms != INT64_MIN) {
		log_error("--last and --from both say where it begins; give one of them");
		return false;
	}
	if (r->from_ms >= r->to_ms) {
		log_error("--from is not before --to");
		return false;
	}
	return read_rounds(r) && read_node(r);
}

int
request_parse(struct request *r, unsigned asks, const struct option_spec *own,
    const struct usage *u, int argc, char **argv, int *status)
{
	struct option_spec options[REQUEST_OPTIONS] = { 0 };
	struct usage usage = *u;
	size_t n = add_options(r, asks, options);
	int at;

	for (; own != NULL && own->name != NULL && n + 1 < REQUEST_OPTIONS; own++)
		options[n++] = *own;
	usage.options = options;
	if ((at = cli_options(&usage, argc, argv, status)) < 0)
		return -1;
	*status = EXIT_MISUSED;
	if (!makes_sense(r) || (r->db = cli_database_there(r->db)) == NULL)
		return -1;
	*status = EXIT_DONE;
	return at;
}

/* ---- the walk --------------------------------------------------------------------- */

int
request_settle(struct request *r, struct store *s)
{
	int64_t newest = UNKNOWN;

	if (r->last_ms == 0)
		return 0;
	if (r->to_ms == INT64_MAX) {
		if (query_value(s, &newest, Q_ROUND_NEWEST, "") == -1)
			return -1;
		if (newest != UNKNOWN)
			r->to_ms = newest + 1;
	}
	if (r->to_ms != INT64_MAX)
		r->from_ms = r->to_ms - r->last_ms;
	return 0;
}

int
request_each(struct request *r, int (*fn)(struct store *, const struct sensor_row *, void *),
    void *arg)
{
	struct store *s = store_open(r->db, STORE_READ);
	int status = EXIT_FAILED;

	if (s == NULL)
		return EXIT_FAILED;
	if (rows_snapshot(s) != 0 || request_settle(r, s) != 0)
		log_error("%s: %s", r->db, store_error(s));
	else
		status = sensors_each(s, &r->sensors, fn, arg);
	rows_snapshot_end(s);
	store_close(s);
	return status;
}

bool
request_in_time(const struct request *r, int64_t start_ms, int64_t end_ms)
{
	if (r->from_ms == INT64_MIN && r->to_ms == INT64_MAX)
		return true;
	if (start_ms == UNKNOWN)
		return false;
	return start_ms < r->to_ms && (end_ms == UNKNOWN || end_ms >= r->from_ms);
}

bool
request_in_rounds(const struct request *r, uint32_t first, uint32_t last)
{
	return first <= r->last_round && last >= r->first_round;
}

bool
request_is_node(const struct request *r, struct endpoint e)
{
	if (r->node_text == NULL)
		return true;
	if (r->any_port)
		e.port = r->node.port;
	return endpoint_compare(e, r->node) == 0;
}

bool
request_is_narrow(const struct request *r)
{
	return r->from_ms != INT64_MIN || r->to_ms != INT64_MAX || r->round_text != NULL ||
	    r->node_text != NULL || r->state != STATE_ANY;
}

bool
request_take(struct request *r)
{
	if (r->limit == 0 || r->shown < r->limit) {
		r->shown++;
		return true;
	}
	r->cut = true;
	return false;
}

int
request_finish(struct request *r, struct listing *l, int status)
{
	if (status == EXIT_FAILED || status == EXIT_MISUSED)
		listing_abandon(l);
	else if (status == EXIT_DONE || l->format == LISTING_JSON)
		listing_end(l);
	if (r->cut)
		log_info("--limit %" PRId64 " is reached: there is more", r->limit);
	return cli_printed(status);
}
