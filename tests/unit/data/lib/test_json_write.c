/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "data/lib/json_write.h"
#include "data/lib/text.h"

static void
write_some(struct json_out *j)
{
	json_put_array(j, NULL);
	json_put_object(j, NULL);
	json_put_string(j, "text", "a\"b\n");
	json_put_array(j, "none");
	json_put_end(j);
	json_put_int(j, "least", INT64_MIN);
	json_put_end(j);
	json_put_hex(j, NULL, (const uint8_t *)"\x01\xfe", 2);
	json_put_json(j, NULL, "{\"a\":1}");
	json_put_end(j);
}

static char *
streamed(enum json_form form)
{
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);
	struct json_out j;

	json_start(&j, f, form);
	write_some(&j);
	fclose(f);
	return text;
}

static void
assert_streamed(enum json_form form, const char *expected)
{
	char *text = streamed(form);

	assert_string_equal(text, expected);
	free(text);
}

static void
each_form_has_its_lines(void **state)
{
	(void)state;
	assert_streamed(JSON_FORM_LINE, "[{\"text\":\"a\\\"b\\n\",\"none\":[],\"least\":"
	    "-9223372036854775808},\"01fe\",{\"a\":1}]\n");
	assert_streamed(JSON_FORM_ROWS, "[\n{\"text\":\"a\\\"b\\n\",\"none\":[],\"least\":"
	    "-9223372036854775808},\n\"01fe\",\n{\"a\":1}\n]\n");
	assert_streamed(JSON_FORM_INDENTED, "[\n  {\n    \"text\": \"a\\\"b\\n\",\n    \"none\": "
	    "[],\n    \"least\": -9223372036854775808\n  },\n  \"01fe\",\n  {\"a\":1}\n]\n");
}

static void
memory_holds_the_same_without_a_line_end(void **state)
{
	char *whole = streamed(JSON_FORM_LINE), *text;
	struct json_out j;
	size_t len;

	(void)state;
	json_start(&j, NULL, JSON_FORM_LINE);
	write_some(&j);
	text = json_text(&j, &len);
	assert_int_equal(len, strlen(whole) - 1);
	assert_memory_equal(text, whole, len);
	assert_int_equal(text[len], '\0');
	free(text);
	free(whole);
}

/* Longer than the writer's own buffer, in one piece and in many. */
static void
long_values_come_out_whole(void **state)
{
	enum { LONG = 3 * JSON_OUT_ROOM };
	uint8_t *bytes = calloc(1, LONG);
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);
	struct json_out j;

	(void)state;
	memset(bytes, 'x', LONG);
	json_start(&j, f, JSON_FORM_LINE);
	json_put_array(&j, NULL);
	json_put_text(&j, NULL, (struct text){ bytes, LONG });
	json_put_hex(&j, NULL, bytes, LONG);
	json_put_end(&j);
	fclose(f);
	assert_int_equal(len, LONG + 2 * LONG + 4 + 4);
	assert_int_equal(strspn(text + 2, "x"), LONG);
	assert_int_equal(strspn(text + LONG + 5, "78"), 2 * LONG);
	assert_string_equal(text + len - 3, "\"]\n");
	free(text);
	free(bytes);
}

static void
numbers_are_numbers_or_null(void **state)
{
	struct json_out j;
	char *text;
	size_t len;

	(void)state;
	json_start(&j, NULL, JSON_FORM_LINE);
	json_put_array(&j, NULL);
	json_put_real(&j, NULL, -0.0);
	json_put_real(&j, NULL, NAN);
	json_put_share(&j, NULL, 2.0 / 3);
	json_put_count(&j, NULL, 1234567.6);
	json_put_count(&j, NULL, INFINITY);
	json_put_known(&j, NULL, UNKNOWN);
	json_put_time(&j, NULL, 0);
	json_put_bool(&j, NULL, false);
	json_put_end(&j);
	text = json_text(&j, &len);
	assert_string_equal(text, "[0,null,0.666667,1234568,null,null,"
	    "\"1970-01-01T00:00:00.000Z\",false]");
	free(text);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_form_has_its_lines),
		cmocka_unit_test(memory_holds_the_same_without_a_line_end),
		cmocka_unit_test(long_values_come_out_whole),
		cmocka_unit_test(numbers_are_numbers_or_null),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
