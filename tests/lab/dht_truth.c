/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/lab/dht_truth.h"

#include <math.h>

#include "data/lib/json_write.h"

static int64_t
utc_of(const struct dht_world *w, double t)
{
	return t >= DHT_FOREVER ? UNKNOWN : w->file.world.start.ms + (int64_t)llround(t * 1000);
}

static double
round_at(const struct dht_world *w, double t)
{
	return t >= DHT_FOREVER ? NAN : t < 0 ? 1 : floor(t / w->file.world.round) + 1;
}

static void
open_line(struct json_out *j, FILE *f, const char *type)
{
	json_start(j, f, JSON_FORM_LINE);
	json_put_object(j, NULL);
	json_put_string(j, "type", type);
}

static void
put_span(struct json_out *j, const struct dht_world *w, double from, double until, double play)
{
	double end = play > 0 ? fmin(play, until) : until;

	json_put_time(j, "start", utc_of(w, from));
	json_put_time(j, "end", utc_of(w, end));
	json_put_count(j, "first_round", round_at(w, from));
	json_put_count(j, "last_round", round_at(w, end >= DHT_FOREVER ? end : end - 0.001));
}

/* The nodes of which it is made: deliverers of the first three and of junk, members of the others. */
static void
put_anomaly(const struct dht_world *w, FILE *f, int a, double play)
{
	const struct set_anomaly *is = &w->file.anomaly[a];
	char text[ENDPOINT_TEXT];
	struct json_out j;

	open_line(&j, f, "anomaly");
	json_put_int(&j, "anomaly", a + 1);
	json_put_string(&j, "variant", anomaly_variant[is->kind]);
	json_put_string(&j, "kind", anomaly_name[is->kind]);
	put_span(&j, w, is->from, is->until, play);
	json_put_int(&j, "distinct", is->distinct);
	if (is->kind == ANOMALY_VICTIM || is->kind == ANOMALY_PHANTOMS)
		json_put_string(&j, "address", address_format(text, dht_target(w, a, 0)));
	json_put_end(&j);
	for (uint32_t i = 0; i < w->group[a].n; i++) {
		open_line(&j, f, "member");
		json_put_int(&j, "anomaly", a + 1);
		json_put_string(&j, "variant", anomaly_variant[is->kind]);
		json_put_string(&j, "node", endpoint_format(text, dht_named(w, w->group[a].first + i, is->from)));
		json_put_hex(&j, "id", w->id[w->group[a].first + i], NODE_ID);
		json_put_end(&j);
	}
}

int
dht_truth_begin(const struct dht_world *w, FILE *f, double until)
{
	static const char *const event[] = { "popular", "renumber" };
	struct json_out j;

	open_line(&j, f, "world");
	json_put_time(&j, "start", utc_of(w, 0));
	json_put_count(&j, "round_s", w->file.world.round);
	json_put_int(&j, "nodes", w->live);
	json_put_int(&j, "dead", w->dead);
	json_put_int(&j, "slots", w->n);
	json_put_int(&j, "hashes", w->nhash);
	json_put_end(&j);
	for (int a = 0; a < MAX_ANOMALIES; a++)
		if (w->file.anomaly[a].line > 0)
			put_anomaly(w, f, a, until);
	for (int i = 0; i < DHT_EVENTS; i++)
		if (w->file.event[i].line > 0) {
			open_line(&j, f, "event");
			json_put_int(&j, "event", i + 1);
			json_put_string(&j, "kind", event[w->file.event[i].kind]);
			put_span(&j, w, w->file.event[i].from, w->file.event[i].until, until);
			json_put_end(&j);
		}
	return fflush(f) != 0 || ferror(f) ? -1 : 0;
}

int
dht_truth_round(const struct dht_world *w, FILE *f, uint32_t round)
{
	double from = (round - 1) * w->file.world.round, middle = from + w->file.world.round / 2;
	uint32_t online = 0, holders = 0;
	char text[ENDPOINT_TEXT];
	struct json_out j;

	for (uint32_t i = 0; i < w->n; i++)
		online += dht_online(w, i, middle);
	for (uint32_t i = 0; i < w->nhash; i++)
		holders += dht_holders(w, i, middle);
	for (int a = 0; a < MAX_ANOMALIES; a++) {
		const struct set_anomaly *is = &w->file.anomaly[a];

		if (is->line == 0 || (is->kind != ANOMALY_CONTACTS && is->kind != ANOMALY_VALUES) ||
		    !dht_anomaly_on(w, a, middle))
			continue;
		for (uint32_t i = 0; i < is->distinct; i++) {
			open_line(&j, f, "bogus");
			json_put_int(&j, "anomaly", a + 1);
			json_put_string(&j, "variant", anomaly_variant[is->kind]);
			json_put_int(&j, "round", round);
			json_put_string(&j, is->kind == ANOMALY_VALUES ? "source" : "node",
			    endpoint_format(text, dht_made_up(w, a, dht_epoch(w, middle), i)));
			json_put_end(&j);
		}
	}
	open_line(&j, f, "round");
	json_put_int(&j, "round", round);
	json_put_time(&j, "start", utc_of(w, from));
	json_put_time(&j, "end", utc_of(w, from + w->file.world.round));
	json_put_int(&j, "online", online);
	json_put_int(&j, "held", holders);	/* pairs of a hash and who holds it */
	json_put_end(&j);
	return fflush(f) != 0 || ferror(f) ? -1 : 0;
}

int
dht_truth_nodes(const struct dht_world *w, FILE *f, double t)
{
	char text[ENDPOINT_TEXT];

	for (uint32_t i = 0; i < w->n; i++) {
		if (!dht_online(w, i, t))
			continue;
		fprintf(f, "%s ", endpoint_format(text, dht_named(w, i, t)));
		for (int k = 0; k < NODE_ID; k++)
			fprintf(f, "%02x", w->id[i][k]);
		fputc('\n', f);
	}
	return fflush(f) != 0 || ferror(f) ? -1 : 0;
}
