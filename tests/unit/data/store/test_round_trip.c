/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whatever can be stored is exported and imported again byte for byte: random records of every
 * overlay that this program knows, whose fields are at the ends of what their type may hold.
 */
#include "tests/unit/data/store/store_fixture.h"

#include "bounds.h"
#include "data/lib/prng.h"
#include "data/lib/utf8.h"
#include "data/store/export_forms.h"
#include "data/store/sensors.h"
#include "data/store/verbs.h"
#include "node/overlay.h"

#define LAST_MS	(TIME_MOST_MS - 1)
#define RECORDS	200		/* of each type and overlay */

/* What the values of one record point to. */
struct made {
	uint8_t		text[FIELDS_MAX][LIMIT_STORED_TEXT];
	uint8_t		raw[400];
	struct endpoint	endpoint[FIELDS_MAX], via[VIA_MAX];
};

static uint64_t
below(uint64_t *r, uint64_t n)
{
	return prng_next(r) % n;
}

static struct endpoint
any_endpoint(uint64_t *r)
{
	static const uint16_t port[] = { 0, 1, 1023, 1024, 32767, 32768, 65535 };
	struct endpoint e;
	uint8_t bytes[ADDRESS_MAX];

	for (;;) {
		int net = (int)below(r, NET_N);
		uint8_t fill = (uint8_t)(below(r, 4) == 0 ? 255 * below(r, 2) : 1 + below(r, 255));

		for (size_t i = 0; i < sizeof(bytes); i++)
			bytes[i] = fill == 0 || fill == 255 ? fill : (uint8_t)below(r, 256);
		if (net == NET_CJDNS)
			bytes[0] = 0xfc;
		if (net == NET_YGGDRASIL)
			bytes[0] = 2;
		if (endpoint_of_bytes(&e, net, bytes, network_length(net), port[below(r, 7)]) &&
		    !endpoint_is_nobody(e))
			return e;
	}
}

/* Any characters, and those that text formats stumble over. */
static struct text
any_text(uint64_t *r, uint8_t out[LIMIT_STORED_TEXT])
{
	static const uint32_t odd[] = { 0, 1, '\t', '\n', '\r', 0x1b, '"', '\\', '/', 0x7f, 0x80, 0x9f, 0x7ff, 0x800,
		0x2028, 0x202e, 0xd7ff, 0xe000, 0xfeff, 0xfffd, 0xffff, 0x10000, UTF8_MARKER, UTF8_MARKER + 255, 0x10ffff };
	size_t most = below(r, 3) == 0 ? LIMIT_STORED_TEXT : below(r, 20), n = 0;

	while (n + UTF8_MAX <= most)
		n += utf8_put(out + n, below(r, 3) > 0 ? odd[below(r, sizeof(odd) / sizeof(odd[0]))]
		    : (uint32_t)(' ' + below(r, 90)));
	return (struct text){ out, n };
}

static union value
any_value(uint64_t *r, const struct field *f, struct made *m, int i)
{
	union value v = { .number = UNKNOWN };

	switch ((enum field_type)f->type) {
	case FIELD_INTEGER:
		v.number = below(r, 4) == 0 ? f->min : below(r, 3) == 0 ? f->max : below(r, 3) == 0 ? UNKNOWN :
		    f->min + (int64_t)below(r, (uint64_t)(f->max - f->min) + (f->max - f->min < INT64_MAX));
		break;
	case FIELD_FLAG:
		v.number = (int64_t)below(r, 3) - 1;
		break;
	case FIELD_TEXT:
		v.text = any_text(r, m->text[i]);
		break;
	case FIELD_BYTES:
		v.text = (struct text){ m->text[i], below(r, 33) };
		for (size_t k = 0; k < v.text.len; k++)
			m->text[i][k] = (uint8_t)below(r, 256);
		break;
	case FIELD_ENDPOINT:
		m->endpoint[i] = any_endpoint(r);
		v.endpoint = below(r, 4) == 0 ? NULL : &m->endpoint[i];
		break;
	}
	return v;
}

static void
any_record(uint64_t *r, struct observation *o, const struct overlay_fields *fields,
    enum observation_type type, struct made *m)
{
	*o = (struct observation){ .type = type, .round = 1, .peer = any_endpoint(r), .fields = fields,
		.t_ms = below(r, 3) == 0 ? 0 : below(r, 3) == 0 ? LAST_MS : (int64_t)below(r, LAST_MS) };
	observation_clear_values(o);
	if (below(r, 4) == 0 && type != OBS_CONTACT)
		o->to = any_endpoint(r);
	switch (type) {
	case OBS_KEY:
		o->key.source = any_endpoint(r);
		o->key.content.len = fields->content_length;
		for (int i = 0; i < o->key.content.len; i++)
			o->key.content.id[i] = (uint8_t)below(r, 256);
		o->key.raw = (struct text){ m->raw, below(r, 2) * below(r, sizeof(m->raw)) };
		for (size_t i = 0; i < o->key.raw.len; i++)
			m->raw[i] = (uint8_t)below(r, 256);
		break;
	case OBS_NEIGHBOUR:
		o->neighbour.node = any_endpoint(r);
		break;
	case OBS_QUERY:
		o->query.via = m->via;
		o->query.nvia = below(r, 4) == 0 ? VIA_MAX : below(r, 4);
		for (size_t i = 0; i < o->query.nvia; i++)
			m->via[i] = any_endpoint(r);
		break;
	case OBS_CONTACT:
		o->contact.node = o->peer;
		o->contact.inbound = below(r, 2);
		o->contact.outcome = (enum outcome)below(r, OUT_N);
		break;
	case OBS_ROUND: case OBS_NTYPE:
		break;
	}
	for (int i = 0; i < fields->of[type].n; i++)
		o->value[i] = any_value(r, &fields->of[type].field[i], m, i);
}

static char *
contents_of(const char *path, size_t *len)
{
	FILE *f = fopen(path, "r"), *memory;
	char *text = NULL, buf[4096];
	size_t n;

	assert_non_null(f);
	memory = open_memstream(&text, len);
	while ((n = fread(buf, 1, sizeof(buf), f)) > 0)
		fwrite(buf, 1, n, memory);
	fclose(f);
	fclose(memory);
	return text;
}

static char *
exported(const char *db, size_t *len)
{
	char path[128];
	struct store *s = store_open(db, STORE_READ);

	snprintf(path, sizeof(path), "%s/lines", folder);
	assert_non_null(s);
	assert_int_equal(export_observations(s, &(struct sensor_filter){ .name = NULL }, path), 0);
	store_close(s);
	return contents_of(path, len);
}

static void
imported(const char *db)
{
	char path[128], name[128], into[] = "--db", verb[] = "import", quiet[] = "-q";
	char *argv[] = { verb, quiet, into, name, path, NULL };

	snprintf(path, sizeof(path), "%s/lines", folder);
	snprintf(name, sizeof(name), "%s", db);
	assert_int_equal(verb_import(5, argv), 0);
}

static void
fill(uint64_t *r, const struct overlay *overlay)
{
	static struct made m;
	struct store *s = open_store(STORE_CREATE);
	struct observation o = { .type = OBS_ROUND, .round = 1, .t_ms = 0,
		.run = { .sensor = text_of("s"), .overlay = text_of(overlay->name), .end_ms = UNKNOWN,
		.tried = UNKNOWN, .reached = UNKNOWN, .not_dialled = UNKNOWN, .not_stored = UNKNOWN } };

	store_keep_all_raw(s);
	add(s, o);
	for (int type = OBS_KEY; type < OBS_NTYPE; type++) {
		for (int i = 0; i < RECORDS && (type != OBS_KEY || overlay->fields->content_length > 0); i++) {
			any_record(r, &o, overlay->fields, (enum observation_type)type, &m);
			add(s, o);
		}
	}
	o = (struct observation){ .type = OBS_ROUND, .round = 1, .t_ms = 0,
		.run = { .sensor = text_of("s"), .overlay = text_of(overlay->name), .end_ms = LAST_MS,
		.tried = INT64_MAX, .reached = INT64_MAX, .cut = (1u << CUT_N) - 1,
		.not_dialled = INT64_MAX, .not_stored = INT64_MAX } };
	add(s, o);
	store_close(s);
}

static void
what_is_stored_is_imported_again(void **state)
{
	size_t i, n, k;

	(void)state;
	for (i = 0; overlays[i] != NULL; i++) {
		uint64_t r = 20101 + i;
		char again[128], *one, *two;

		snprintf(again, sizeof(again), "%s/again.db", folder);
		fill(&r, overlays[i]);
		one = exported(db_path, &n);
		assert_true(n > 1000);
		imported(again);
		two = exported(again, &k);
		if (k != n || memcmp(one, two, n) != 0)
			fail_msg("%s: %zu bytes became %zu", overlays[i]->name, n, k);
		free(one);
		free(two);
		unlink(db_path);
		unlink(again);
	}
	assert_true(i >= 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { STORE_TEST(what_is_stored_is_imported_again) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
