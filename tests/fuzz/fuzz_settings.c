/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Any bytes as a settings file: it is refused with one printable line and the
 * status of misuse, or every number that it set lies within its limits, the same
 * when it is read again.
 */
#include <math.h>
#include <stdint.h>

#include "crawler/settings.h"
#include "tests/fuzz/hush.h"

static void
judge_option(const struct option_spec *o)
{
	double v;

	switch (o->kind) {
	case OPT_INT:
	case OPT_SPAN:
		v = (double)*(int64_t *)o->into;
		break;
	case OPT_REAL:
		v = *(double *)o->into;
		break;
	default:
		return;
	}
	/* -1 and 0 stand for "derive it", and are no words that a file can say. */
	MUST(isfinite(v) && (v == -1 || v == 0 || (v >= o->min && v <= o->max)));
}

static int
read_once(const char *path, struct settings *s, struct option_spec options[SETTINGS_MAX])
{
	struct hush h;
	int status, lines;

	settings_init(s);
	settings_options(s, FOR_CRAWL, options);
	h = hush();
	status = settings_file(s, options, path);
	lines = hush_end(h);
	MUST(status == EXIT_DONE ? lines == 0 : lines == 1);
	MUST(status == EXIT_DONE || status == EXIT_MISUSED);
	return status;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct option_spec one[SETTINGS_MAX], two[SETTINGS_MAX];
	struct settings a, b;
	char path[32];
	int fd = memfd_create("settings", 0), status;

	if (fd < 0 || write(fd, data, n) != (ssize_t)n)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	status = read_once(path, &a, one);
	MUST(status == read_once(path, &b, two));
	for (const struct option_spec *o = one; status == EXIT_DONE && o->name != NULL; o++)
		judge_option(o);
	MUST(a.scope.n == b.scope.n && a.max_sessions == b.max_sessions && a.windows == b.windows);
	settings_free(&a);
	settings_free(&b);
	close(fd);
	return 0;
}
