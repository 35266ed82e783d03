/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What monitors read: a file in Prometheus' text format after every round. */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "crawler/crawl.h"
#include "data/lib/log.h"
#include "data/lib/outfile.h"
#include "data/lib/prometheus.h"
#include "data/lib/utctime.h"

/* Seconds of a round: from a lab's to a day's half. */
static const double bound[METRICS_BUCKETS - 1] = { 10, 60, 300, 900, 1800, 3600, 7200 };

static double
seconds_of(const struct round *r)
{
	return (double)(r->ended_ms - r->begun_ms) / SECOND_MS;
}

static void
metrics_count(struct metrics *m, const struct crawl *c)
{
	const struct round *r = &c->round;
	int b = 0;

	m->complete += r->complete;
	m->incomplete += !r->complete;
	for (int o = 0; o < OUT_N; o++)
		m->contact[o] += r->outcome[o];
	m->keys += r->keys;
	m->neighbours += r->neighbours;
	m->queries += r->queries;
	m->bad_keys += r->bad_keys;
	m->bytes_in += r->bytes_in;
	m->bytes_out += r->bytes_out;
	m->inbound += r->inbound;
	m->over_budget += r->over_budget;
	m->clock_jumps += r->clock_jump_ms != 0;
	m->local_errors += r->local_errors;
	while (b < METRICS_BUCKETS - 1 && seconds_of(r) > bound[b])
		b++;
	m->bucket[b]++;
	m->seconds += seconds_of(r);
}

/* ---- writing ------------------------------------------------------------------------- */

static void
write_totals(struct prometheus *p, const struct metrics *m)
{
	const struct { const char *channel; uint64_t n; } record[] = {
		{ "key", m->keys }, { "neighbour", m->neighbours }, { "query", m->queries },
	};

	prometheus_head(p, "crawl_rounds_total", "counter", "Rounds that ended.");
	prometheus_put(p, (double)m->complete, "result", "complete");
	prometheus_put(p, (double)m->incomplete, "result", "incomplete");
	prometheus_head(p, "crawl_contacts_total", "counter", "Nodes on the list, by how their visit ended.");
	for (int o = 0; o < OUT_N; o++)
		prometheus_put(p, (double)m->contact[o], "outcome", outcome_name[o]);
	prometheus_head(p, "crawl_records_total", "counter", "Records that peers handed over.");
	for (size_t i = 0; i < sizeof(record) / sizeof(record[0]); i++)
		prometheus_put(p, (double)record[i].n, "channel", record[i].channel);
	prometheus_one(p, "crawl_bad_records_total", "counter", "Records that a node would drop.",
	    (double)m->bad_keys);
	prometheus_one(p, "crawl_received_bytes_total", "counter", "Bytes that peers sent.", (double)m->bytes_in);
	prometheus_one(p, "crawl_sent_bytes_total", "counter", "Bytes sent to peers.", (double)m->bytes_out);
	prometheus_one(p, "crawl_inbound_links_total", "counter", "Links that peers opened.", (double)m->inbound);
	prometheus_one(p, "crawl_over_budget_peers_total", "counter",
	    "Peers that sent more than a visit may bring.", (double)m->over_budget);
	prometheus_one(p, "crawl_clock_jumps_total", "counter",
	    "Rounds in which the system's clock was set.", (double)m->clock_jumps);
	prometheus_one(p, "crawl_local_errors_total", "counter",
	    "Times that this system was short of something.", (double)m->local_errors);
}

static void
write_lengths(struct prometheus *p, const struct metrics *m)
{
	uint64_t sum = 0;
	char text[32];

	prometheus_head(p, "crawl_round_duration_seconds", "histogram", "How long rounds took.");
	for (int b = 0; b < METRICS_BUCKETS; b++) {
		sum += m->bucket[b];
		snprintf(text, sizeof(text), b < METRICS_BUCKETS - 1 ? "%g" : "+Inf",
		    b < METRICS_BUCKETS - 1 ? bound[b] : 0);
		prometheus_part(p, "_bucket", (double)sum, "le", text);
	}
	prometheus_part(p, "_sum", m->seconds, NULL, NULL);
	prometheus_part(p, "_count", (double)sum, NULL, NULL);
}

static void
write_round(struct prometheus *p, const struct crawl *c)
{
	const struct round *r = &c->round;

	prometheus_one(p, "crawl_round", "gauge", "Number of the last round.", r->id);
	prometheus_one(p, "crawl_round_complete", "gauge", "1: the last round was seen through.", r->complete);
	prometheus_one(p, "crawl_round_start_timestamp_seconds", "gauge", "When the last round began.",
	    (double)(r->start_ms / SECOND_MS));
	prometheus_one(p, "crawl_round_end_timestamp_seconds", "gauge", "When the last round ended.",
	    (double)(r->end_ms / SECOND_MS));
	prometheus_head(p, "crawl_round_nodes", "gauge", "Nodes of the last round.");
	prometheus_put(p, (double)r->listed, "state", "listed");
	prometheus_put(p, (double)r->tried, "state", "tried");
	prometheus_put(p, (double)r->reached, "state", "reached");
	prometheus_one(p, "crawl_known_nodes", "gauge", "Nodes that the next list is made of.",
	    (double)frontier_size(c->frontier));
	prometheus_one(p, "crawl_claims_sampling", "gauge",
	    "Of mere claims one in so many is visited.", frontier_sampling(c->frontier));
	prometheus_one(p, "crawl_peak_links", "gauge", "Most links that were open at once.",
	    (double)sessions_peak(c->sessions));
}

static void
write_files(struct prometheus *p, const struct crawl *c)
{
	struct statvfs fs;
	struct stat st;

	if (stat(c->set.db, &st) == 0)
		prometheus_one(p, "crawl_database_bytes", "gauge", "Size of the database.", (double)st.st_size);
	if (c->folder != NULL && statvfs(c->folder, &fs) == 0)
		prometheus_one(p, "crawl_free_bytes", "gauge", "Room left where the database lies.",
		    (double)fs.f_bavail * (double)fs.f_frsize);
}

static void
metrics_write(FILE *f, const struct metrics *m, const struct crawl *c)
{
	struct prometheus p;

	prometheus_begin(&p, f, c->set.sensor, c->overlay->name);
	write_totals(&p, m);
	write_lengths(&p, m);
	write_round(&p, c);
	write_files(&p, c);
	prometheus_one(&p, "crawl_start_timestamp_seconds", "gauge", "When this crawl began.",
	    (double)((utctime_now() - (utctime_monotonic() - c->begun_ms)) / SECOND_MS));
	prometheus_head(&p, "crawl_build_info", "gauge", "Version of the program that wrote this.");
	prometheus_put(&p, 1, "version", KANSOKU_VERSION);
}

void
crawl_metrics_round(struct crawl *c)
{
	struct outfile *o;

	metrics_count(&c->metrics, c);
	if (c->set.metrics == NULL)
		return;
	/* Numbers about a network, for whoever watches this machine. */
	if ((o = outfile_open(c->set.metrics, 0644)) == NULL) {
		log_error("--metrics %s: %s", c->set.metrics, strerror(errno));
		return;
	}
	metrics_write(outfile_stream(o), &c->metrics, c);
	if (outfile_commit(o) != 0)
		log_error("--metrics %s: %s", c->set.metrics, strerror(errno));
}
