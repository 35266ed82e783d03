/* SPDX-License-Identifier: GPL-3.0-or-later */
/* kansoku node: all that is known of one endpoint, for whoever asks about his own. */
#include <inttypes.h>
#include <math.h>

#include "analysis/verbs.h"
#include "data/lib/log.h"
#include "data/lib/utctime.h"
#include "data/store/node_history.h"
#include "data/store/request.h"
#include "data/store/results.h"
#include "data/store/rows.h"

#define NAMERS	20	/* peers that named it, in words; JSON has all */

struct about {
	struct request	 asked;
	struct listing	 list;
	struct store	*store;
	const struct sensor_row *sensor;
	struct endpoint	 node;
	bool		 any_port;
	int64_t		 shown;		/* of the list being printed */
};

/* A node as one sensor knows it. */
struct node_row {
	int64_t		 id;
	struct endpoint	 endpoint;
	struct node_history history;
	bool		 judged;
	struct verdict_row verdict;	/* its texts and memory are not kept */
};

static const struct column columns[] = {
	{ "node", CELL_TEXT, IN_ALL, 0, "", "address and port", "0.2" },
	{ "first_seen", CELL_TIME, IN_ALL, 0, "UTC", "first record of it that is still stored", "0.2" },
	{ "last_seen", CELL_TIME, IN_ALL, 0, "UTC", "last record of it", "0.2" },
	{ "verdict", CELL_TEXT, IN_ALL, 0, "", "genuine, bogus, probably bogus or undetermined; empty: not judged", "0.2" },
	{ "probability", CELL_SHARE, IN_ALL, 0, "fraction", "that it is bogus", "0.2" },
	{ "incident", CELL_INTEGER, IN_ALL, 0, "", "that it was named in", "0.2" },
	{ "named", CELL_INTEGER, IN_ALL, 0, "records", "keys that name it as their source: claims", "0.2" },
	{ "neighbour", CELL_INTEGER, IN_ALL, 0, "records", "neighbour records that name it: claims", "0.2" },
	{ "dialled", CELL_INTEGER, IN_ALL, 0, "dials", "of it by this sensor", "0.2" },
	{ "reached", CELL_INTEGER, IN_ALL, 0, "dials", "that ended in a handshake", "0.2" },
	{ "called", CELL_INTEGER, IN_ALL, 0, "calls", "of it to this sensor", "0.2" },
	{ "handed_over", CELL_INTEGER, IN_ALL, 0, "records", "keys that it handed over itself: known", "0.2" },
	{ "named_by", CELL_NESTED, IN_JSON, 0, "", "peers that named it: peer, records, first, last", "0.2" },
	{ "delivered", CELL_NESTED, IN_JSON, 0, "", "incidents that it is listed as a deliverer of", "0.2" },
};
enum { AT_NAMED_BY = 12 };

static void
node_cells(const void *p, struct cell *out)
{
	static _Thread_local char text[ENDPOINT_TEXT];
	const struct node_row *n = p;
	const int64_t count[] = { n->history.named, n->history.neighbour, n->history.dialled,
		n->history.reached, n->history.called, n->history.handed_over };

	out[0].text = rows_node_text(text, n->endpoint, n->id);
	out[1].number = n->history.first_ms;
	out[2].number = n->history.last_ms;
	out[3].text = n->judged ? verdict_name[n->verdict.verdict] : NULL;
	out[4].real = n->judged ? n->verdict.probability : NAN;
	out[5].number = n->judged && n->verdict.incident > 0 ? n->verdict.incident : UNKNOWN;
	for (size_t i = 0; i < sizeof(count) / sizeof(count[0]); i++)
		out[6 + i].number = count[i];
}

static int
json_namer(const struct named_by *n, void *arg)
{
	char text[ENDPOINT_TEXT];
	struct json_out *j = arg;

	json_put_object(j, NULL);
	json_put_string(j, "peer", rows_node_text(text, n->endpoint, n->peer));
	json_put_int(j, "records", n->records);
	json_put_time(j, "first", n->first_ms);
	json_put_time(j, "last", n->last_ms);
	json_put_end(j);
	return 0;
}

static int
json_delivered(int64_t incident, void *arg)
{
	json_put_int(arg, NULL, incident);
	return 0;
}

static int
put_nested(struct json_out *j, size_t i, const void *p, void *arg)
{
	const struct node_row *n = p;
	struct about *a = arg;
	int rc;

	json_put_array(j, columns[i].name);
	rc = i == AT_NAMED_BY ? node_history_namers(a->store, n->id, json_namer, j) :
	    node_history_delivered(a->store, n->id, json_delivered, j);
	json_put_end(j);
	return rc;
}

const struct listing_spec node_listing = {
	"node", columns, sizeof(columns) / sizeof(columns[0]), node_cells, put_nested
};

/* ---- in words ---- */

static const char *
when(char buf[WHEN_TEXT], int64_t ms)
{
	if (ms == UNKNOWN)
		return "an unknown time";
	utctime_format(buf, ms);
	buf[10] = ' ';
	buf[16] = '\0';
	return buf;
}

static int
print_namer(const struct named_by *n, void *arg)
{
	char text[ENDPOINT_TEXT], first[WHEN_TEXT], last[WHEN_TEXT];
	struct about *a = arg;

	if (++a->shown == NAMERS + 1)
		printf("             and others (--format json has all)\n");
	if (a->shown <= NAMERS)
		printf("  named by   %-22s %6" PRId64 " records, %s to %s\n",
		    rows_node_text(text, n->endpoint, n->peer), n->records, when(first, n->first_ms),
		    when(last, n->last_ms));
	return 0;
}

static int
print_delivered(int64_t incident, void *arg)
{
	(void)arg;
	printf("  delivered  records of incident %" PRId64 " (most deliverers are innocent relays)\n",
	    incident);
	return 0;
}

/* What a kind of evidence says, where it speaks for made up and where for genuine. */
static const struct { const char *bogus, *genuine; } sign[EVIDENCE_N] = {
	[EVIDENCE_ADDRESS] = { "few known nodes have addresses near it", "many known nodes have addresses near it" },
	[EVIDENCE_PORT] = { "its port is an unusual one", "its port is a usual one" },
	[EVIDENCE_PERSISTENCE] = { "it was named for a short time only",
	    "it stayed, or had the same port and file elsewhere before" },
	[EVIDENCE_REACHABILITY] = { "it did not answer when it was dialled",
	    "its answers to dials are as usual" },
	[EVIDENCE_CONTENT] = { "it began with an unusual number of files or of peers that name it",
	    "it began with as many files and peers that name it as others" },
	[EVIDENCE_HASH] = { "its files are nobody's, or those of the flood", "others have its files, too" },
	[EVIDENCE_TIMER] = { "the timer of its first key is unusual", "the timer of its first key is usual" },
	[EVIDENCE_RELAY] = { "peers that deliver much of the flood named it",
	    "peers that deliver little of the flood named it" },
	[EVIDENCE_FANOUT] = { "it is one of very many ports of its address",
	    "its address has few ports" },
};
#define WORTH_SAYING	0.4	/* nats: half as likely again */

/* Why it was judged so, the strongest sign first, and what would change it. */
static void
print_reasons(const struct verdict_row *v)
{
	uint32_t said = 0;
	double times;

	if ((v->flags & UINT32_C(1) << FLAG_VERIFIED) != 0) {
		printf("  because    it shook hands with this sensor, which nothing made up does\n");
		return;
	}
	if (!v->judged)
		return;
	for (;;) {
		int best = -1;

		for (int e = 0; e < EVIDENCE_N; e++)
			if ((said >> e & 1) == 0 && fabsf(v->evidence[e]) >= WORTH_SAYING &&
			    (best < 0 || fabsf(v->evidence[e]) > fabsf(v->evidence[best])))
				best = e;
		if (best < 0)
			break;
		times = exp(fabs((double)v->evidence[best]));
		printf("  %-10s %s: %.*f times as likely if %s\n", said == 0 ? "because" : "",
		    v->evidence[best] > 0 ? sign[best].bogus : sign[best].genuine, times < 9.95, times,
		    v->evidence[best] > 0 ? "made up" : "genuine");
		said |= UINT32_C(1) << best;
	}
	printf("  would      %s\n", v->verdict == VERDICT_GENUINE
	    ? "change if a flood began of whose sources it has the signs"
	    : "change if it answered a dial: it would be genuine; if named for hours yet, less likely made up");
}

static int
print_node(struct about *a, const struct node_row *n)
{
	char text[ENDPOINT_TEXT], first[WHEN_TEXT], last[WHEN_TEXT], label[SENSOR_LABEL];
	const struct node_history *h = &n->history;
	int rc;

	printf("%s%s", a->list.rows++ > 0 ? "\n" : "", rows_node_text(text, n->endpoint, n->id));
	if (a->sensor->of > 1)
		printf(", as sensor %s knows it", sensors_label(label, a->sensor));
	printf("\n  seen       %s to %s UTC\n  claimed    by %" PRId64 " keys that name it as their source and"
	    " %" PRId64 " neighbour records\n", when(first, h->first_ms), when(last, h->last_ms), h->named,
	    h->neighbour);
	printf("  contacts   dialled %" PRId64 " times, reached %" PRId64 " times; it called %" PRId64
	    " times and handed over %" PRId64 " keys\n", h->dialled, h->reached, h->called,
	    h->handed_over);
	if (!n->judged)
		printf("  verdict    none: not analysed, or nobody named it as a source\n");
	else
		printf("  verdict    %s (%.4f that it is bogus)", verdict_name[n->verdict.verdict],
		    n->verdict.probability);
	if (n->judged && n->verdict.incident > 0)
		printf(", named in incident %" PRId64, n->verdict.incident);
	if (n->judged) {
		putchar('\n');
		print_reasons(&n->verdict);
	}
	a->shown = 0;
	if ((rc = node_history_namers(a->store, n->id, print_namer, a)) != 0)
		return rc;
	return node_history_delivered(a->store, n->id, print_delivered, a);
}

/* ---- the verb ---- */

static int
keep_verdict(const struct verdict_row *v, struct text memory, void *arg)
{
	struct node_row *n = arg;

	(void)memory;
	n->verdict = *v;
	n->judged = true;
	return 0;
}

static int
show(int64_t id, struct endpoint e, void *arg)
{
	struct about *a = arg;
	struct node_row n = { .id = id, .endpoint = e };

	if (node_history_read(a->store, id, &n.history) != 0 ||
	    results_memory(a->store, id, keep_verdict, &n) == -1)
		return -1;
	/* Another sensor of the database named it. */
	if (n.history.first_ms == UNKNOWN && !n.judged && n.history.handed_over == 0)
		return 0;
	if (!request_take(&a->asked))
		return 0;
	return a->asked.format == LISTING_TABLE ? print_node(a, &n) : listing_row(&a->list, &n);
}

static int
list_sensor(struct store *s, const struct sensor_row *r, void *arg)
{
	struct about *a = arg;
	int64_t before = a->list.rows;

	a->store = s;
	a->sensor = r;
	if (r->of > 1 && a->asked.format != LISTING_TABLE)
		listing_group(&a->list, r->name, r->overlay, "");
	if (node_history_find(s, a->node, a->any_port, show, a) >= 0)
		return a->list.rows > before ? EXIT_DONE : EXIT_NOTHING;
	log_error("%s", store_error(s));
	return EXIT_FAILED;
}

int
verb_node(int argc, char **argv)
{
	struct about a = { .asked = REQUEST_ALL };
	const struct usage usage = {
		.program = "kansoku node",
		.operands = "ADDRESS",
		.about = "All that is known of one endpoint, ADDRESS:PORT, or of all ports of an address:\n"
		    "when it was seen, who named it, how it answered, its verdict and incidents.",
		.min_operands = 1, .max_operands = 1,
	};
	int status, at = request_parse(&a.asked, ASKS_FORMAT | ASKS_LIMIT, NULL, &usage, argc, argv,
	    &status);
	const char *why;

	if (at < 0)
		return status;
	if ((why = request_node(&a.node, &a.any_port, argv[at])) != NULL) {
		log_error("%s: %s", argv[at], why);
		return EXIT_MISUSED;
	}
	listing_begin(&a.list, &node_listing, a.asked.format, a.asked.wide, &a);
	status = request_each(&a.asked, list_sensor, &a);
	if (status == EXIT_NOTHING)
		log_error("%s: nothing is known of it in this database", argv[at]);
	return request_finish(&a.asked, &a.list, status);
}
