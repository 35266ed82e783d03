/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of fields keeps what the store, the formats and the analysis take for granted. */
#include "tests/unit/node/wire_test.h"

#include <ctype.h>
#include <stdio.h>

#include <sqlite3.h>

#include "data/format/jsonl_impl.h"
#include "node/overlay.h"
#include "node/winny/fields.h"
#include "node/winny/unrelayed.csv.h"

/* Where the fields of each level are kept, and of which records they are. */
static const struct {
	const char		*table;
	enum observation_type	 type;
} levels[LEVEL_N] = {
	[LEVEL_CONTENT] = { "file", OBS_KEY }, [LEVEL_ADVERT] = { "advert", OBS_KEY },
	[LEVEL_DELIVERY] = { "delivery", OBS_KEY }, [LEVEL_SIGHTING] = { "sighting", OBS_KEY },
	[LEVEL_CLAIM] = { "claim", OBS_NEIGHBOUR }, [LEVEL_QUERY] = { "query", OBS_QUERY },
	[LEVEL_CONTACT] = { "contact", OBS_CONTACT },
};

static void
each_field(void (*check)(enum observation_type, const struct field *, uint8_t))
{
	size_t n = 0;

	for (int type = 0; type < OBS_NTYPE; type++)
		for (uint8_t i = 0; i < winny_fields.of[type].n; i++, n++)
			check((enum observation_type)type, winny_fields.of[type].field, i);
	assert_int_equal(n, WINNY_KEY_FIELDS + WINNY_NEIGHBOUR_FIELDS + WINNY_QUERY_FIELDS +
	    WINNY_CONTACT_FIELDS);
}

static void
the_table_is_of_this_overlay(void **state)
{
	(void)state;
	assert_ptr_equal(overlay_find("winny")->fields, &winny_fields);
	assert_string_equal(winny_fields.overlay, "winny");
	assert_int_equal(winny_fields.content_length, 16);
	assert_int_equal(winny_fields.of[OBS_ROUND].n, 0);
	assert_int_equal(winny_fields.of[OBS_KEY].n, WINNY_KEY_FIELDS);
	assert_int_equal(winny_fields.of[OBS_NEIGHBOUR].n, WINNY_NEIGHBOUR_FIELDS);
	assert_int_equal(winny_fields.of[OBS_QUERY].n, WINNY_QUERY_FIELDS);
	assert_int_equal(winny_fields.of[OBS_CONTACT].n, WINNY_CONTACT_FIELDS);
	for (int type = 0; type < OBS_NTYPE; type++)
		assert_true(winny_fields.of[type].n <= FIELDS_MAX);
	assert_string_equal(winny_fields.unrelayed, unrelayed_csv);
}

static void
check_row(enum observation_type type, const struct field *field, uint8_t i)
{
	const struct field *f = &field[i];

	assert_true(f->level < LEVEL_N && f->type <= FIELD_ENDPOINT);
	assert_true(f->privacy <= PRIVACY_NAME && f->role < ROLE_N);
	assert_int_equal(levels[f->level].type, type);
	assert_true(f->about != NULL && f->about[0] != '\0');
	assert_true(f->unit == NULL || f->type == FIELD_INTEGER);
	if (f->type == FIELD_INTEGER)
		assert_true(f->min < f->max);
	if (f->privacy == PRIVACY_NAME)		/* else nothing could stand for it */
		assert_int_equal(f->type, FIELD_TEXT);
}

static void
every_row_is_whole_and_of_its_record(void **state)
{
	(void)state;
	each_field(check_row);
}

static void
check_name(enum observation_type type, const struct field *field, uint8_t i)
{
	const char *name = field[i].name;
	char label[64];

	assert_true(islower((unsigned char)name[0]));
	assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_"), strlen(name));
	snprintf(label, sizeof(label), ",\"%s\":", name);
	for (const struct member *m = jsonl_members[type]; m->label != NULL; m++)
		assert_string_not_equal(m->label, label);	/* it would be written twice */
	for (uint8_t k = 0; k < i; k++) {
		if (strcmp(field[k].name, name) != 0)
			continue;
		for (uint8_t between = k; between < i; between++)	/* an array: neighbours, alike */
			assert_string_equal(field[between].name, name);
		assert_int_equal(field[k].type, field[i].type);
		assert_int_equal(field[k].level, field[i].level);
		assert_int_equal(field[k].privacy, field[i].privacy);
	}
}

static void
names_are_unique_in_a_record_but_for_arrays(void **state)
{
	(void)state;
	each_field(check_name);
}

static void
check_role(enum observation_type type, const struct field *field, uint8_t i)
{
	static const uint8_t type_of_role[ROLE_N] = {
		[ROLE_LIFETIME] = FIELD_INTEGER, [ROLE_SIZE] = FIELD_INTEGER, [ROLE_NAME] = FIELD_TEXT,
		[ROLE_UNDIALABLE] = FIELD_FLAG, [ROLE_NODE_ID] = FIELD_BYTES,
	};

	if (field[i].role == ROLE_NONE)
		return;
	assert_int_equal(field[i].type, type_of_role[field[i].role]);
	assert_int_equal(field_of_role(&winny_fields, type, (enum field_role)field[i].role), i);
	for (uint8_t k = 0; k < i; k++)
		assert_int_not_equal(field[k].role, field[i].role);
}

static void
a_role_is_played_once_in_a_record(void **state)
{
	(void)state;
	each_field(check_role);
	assert_int_equal(field_of_role(&winny_fields, OBS_KEY, ROLE_LIFETIME), WINNY_KEY_TTL);
	assert_int_equal(field_of_role(&winny_fields, OBS_KEY, ROLE_SIZE), WINNY_KEY_SIZE);
	assert_int_equal(field_of_role(&winny_fields, OBS_KEY, ROLE_NAME), WINNY_KEY_NAME);
	assert_int_equal(field_of_role(&winny_fields, OBS_CONTACT, ROLE_UNDIALABLE),
	    WINNY_CONTACT_PORT0);
	assert_int_equal(field_of_role(&winny_fields, OBS_KEY, ROLE_NODE_ID), -1);
}

/* ---- columns ---- */

static char *
text_of_file(const char *path)
{
	FILE *f = fopen(path, "r");
	char *s = calloc(1, 1 << 16);

	assert_non_null(f);
	assert_non_null(s);
	assert_true(fread(s, 1, (1 << 16) - 1, f) > 0 && feof(f));
	fclose(f);
	return s;
}

static sqlite3 *db;

/* SQLite refuses a column that is there already, and a name that would need quotes. */
static void
check_column(enum observation_type type, const struct field *field, uint8_t i)
{
	const char *column = field[i].column != NULL ? field[i].column : field[i].name;
	char alter[256], *error = NULL;

	(void)type;
	assert_int_equal(strspn(column, "abcdefghijklmnopqrstuvwxyz0123456789_"), strlen(column));
	snprintf(alter, sizeof(alter), "ALTER TABLE %s ADD COLUMN %s ANY",
	    levels[field[i].level].table, column);
	if (sqlite3_exec(db, alter, NULL, NULL, &error) != SQLITE_OK)
		fail_msg("%s: %s", alter, error);
}

static void
columns_can_be_added_to_the_schema(void **state)
{
	char *schema = text_of_file("data/store/schema.sql");

	(void)state;
	assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, schema, NULL, NULL, NULL), SQLITE_OK);
	each_field(check_column);
	sqlite3_close(db);
	free(schema);
}

/* ---- what the analysis may ask of it ---- */

static void
not_said_and_not_there_are_unknown(void **state)
{
	struct observation o = { .type = OBS_KEY, .fields = &winny_fields };

	(void)state;
	for (uint8_t i = 0; i < WINNY_KEY_FIELDS; i++)
		o.value[i].text = text("x");
	observation_clear_values(&o);
	for (uint8_t i = 0; i < WINNY_KEY_FIELDS; i++)
		assert_false(value_is_said(&winny_fields.of[OBS_KEY].field[i], o.value[i]));
	assert_int_equal(observation_number(&o, ROLE_LIFETIME), UNKNOWN);
	o.value[WINNY_KEY_TTL].number = 1500;
	assert_int_equal(observation_number(&o, ROLE_LIFETIME), 1500);
	assert_int_equal(observation_number(&o, ROLE_UNDIALABLE), UNKNOWN);
}

static void
traits_fit_an_overlay_of_streams_over_ipv4(void **state)
{
	const struct overlay *w = overlay_find("winny");
	const struct visit_plan *v = &w->traits->visit;

	(void)state;
	assert_int_equal(w->carrier, CARRIER_STREAM);
	assert_int_equal(w->traits->nets, 1 << NET_IPV4);
	assert_int_equal(w->traits->leads, 1 << OBS_KEY);
	assert_int_equal(winny_fields.judged, 1 << OBS_KEY);
	assert_true(w->traits->listens);
	assert_true(v->age_ms > 5000 && v->window_ms >= 30000);	/* PROTOCOL: 4.1 and 5 */
	assert_true(v->shortest_ms > 0 && v->slack_ms > 0 && v->answer_ms > 0);
	assert_true(v->shortest_ms <= v->age_ms && v->handshake_ms > 0);
	assert_true(v->window_blocks > 0 && v->blocks >= v->window_blocks);
	assert_true(w->address == NULL && w->stray == NULL);
	for (size_t i = 0; overlays[i] != NULL; i++)
		assert_ptr_equal(overlay_fields(overlays[i]->name), overlays[i]->fields);
	assert_null(overlay_fields("none"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_table_is_of_this_overlay),
		cmocka_unit_test(every_row_is_whole_and_of_its_record),
		cmocka_unit_test(names_are_unique_in_a_record_but_for_arrays),
		cmocka_unit_test(a_role_is_played_once_in_a_record),
		cmocka_unit_test(columns_can_be_added_to_the_schema),
		cmocka_unit_test(not_said_and_not_there_are_unknown),
		cmocka_unit_test(traits_fit_an_overlay_of_streams_over_ipv4),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
