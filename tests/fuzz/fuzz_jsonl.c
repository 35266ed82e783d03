/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The reader of JSON lines, against what it promises:
 *  - what it accepts, jansson accepts, and the numbers and texts are the same;
 *  - what it accepts is written as a line that it accepts again, and that line
 *    is written the same (so export, import, export loses nothing);
 *  - what it refuses gets a reason of one printable line.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/format/jsonl.h"
#include "data/lib/utf8.h"
#include "tests/fuzz/fuzz.h"
#include "tests/winny_records.h"

static char *
write_line(const struct observation *o, size_t *len)
{
	char *line = NULL;
	FILE *f = open_memstream(&line, len);

	MUST(f != NULL && jsonl_write(f, o) == 0);
	fclose(f);
	MUST(*len > 0 && line[*len - 1] == '\n');
	return line;
}

static void
same_integer(const json_t *j, const char *name, int64_t v)
{
	const json_t *member = json_object_get(j, name);

	if (v == UNKNOWN)
		MUST(member == NULL || json_is_null(member));
	else
		MUST(json_is_integer(member) && json_integer_value(member) == v);
}

static void
same_text(const json_t *j, const char *name, struct text t)
{
	const json_t *member = json_object_get(j, name);

	MUST(utf8_valid(t.p, t.len));
	if (member == NULL || json_is_null(member))
		MUST(t.len == 0);
	else
		MUST(json_is_string(member) && json_string_length(member) == t.len &&
		    memcmp(json_string_value(member), t.p, t.len) == 0);
}

static void
compare(const struct observation *o, const json_t *j)
{
	MUST(strcmp(json_string_value(json_object_get(j, "type")),
	    observation_type_name[o->type]) == 0);
	same_integer(j, "round", o->round);
	switch (o->type) {
	case OBS_ROUND:
		same_text(j, "sensor", o->run.sensor);
		same_integer(j, "tried", o->run.tried);
		break;
	case OBS_KEY:
		same_text(j, "name", winny_key_of(o).name);
		same_text(j, "trip", winny_key_of(o).trip);
		same_text(j, "bbs_trip", winny_key_of(o).bbs_trip);
		same_integer(j, "size", winny_key_of(o).size);
		same_integer(j, "ttl", winny_key_of(o).ttl);
		same_integer(j, "version", winny_key_of(o).version);
		break;
	case OBS_NEIGHBOUR:
		same_integer(j, "speed", winny_neighbour_of(o).speed);
		break;
	case OBS_QUERY:
		same_text(j, "words", winny_query_of(o).words);
		same_integer(j, "id", winny_query_of(o).id);
		MUST(json_array_size(json_object_get(j, "via")) == o->query.nvia);
		break;
	case OBS_CONTACT:
		same_integer(j, "command", winny_contact_of(o).command);
		break;
	case OBS_NTYPE:
		abort();
	}
}

/* jansson has two limits that JSON has not; only fields that are ignored can meet them. */
static bool
beyond_jansson(const json_error_t *e)
{
	return json_error_code(e) == json_error_numeric_overflow ||
	    json_error_code(e) == json_error_null_byte_in_key;
}

static void
accepted(const struct observation *o, const uint8_t *data, size_t size)
{
	static struct jsonl again;
	json_error_t e;
	json_t *j = json_loadb((const char *)data, size, JSON_ALLOW_NUL, &e);
	struct observation back;
	size_t len, len2;
	char *line = write_line(o, &len), *copy = strndup(line, len), *line2;

	MUST(j != NULL || beyond_jansson(&e));
	if (j != NULL)
		compare(o, j);
	MUST(jsonl_read(&again, &back, copy, len - 1) == 0);
	line2 = write_line(&back, &len2);
	MUST(len == len2 && memcmp(line, line2, len) == 0);
	json_decref(j);
	free(line);
	free(copy);
	free(line2);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct jsonl reader;
	struct observation o;
	char *line = malloc(size + 1);		/* never empty; the last byte is out of bounds */

	MUST(line != NULL);
	memcpy(line, data, size);
	line[size] = '"';
	if (jsonl_read(&reader, &o, line, size) == 0) {
		accepted(&o, data, size);
	} else {
		size_t n = strlen(reader.why);

		MUST(n > 0 && n < sizeof(reader.why));
		for (size_t i = 0; i < n; i++)
			MUST((uint8_t)reader.why[i] >= 0x20);
	}
	MUST(line[size] == '"');
	free(line);
	return 0;
}
