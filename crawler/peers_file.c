/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crawler/peers_file.h"

#include <stdio.h>

#include "bounds.h"
#include "data/lib/list_file.h"
#include "data/lib/log.h"
#include "data/lib/text.h"

struct peers_reading {
	struct frontier	*frontier;
	const struct overlay *overlay;
	const char	*path;
	size_t		 good, bad;
	struct { unsigned line; char why[160]; } held[LIMIT_BAD_LINES];	/* said at the end */
};

static int
read_line(char *line, unsigned number, void *arg)
{
	struct peers_reading *r = arg;
	struct endpoint e;
	const char *why = NULL;
	char shown[80];

	if (r->overlay->peer_entry(&e, line, &why)) {
		frontier_name(r->frontier, e);
		r->good++;
	} else if (why != NULL && r->bad++ < LIMIT_BAD_LINES) {
		r->held[r->bad - 1].line = number;
		snprintf(r->held[r->bad - 1].why, sizeof(r->held[0].why), "%s: %s",
		    text_vis(shown, sizeof(shown), text_of(line)), why);
	}
	return 0;
}

int
peers_read(struct frontier *f, const struct overlay *overlay, const char *path)
{
	struct peers_reading r = { .frontier = f, .overlay = overlay, .path = path };

	if (listfile_each(path, read_line, &r) != 0)
		return -1;
	if (r.good == 0) {
		log_error("%s: no usable entry (%zu bad); want %s%sHOST:PORT, one a line", path, r.bad,
		    overlay->node_form != NULL ? overlay->node_form : "",
		    overlay->node_form != NULL ? " or " : "");
		return -1;
	}
	for (size_t i = 0; i < r.bad && i < LIMIT_BAD_LINES; i++)
		log_error("%s:%u: %s", path, r.held[i].line, r.held[i].why);
	if (r.bad > 0)
		log_error("%s: %zu bad line%s skipped, %zu entries read", path, r.bad,
		    r.bad == 1 ? "" : "s", r.good);
	return 0;
}
