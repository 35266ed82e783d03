/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The sensor without sockets, and the truth beside it. */
#include "tests/unit/lab/worlds.h"

#include <math.h>

#include "tests/lab/simulated_sensor.h"
#include "tests/lab/truth.h"
#include "tests/winny_records.h"

#define QUIET	"[world]\nnodes = 300\nseed = 3\n" STILL "[keys]\nrewrite = 0\n[sensor]\nbusy = 0\n"

/* What came out of a play, and a digest of all of it. */
struct seen {
	struct world	*w;
	uint64_t	 n[OBS_NTYPE], outcome[OUT_N], digest;
	uint64_t	 bogus_keys, bad;
	int64_t		 tried, reached;	/* of the last round */
	uint32_t	 round;
	uint64_t	 own;
};

static uint64_t
digest_text(uint64_t d, struct text t)
{
	for (size_t i = 0; i < t.len; i++)
		d = prng_mix(d ^ t.p[i]);
	return d;
}

static void
look_at_key(struct seen *s, const struct observation *o)
{
	struct winny_key k = winny_key_of(o);
	uint32_t slot;

	s->own += endpoint_compare(o->key.source, o->peer) == 0;
	s->bogus_keys += !address_find(s->w, o->key.source, &slot);
	s->bad += k.ttl < 1 || k.ttl > 1599 || k.name.len == 0;
	s->bad += o->key.content.len != 16 || o->fields != &winny_fields;
	s->digest = prng_mix(s->digest ^ o->key.source.ip ^ (uint64_t)k.ttl << 32);
	s->digest = digest_text(s->digest, k.name);
}

static int
look(void *arg, const struct observation *o)
{
	struct seen *s = arg;
	int64_t start = s->w->file.world.start.ms + (int64_t)(s->round - 1) * 1500 * 1000;

	s->n[o->type]++;
	s->bad += o->round != s->round || o->t_ms < start || o->t_ms >= start + 1500 * 1000;
	s->digest = prng_mix(s->digest ^ o->peer.ip ^ (uint64_t)o->t_ms);
	switch (o->type) {
	case OBS_KEY:
		look_at_key(s, o);
		break;
	case OBS_CONTACT:
		s->outcome[o->contact.outcome]++;
		s->bad += (o->contact.outcome == OUT_OK) != (winny_contact_of(o).version != UNKNOWN);
		break;
	case OBS_NEIGHBOUR:
		s->digest = digest_text(s->digest, winny_neighbour_of(o).words[0]);
		break;
	case OBS_ROUND:
		s->tried = o->run.tried;
		s->reached = o->run.reached;
		break;
	default:
		break;
	}
	return 0;
}

/* Plays rounds 1..last; the truth's lines go to *text (free it) if wanted. */
static struct seen
play(const char *ini, uint32_t last, char **text)
{
	char *buf = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&buf, &size);
	struct seen s = { .w = world_of(ini) };
	struct sensor *sensor = simulated_sensor_new(s.w, NULL, look, &s);
	struct truth *truth = truth_new(s.w, f, last * 1500.0);

	for (s.round = 1; s.round <= last; s.round++) {
		assert_int_equal(truth_begin(truth, s.round), 0);
		if (!simulated_sensor_out(sensor, s.round))
			assert_int_equal(simulated_sensor_round(sensor, s.round, truth_recent(truth)), 0);
		assert_int_equal(truth_end(truth, !simulated_sensor_out(sensor, s.round)), 0);
	}
	truth_free(truth);
	simulated_sensor_free(sensor);
	world_free(s.w);
	fclose(f);
	if (text != NULL)
		*text = buf;
	else
		free(buf);
	assert_int_equal(s.bad, 0);
	return s;
}

/* The last line of the text that holds the word. */
static const char *
last_line(const char *text, const char *word)
{
	const char *found = NULL;

	for (const char *at = text; (at = strstr(at, word)) != NULL; at++)
		found = at;
	assert_non_null(found);
	while (found > text && found[-1] != '\n')
		found--;
	return found;
}

static double
field(const char *line, const char *name)
{
	char quoted[40];
	const char *at;

	snprintf(quoted, sizeof(quoted), "\"%s\":", name);
	at = strstr(line, quoted);
	assert_non_null(at);
	return strtod(at + strlen(quoted), NULL);
}

static void
the_same_seed_gives_the_same_play(void **state)
{
	static const char ini[] = "[world]\nnodes = 300\n[flood.1]\nstart = 1h\nrate = 20%\n";
	char *a, *b;

	(void)state;
	assert_true(play(ini, 8, &a).digest == play(ini, 8, &b).digest);
	assert_string_equal(a, b);
	free(a);
	free(b);
	assert_true(play("[world]\nnodes = 300\nseed = 2\n[flood.1]\nstart = 1h\nrate = 20%\n", 8,
	    NULL).digest != play(ini, 8, NULL).digest);
}

static void
a_clean_census_sees_every_holder_every_round(void **state)
{
	char *text;
	struct seen s = play(QUIET, 5, &text);
	const char *line = last_line(text, "\"round\",");

	(void)state;
	assert_int_equal(s.tried, 300);
	assert_int_equal(s.reached, 300);
	assert_int_equal(s.outcome[OUT_OK], 5 * 300);
	assert_true(s.n[OBS_KEY] == 5 * 300 * 4 && s.own >= 5 * 300 && s.bogus_keys == 0);
	assert_true(field(line, "holders") == 300 && field(line, "online") == 300);
	assert_true(field(line, "reachable") == 300 && field(line, "day_keys") == 300);
	assert_true(field(line, "seen_instant") == 300 && field(line, "seen_day_keys") == 300);
	assert_true(field(line, "seen_bogus") == 0);
	free(text);
}

static void
bogus_sources_are_tried_and_fail(void **state)
{
	char *text;
	struct seen s = play(QUIET "[flood.1]\nstart = 25m\nrate = 50%\n"
	    "injector = unreachable\n", 6, &text);
	const char *line = last_line(text, "\"round\",");

	(void)state;
	assert_true(s.outcome[OUT_OK] == 6 * 300);	/* genuine nodes answer as before */
	assert_true(s.outcome[OUT_TIMEOUT] > 5 * s.outcome[OUT_REFUSED]);
	assert_true(s.outcome[OUT_EXCLUDED] > 0 && s.bogus_keys > 0);
	assert_true(field(line, "seen_instant") == 300 && field(line, "seen_bogus") > 100);
	assert_true(field(line, "alive") == 300 && field(line, "announced") == 150);
	free(text);
}

static void
every_bogus_source_is_listed_once(void **state)
{
	char *text;
	const char *at;
	unsigned n = 0;

	(void)state;
	play(QUIET "[flood.1]\nstart = 50m\nend = 125m\nrate = 20%\n", 7, &text);
	for (at = text; (at = strstr(at, "{\"type\":\"bogus\"")) != NULL; at++, n++) {
		double first = field(at, "first_round");

		assert_true(first == 3 + floor(n / 60.0));
		assert_true(field(at, "last_round") == first + 1);
	}
	assert_int_equal(n, 180);
	at = last_line(text, "\"flood\",");
	assert_true(field(at, "announced") == 180 && field(at, "first_round") == 3 &&
	    field(at, "last_round") == 5 && field(at, "per_round") == 60);
	free(text);
}

static void
what_was_over_before_the_beginning_is_not_listed(void **state)
{
	char *text;
	unsigned n = 0;

	(void)state;
	play(QUIET "[flood.1]\nstart = 2010-05-01\nend = 2010-05-20T14:50:00Z\nrate = 20%\n", 2, &text);
	for (const char *at = text; (at = strstr(at, "{\"type\":\"bogus\"")) != NULL; at++, n++)
		assert_true(field(at, "first_round") == 1 && field(at, "last_round") == 1);
	assert_true(n >= 35 && n <= 37);	/* 15 of the last 25 minutes' sources are alive */
	free(text);
}

static void
real_sources_are_never_listed(void **state)
{
	char *text;
	struct seen s = play(QUIET "[flood.1]\nvariant = V6\nstart = 25m\nrate = 50%\n"
	    "injector = unreachable\n", 6, &text);

	(void)state;
	assert_null(strstr(text, "{\"type\":\"bogus\""));
	assert_non_null(strstr(text, "\"bogus\":\"keys\""));
	assert_int_equal(s.bogus_keys, 0);
	assert_true(field(last_line(text, "\"round\","), "seen_instant") == 300);
	free(text);
}

static void
an_outage_makes_no_rounds(void **state)
{
	char *text;
	struct seen s = play(QUIET "[event.1]\nkind = outage\nstart = 30m\nend = 70m\n", 6, &text);

	(void)state;
	assert_int_equal(s.n[OBS_ROUND], 4);	/* rounds 2 and 3 are touched by it */
	assert_non_null(strstr(text, "\"measured\":false,\"online\":300"));
	assert_non_null(strstr(text, "\"seen_instant\":null"));
	assert_true(field(last_line(text, "\"round\","), "seen_instant") == 300);
	free(text);
}

static void
coverage_and_reach_are_what_they_say(void **state)
{
	struct seen half = play(QUIET "[event.1]\nkind = coverage\nstart = 0\nend = 9d\nsize = 50%\n",
	    1, NULL);
	struct seen deaf = play(QUIET "[event.1]\nkind = reach\nstart = 0\nend = 9d\nsize = 30%\n",
	    1, NULL);

	(void)state;
	assert_true(half.tried > 110 && half.tried < 190 && half.reached == half.tried);
	assert_int_equal(deaf.tried, 300);
	assert_true(deaf.reached > 170 && deaf.reached < 250);
}

static void
silent_nodes_are_known_and_never_reached(void **state)
{
	char *text;
	struct seen s = play("[world]\nnodes = 1000\n[population]\nport0 = 0\nsilent = 20%\n"
	    "holders = 100%\n[churn]\nsession = 0\nday_wave = 0\nweek_wave = 0\ndecline = 0\n"
	    "[sensor]\nbusy = 0\n[keys]\nrewrite = 0\n", 4, &text);
	const char *line = last_line(text, "\"round\",");

	(void)state;
	assert_true(s.reached == (int64_t)field(line, "reachable"));
	assert_true(field(line, "seen_instant") > 0.98 * field(line, "holders"));
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_seed_gives_the_same_play),
		cmocka_unit_test(a_clean_census_sees_every_holder_every_round),
		cmocka_unit_test(bogus_sources_are_tried_and_fail),
		cmocka_unit_test(every_bogus_source_is_listed_once),
		cmocka_unit_test(what_was_over_before_the_beginning_is_not_listed),
		cmocka_unit_test(real_sources_are_never_listed),
		cmocka_unit_test(an_outage_makes_no_rounds),
		cmocka_unit_test(coverage_and_reach_are_what_they_say),
		cmocka_unit_test(silent_nodes_are_known_and_never_reached),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
