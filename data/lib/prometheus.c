/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "data/lib/prometheus.h"

#include <math.h>

#include "data/lib/text.h"

void
prometheus_begin(struct prometheus *p, FILE *f, const char *sensor, const char *overlay)
{
	*p = (struct prometheus){ f, sensor, overlay, NULL };
}

/* In a value \, " and the line's end are escaped; it is UTF-8 otherwise. */
static void
put_label(FILE *f, const char *name, const char *value)
{
	char plain[256];

	fprintf(f, "%s=\"", name);
	for (text_line(plain, sizeof(plain), text_of(value)), value = plain; *value != '\0'; value++) {
		if (*value == '\\' || *value == '"')
			putc('\\', f);
		putc(*value, f);
	}
	putc('"', f);
}

void
prometheus_head(struct prometheus *p, const char *name, const char *type, const char *help)
{
	p->name = name;
	fprintf(p->f, "# HELP kansoku_%s %s\n# TYPE kansoku_%s %s\n", name, help, name, type);
}

void
prometheus_part(struct prometheus *p, const char *suffix, double v, const char *label,
    const char *value)
{
	if (!isfinite(v))
		return;
	fprintf(p->f, "kansoku_%s%s{", p->name, suffix);
	put_label(p->f, "sensor", p->sensor);
	putc(',', p->f);
	put_label(p->f, "overlay", p->overlay);
	if (label != NULL) {
		putc(',', p->f);
		put_label(p->f, label, value);
	}
	fprintf(p->f, "} %.15g\n", v);
}

void
prometheus_put(struct prometheus *p, double v, const char *label, const char *value)
{
	prometheus_part(p, "", v, label, value);
}

void
prometheus_one(struct prometheus *p, const char *name, const char *type, const char *help,
    double v)
{
	if (!isfinite(v))
		return;
	prometheus_head(p, name, type, help);
	prometheus_put(p, v, NULL, NULL);
}
