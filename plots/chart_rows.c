/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Charts over single rows: address space, lifetimes, files of a source, delivering peers. */
#include <stdio.h>

#include "plots/panels_data.h"

/* ", during incident #3" or nothing. */
static const char *
during(const struct request *q, const struct comparison *c)
{
	return c->incident == NULL ? "" :
	    arena_print(q->arena, ", during incident #%lld", (long long)c->incident->id);
}

static void
finish(const struct request *q, struct figure *fig, const char *about)
{
	fig->about = arena_print(q->arena, "%s. %s. %s", fig->title, fig->subtitle, about);
}

int
chart_blocks(const struct request *q, struct figure *fig)
{
	struct comparison c;
	double total, impossible;
	char n[NUMBER_TEXT], share[NUMBER_TEXT], zone[FORMAT_TEXT];
	int result;

	*fig = (struct figure){ .columns = 2, .headings = true };
	panel_data_compare(q, &c);
	if ((result = panel_data_octets(q, &c, &fig->panel[0], &total, &impossible)) != 0)
		return result;
	if ((result = panel_data_octets_change(q, &c, &fig->panel[1])) < 0)
		return result;
	fig->npanels = result == 0 ? 2 : 1;
	fig->columns = fig->npanels;
	fig->width = fig->npanels == 2 ? 0 : 640;
	chart_head(q, fig, "where the sources of keys claim to be", arena_print(q->arena,
	    "%s, %s%s; %s sources, %s in impossible blocks (uniform random would be 13.7 %%)",
	    panel_data_rounds(q, &c.at), format_zone(zone, q->offset_minutes), during(q, &c),
	    number_format(n, total, UNIT_COUNT), number_format(share, unit_shown(UNIT_PERCENT,
	    impossible / total), UNIT_PERCENT)));
	finish(q, fig, "Map of the address space as 16 by 16 blocks of one first octet each, "
	    "and how each differs from rounds without a flood");
	return 0;
}

int
chart_ttl(const struct request *q, struct figure *fig)
{
	struct comparison c;
	char n[NUMBER_TEXT];
	size_t rounds = 0;
	int result;

	*fig = (struct figure){ .columns = 1, .headings = true, .npanels = 1 };
	panel_data_compare(q, &c);
	if ((result = panel_data_ttl(q, &c, &fig->panel[0], &rounds)) != 0)
		return result;
	chart_head(q, fig, "remaining lifetime of keys, bogus against genuine",
	    arena_print(q->arena,
	    "%s round%s to round %u%s%s%s", number_format(n, (double)rounds, UNIT_COUNT),
	    rounds == 1 ? "" : "s", c.at.id[c.at.n - 1], during(q, &c),
	    q->source->lifetime_note != NULL ? "; " : "",
	    q->source->lifetime_note != NULL ? q->source->lifetime_note : ""));
	finish(q, fig, "Histogram of the remaining lifetime of key records, one group for "
	    "each verdict on the source");
	return 0;
}

int
chart_keys(const struct request *q, struct figure *fig)
{
	struct comparison c;
	int result;

	*fig = (struct figure){ .columns = 1, .headings = true, .npanels = 1 };
	panel_data_compare(q, &c);
	if ((result = panel_data_keys(q, &c, &fig->panel[0])) != 0)
		return result;
	chart_head(q, fig, "how many files does a source advertise?", arena_print(q->arena,
	    "sources seen in %s%s; both axes logarithmic", panel_data_rounds(q, &c.at),
	    during(q, &c)));
	finish(q, fig, "Histogram of the number of files that a source advertises, one group "
	    "for each verdict on the source");
	return 0;
}

int
chart_peers(const struct request *q, struct figure *fig)
{
	int result;

	*fig = (struct figure){ .columns = 1, .headings = true, .npanels = 1 };
	if ((result = panel_data_peers(q, &fig->panel[0])) != 0)
		return result;
	chart_head(q, fig, arena_print(q->arena, "who delivered the keys of incident #%lld",
	    (long long)q->incident->id), "peers that handed the sensor bogus advertisements, ranked by "
	    "the least bogus share that chance allows; to deliver is not to make: most are "
	    "innocent relays");
	finish(q, fig, "Ranked bars of the peers that delivered bogus advertisements");
	return 0;
}
