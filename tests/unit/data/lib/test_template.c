/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>

#include "data/lib/template.h"

static struct facts *
some_facts(void)
{
	struct facts *x = facts_new(), *item;

	facts_set(x, "title", "a<b \\ \x1b");
	facts_set(x, "nothing", NULL);
	facts_set(x, "empty", "");
	for (int i = 1; i <= 3; i++) {
		item = facts_add(x, "items");
		facts_format(item, "n", "%d", i);
		if (i == 2)
			facts_set(item, "title", "own");
		facts_set(facts_add(item, "inner"), "x", "&");
	}
	return x;
}

static int
written(const char *text, enum template_form form, char **out)
{
	const struct template set[] = { { "page", text }, { "part", "<{{n}}>\n" },
		{ "loop", "{{>loop}}" }, { NULL, NULL } };
	struct facts *x = some_facts();
	size_t size;
	FILE *f = open_memstream(out, &size);
	int bad = template_write(f, set, "page", form, x);

	fclose(f);
	facts_free(x);
	return bad;
}

static void
assert_written(const char *text, enum template_form form, const char *expected)
{
	char *out;

	assert_int_equal(written(text, form, &out), 0);
	assert_string_equal(out, expected);
	free(out);
}

static void
facts_are_escaped_for_the_form(void **state)
{
	(void)state;
	assert_written("{{title}}|{{&title}}", TEMPLATE_XML, "a&lt;b \\ |a<b \\ \x1b");
	assert_written("{{title}}", TEMPLATE_PLAIN, "a<b \\x5c \\x1b");
	assert_written("a { b } {{empty}}", TEMPLATE_XML, "a { b } ");
}

static void
sections_repeat_and_choose(void **state)
{
	(void)state;
	assert_written("{{#items}}{{n}}{{#title}}{{title}}{{/title}},{{/items}}", TEMPLATE_PLAIN,
	    "1a<b \\x5c \\x1b,2own,3a<b \\x5c \\x1b,");
	assert_written("{{#items}}{{#inner}}{{n}}{{x}}{{/inner}}{{/items}}", TEMPLATE_XML,
	    "1&amp;2&amp;3&amp;");
	assert_written("{{#nothing}}no{{/nothing}}{{^nothing}}yes{{/nothing}}", TEMPLATE_XML, "yes");
	assert_written("{{#empty}}no{{/empty}}{{^empty}}yes{{/empty}}", TEMPLATE_XML, "yes");
	assert_written("{{^items}}no{{/items}}{{#title}}yes{{/title}}", TEMPLATE_XML, "yes");
}

static void
a_tag_alone_takes_its_line_with_it(void **state)
{
	(void)state;
	assert_written("a\n{{#items}}\n  {{n}}\n  {{/items}}\nb\n", TEMPLATE_XML,
	    "a\n  1\n  2\n  3\nb\n");
	assert_written("{{#items}}\n{{>part}}\n{{/items}}\n", TEMPLATE_XML, "<1>\n<2>\n<3>\n");
	assert_written("{{title}}\n{{#items}}{{n}}\n{{/items}}\n", TEMPLATE_XML,
	    "a&lt;b \\ \n1\n2\n3\n");
}

static void
mistakes_are_told(void **state)
{
	static const char *const wrong[] = { "{{absent}}", "{{items}}", "{{#items}}", "{{/items}}",
		"{{#items}}{{/title}}", "{{ title }}", "{{", "{{title", "{{>absent}}", "{{>loop}}" };
	char *out;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_int_equal(written(wrong[i], TEMPLATE_XML, &out), -1);
		assert_int_equal(errno, EINVAL);
		free(out);
	}
	errno = 0;
	assert_int_equal(template_write(stdout, NULL, "page", TEMPLATE_XML, NULL), -1);
	assert_int_equal(errno, ENOMEM);
	facts_set(facts_add(NULL, "a"), "b", "c");
	facts_free(NULL);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(facts_are_escaped_for_the_form),
		cmocka_unit_test(sections_repeat_and_choose),
		cmocka_unit_test(a_tag_alone_takes_its_line_with_it),
		cmocka_unit_test(mistakes_are_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
