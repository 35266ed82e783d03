/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What programs read: the parameters of the run, which go into the database,
 * and one object a round on standard output.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "crawler/crawl.h"
#include "data/lib/json_write.h"

static void
put_list(struct json_out *j, const char *key, const struct text_list *l)
{
	json_put_array(j, key);
	for (size_t i = 0; i < l->n; i++)
		json_put_string(j, NULL, l->item[i]);
	json_put_end(j);
}

static void
put_own_addresses(struct json_out *j, const struct scope *s)
{
	char text[CIDR_TEXT];
	struct ip ip;

	json_put_array(j, "address");
	for (size_t i = 0; scope_own_address(s, i, &ip); i++) {
		cidr_format(text, cidr_of_ip(ip));
		text[strcspn(text, "/")] = '\0';
		json_put_string(j, NULL, text);
	}
	json_put_end(j);
}

char *
crawl_report_parameters(const struct crawl *c)
{
	static const char *loopback[] = { "127.0.0.0/8" };
	const struct settings *s = &c->set;
	char confined[CONFINE_TEXT];
	struct json_out j;
	size_t len;

	json_start(&j, NULL, JSON_FORM_LINE);
	json_put_object(&j, NULL);
	json_put_string(&j, "verb", "crawl");
	json_put_string(&j, "overlay", c->overlay->name);
	json_put_string(&j, "sensor", s->sensor);
	json_put_int(&j, "rounds", s->rounds);
	json_put_int(&j, "round_every_ms", s->round_every_ms);
	json_put_int(&j, "windows", s->windows);
	json_put_int(&j, "speed", s->speed);
	json_put_int(&j, "listen", s->listen);
	json_put_int(&j, "connect_limit_ms", s->connect_limit_ms);
	json_put_int(&j, "retry_limit_ms", s->retry_limit_ms);
	json_put_int(&j, "visit_limit_ms", s->visit_limit_ms);
	json_put_int(&j, "verified_for_ms", s->verified_for_ms);
	json_put_int(&j, "max_sessions", s->max_sessions);
	json_put_int(&j, "dial_rate", s->dial_rate);
	json_put_int(&j, "net_sessions", s->net_sessions);
	json_put_int(&j, "net_rate", s->net_rate);
	if (c->overlay->traits->zone_bits > 0) {
		json_put_int(&j, "zone_bits", s->zone);
		json_put_int(&j, "panel_one_in", s->panel_one_in);
	}
	json_put_int(&j, "address_ports", s->address_ports);
	json_put_int(&j, "round_limit_ms", s->round_limit_ms);
	json_put_int(&j, "round_dials", s->round_dials);
	json_put_string(&j, "ports", s->ports);
	json_put_int(&j, "max_db", s->max_db);
	json_put_int(&j, "disk_reserve", s->disk_reserve);
	json_put_int(&j, "round_store", s->round_store);
	json_put_int(&j, "peer_store", s->peer_store);
	json_put_int(&j, "net_store", s->net_store);
	json_put_int(&j, "inbound_store", s->inbound_store);
	json_put_real(&j, "time_scale", s->time_scale);
	json_put_bool(&j, "no_names", s->no_names);
	json_put_string(&j, "retry", settings_retry_name(s));
	json_put_int(&j, "uid", (int64_t)geteuid());
	json_put_string(&j, "confined", crawl_report_confined(confined, c));
	json_put_int(&j, "descriptors", s->descriptors);
	json_put_int(&j, "hold", s->hold);
	json_put_int(&j, "max_memory_mib", s->max_memory);
	put_list(&j, "scope", s->scope.n > 0 ? &s->scope : &(struct text_list){ loopback, 1 });
	put_list(&j, "own_address", &s->own_address);
	put_own_addresses(&j, &c->scope);
	json_put_string(&j, "opt_out", s->opt_out);
	json_put_string(&j, "lab_map", s->lab_map);
	json_put_string(&j, "peers", s->peers);
	json_put_end(&j);
	return json_text(&j, &len);
}

static void
put_by_name(struct json_out *j, const char *key, const uint64_t *count, const char *const *name,
    size_t n)
{
	json_put_object(j, key);
	for (size_t i = 0; i < n; i++)
		json_put_int(j, name[i], (int64_t)count[i]);
	json_put_end(j);
}

static void
put_by_farewell(struct json_out *j, const uint64_t *count)
{
	char name[8];

	json_put_object(j, "told_to_leave");
	for (int k = 0; k < FAREWELLS; k++)
		if (count[k] > 0) {
			snprintf(name, sizeof(name), "%d", k);
			json_put_int(j, name, (int64_t)count[k]);
		}
	json_put_end(j);
}

/* NULL where nothing is known. */
static void
put_estimate(struct json_out *j, const char *key, bool known, double v, double low, double high)
{
	if (!known) {
		json_put_string(j, key, NULL);
		return;
	}
	json_put_array(j, key);
	json_put_real(j, NULL, v);
	json_put_real(j, NULL, low);
	json_put_real(j, NULL, high);
	json_put_end(j);
}

/* The part of the id space that is measured, and who answered there. */
static void
put_zone(struct json_out *j, const struct crawl *c)
{
	const struct zone_tally *t = &c->round.zone;
	struct zone_estimate e;
	char prefix[16];

	snprintf(prefix, sizeof(prefix), "%02x%02x%02x%02x", c->zone.prefix[0], c->zone.prefix[1],
	    c->zone.prefix[2], c->zone.prefix[3]);
	zone_estimate(&e, t, c->zone.bits);
	json_put_object(j, "zone");
	json_put_int(j, "bits", c->zone.bits);
	json_put_string(j, "prefix", prefix);
	json_put_int(j, "answered", (int64_t)(t->first + t->second));
	json_put_int(j, "at_second_try", (int64_t)t->second);
	json_put_int(j, "told_by_one_half", (int64_t)t->half[0]);
	json_put_int(j, "told_by_the_other", (int64_t)t->half[1]);
	json_put_int(j, "told_by_both", (int64_t)t->both);
	put_estimate(j, "nodes", e.known, e.nodes, e.low, e.high);
	put_estimate(j, "all_nodes", e.known, e.all, e.all_low, e.all_high);
	json_put_end(j);
}

static void
put_datagrams(struct json_out *j, const struct datagram_counts *d)
{
	json_put_object(j, "datagrams");
	json_put_int(j, "sent", (int64_t)d->sent);
	json_put_int(j, "received", (int64_t)d->received);
	json_put_int(j, "unsent", (int64_t)d->unsent);
	json_put_int(j, "lost", (int64_t)d->lost);
	json_put_int(j, "truncated", (int64_t)d->truncated);
	json_put_int(j, "late", (int64_t)d->late);
	json_put_int(j, "elsewhere", (int64_t)d->elsewhere);
	json_put_int(j, "unreachable", (int64_t)d->unreachable);
	json_put_object(j, "unasked");
	for (int i = 0; i < DATAGRAM_STRAYS && d->stray[i].name != NULL; i++)
		json_put_int(j, d->stray[i].name, (int64_t)d->stray[i].n);
	json_put_end(j);
	json_put_end(j);
}

void
crawl_report_json(const struct crawl *c)
{
	const struct round *r = &c->round;
	char cut[ROUND_CUT_TEXT];
	struct json_out j;

	json_start(&j, stdout, JSON_FORM_LINE);
	json_put_object(&j, NULL);
	json_put_int(&j, "round", r->id);
	json_put_time(&j, "start", r->start_ms);
	json_put_time(&j, "end", r->end_ms);
	json_put_bool(&j, "complete", r->complete);
	json_put_int(&j, "listed", (int64_t)r->listed);
	json_put_int(&j, "tried", (int64_t)r->tried);
	json_put_int(&j, "reached", (int64_t)r->reached);
	json_put_int(&j, "keys", (int64_t)r->keys);
	json_put_int(&j, "bad_keys", (int64_t)r->bad_keys);
	json_put_int(&j, "neighbours", (int64_t)r->neighbours);
	json_put_int(&j, "queries", (int64_t)r->queries);
	json_put_int(&j, "sources", (int64_t)frontier_claimed(c->frontier));
	json_put_int(&j, "new_sources", (int64_t)r->fresh);
	json_put_int(&j, "retried", (int64_t)r->retried);
	json_put_int(&j, "inbound", (int64_t)r->inbound);
	json_put_int(&j, "port_tests", (int64_t)r->tests);
	json_put_int(&j, "rested", (int64_t)r->rested);
	json_put_int(&j, "held", (int64_t)r->held_links);
	json_put_int(&j, "held_lost", (int64_t)r->held_lost);
	json_put_int(&j, "held_ms", r->held_ms);
	json_put_int(&j, "capped", (int64_t)r->capped);
	json_put_int(&j, "crowded", (int64_t)r->crowded);
	json_put_string(&j, "cut", r->cut != 0 ? round_cut_format(cut, r->cut) : NULL);
	json_put_int(&j, "not_dialled", (int64_t)round_not_dialled(r));
	json_put_int(&j, "not_stored", (int64_t)r->not_stored);
	put_by_name(&j, "outcomes", r->outcome, outcome_name, OUT_N);
	put_by_name(&j, "excluded", r->excluded + 1, scope_verdict_name + 1,
	    SCOPE_NVERDICT - 1);
	put_by_farewell(&j, r->told_to_leave);
	json_put_int(&j, "list_sampling", r->sampling);
	json_put_int(&j, "sampling", frontier_sampling(c->frontier));
	json_put_int(&j, "peak_links", (int64_t)sessions_peak(c->sessions));
	json_put_int(&j, "clock_jump_ms", r->clock_jump_ms);
	if (c->overlay->traits->leads_at_once)
		put_zone(&j, c);
	if (datagram_counts(c->sessions) != NULL)
		put_datagrams(&j, datagram_counts(c->sessions));
	json_put_string(&j, "given_up", r->given_up);
	json_put_end(&j);
	fflush(stdout);
}
