/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>

#include "data/lib/prometheus.h"

static void
a_family_has_help_type_and_labels(void **state)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);
	struct prometheus p;

	(void)state;
	prometheus_begin(&p, f, "a\"b\\c\nd", "winny");
	prometheus_head(&p, "x_total", "counter", "Help.");
	prometheus_put(&p, 3, "kind", "one");
	prometheus_put(&p, NAN, "kind", "two");
	prometheus_one(&p, "y", "gauge", "Why.", 1.5);
	prometheus_one(&p, "z", "gauge", "Not measured.", NAN);
	fclose(f);
	assert_string_equal(text, "# HELP kansoku_x_total Help.\n# TYPE kansoku_x_total counter\n"
	    "kansoku_x_total{sensor=\"a\\\"b\\\\c\\\\x0ad\",overlay=\"winny\",kind=\"one\"} 3\n"
	    "# HELP kansoku_y Why.\n# TYPE kansoku_y gauge\n"
	    "kansoku_y{sensor=\"a\\\"b\\\\c\\\\x0ad\",overlay=\"winny\"} 1.5\n");
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_family_has_help_type_and_labels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
