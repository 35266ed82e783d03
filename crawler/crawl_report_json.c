/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What programs read: the parameters of the run, which go into the database,
 * and one object a round on standard output.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crawler/crawl.h"
#include "data/lib/utctime.h"

static json_t *
list_of(const struct text_list *l)
{
	json_t *a = json_array();

	for (size_t i = 0; i < l->n; i++)
		json_array_append_new(a, json_string(l->item[i]));
	return a;
}

static json_t *
text_or_null(const char *s)
{
	return s != NULL ? json_string(s) : json_null();
}

static json_t *
addresses_of(const struct scope *s)
{
	json_t *a = json_array();
	char text[CIDR_TEXT];
	struct ip ip;

	for (size_t i = 0; scope_own_address(s, i, &ip); i++) {
		cidr_format(text, cidr_of_ip(ip));
		text[strcspn(text, "/")] = '\0';
		json_array_append_new(a, json_string(text));
	}
	return a;
}

char *
crawl_report_parameters(const struct crawl *c)
{
	const struct settings *s = &c->set;
	json_t *o = json_pack("{ss ss ss sI sI sI sI sI sI sI sI sI sI sI sI sI sf sb ss}",
	    "verb", "crawl", "overlay", c->overlay->name, "sensor", s->sensor,
	    "rounds", (json_int_t)s->rounds, "round_every_ms", (json_int_t)s->round_every_ms,
	    "windows", (json_int_t)s->windows, "speed", (json_int_t)s->speed,
	    "listen", (json_int_t)s->listen, "connect_limit_ms", (json_int_t)s->connect_limit_ms,
	    "retry_limit_ms", (json_int_t)s->retry_limit_ms,
	    "visit_limit_ms", (json_int_t)s->visit_limit_ms,
	    "verified_for_ms", (json_int_t)s->verified_for_ms,
	    "max_sessions", (json_int_t)s->max_sessions, "dial_rate", (json_int_t)s->dial_rate,
	    "net_sessions", (json_int_t)s->net_sessions, "net_rate", (json_int_t)s->net_rate,
	    "time_scale", s->time_scale, "no_names", s->no_names,
	    "retry", settings_retry_name(s));
	char *text, confined[CONFINE_TEXT];

	if (o == NULL)
		return NULL;
	json_object_set_new(o, "uid", json_integer((json_int_t)geteuid()));
	json_object_set_new(o, "confined", json_string(crawl_report_confined(confined, c)));
	json_object_set_new(o, "descriptors", json_integer(s->descriptors));
	json_object_set_new(o, "max_memory_mib", json_integer(s->max_memory));
	json_object_set_new(o, "scope", s->scope.n > 0 ? list_of(&s->scope) :
	    json_pack("[s]", "127.0.0.0/8"));
	json_object_set_new(o, "own_address", list_of(&s->own_address));
	json_object_set_new(o, "address", addresses_of(&c->scope));
	json_object_set_new(o, "opt_out", text_or_null(s->opt_out));
	json_object_set_new(o, "lab_map", text_or_null(s->lab_map));
	json_object_set_new(o, "peers", text_or_null(s->peers));
	text = json_dumps(o, JSON_COMPACT);
	json_decref(o);
	return text;
}

static json_t *
by_name(const uint64_t *count, const char *const *name, size_t n)
{
	json_t *o = json_object();

	for (size_t i = 0; i < n; i++)
		json_object_set_new(o, name[i], json_integer((json_int_t)count[i]));
	return o;
}

static json_t *
by_farewell(const uint64_t *count)
{
	json_t *o = json_object();
	char name[8];

	for (int k = 0; k < FAREWELLS; k++)
		if (count[k] > 0) {
			snprintf(name, sizeof(name), "%d", k);
			json_object_set_new(o, name, json_integer((json_int_t)count[k]));
		}
	return o;
}

void
crawl_report_json(const struct crawl *c)
{
	const struct round *r = &c->round;
	char start[WHEN_TEXT], end[WHEN_TEXT];
	json_t *o = json_pack("{sI ss ss sb sI sI sI sI sI sI sI sI sI sI sI sI sI}",
	    "round", (json_int_t)r->id, "start", utctime_format(start, r->start_ms),
	    "end", utctime_format(end, r->end_ms), "complete", r->complete,
	    "listed", (json_int_t)r->listed, "tried", (json_int_t)r->tried,
	    "reached", (json_int_t)r->reached, "keys", (json_int_t)r->keys,
	    "bad_keys", (json_int_t)r->bad_keys, "neighbours", (json_int_t)r->neighbours,
	    "queries", (json_int_t)r->queries,
	    "sources", (json_int_t)frontier_claimed(c->frontier),
	    "new_sources", (json_int_t)r->fresh, "retried", (json_int_t)r->retried,
	    "inbound", (json_int_t)r->inbound, "port_tests", (json_int_t)r->tests,
	    "capped", (json_int_t)r->capped);
	char *text;

	if (o == NULL)
		return;
	json_object_set_new(o, "outcomes", by_name(r->outcome, outcome_name, OUT_N));
	json_object_set_new(o, "excluded", by_name(r->excluded + 1, scope_verdict_name + 1,
	    SCOPE_NVERDICT - 1));
	json_object_set_new(o, "told_to_leave", by_farewell(r->told_to_leave));
	json_object_set_new(o, "list_sampling", json_integer(r->sampling));
	json_object_set_new(o, "sampling", json_integer(frontier_sampling(c->frontier)));
	json_object_set_new(o, "peak_links", json_integer((json_int_t)sessions_peak(c->sessions)));
	json_object_set_new(o, "clock_jump_ms", json_integer(r->clock_jump_ms));
	json_object_set_new(o, "given_up", text_or_null(r->given_up));
	if ((text = json_dumps(o, JSON_COMPACT)) != NULL) {
		puts(text);
		fflush(stdout);
	}
	free(text);
	json_decref(o);
}
