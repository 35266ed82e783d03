/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A made-up overlay, for the test that one can be added without touching any
 * other file.  Lines of text: the peer says "H", then for each "ASK" lines
 * "K ENDPOINT HASH COLOUR" and "N ENDPOINT", closed by "E"; we leave by "BYE".
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/overlay.h"

extern const struct overlay toy;

static const struct field colour = { .name = "colour", .about = "colour of the thing, 0 to 7",
	.max = 7, .level = LEVEL_ADVERT };
static const struct overlay_fields fields = { .overlay = "toy", .content_length = 20,
	.judged = 1u << OBS_KEY, .of = { [OBS_KEY] = { &colour, 1 } } };

struct dialog {
	struct dialog_config	 config;
	struct dialog_sink	 sink;
	struct dialog_peer	 peer;
	enum dialog_state	 state;
	const char		*why;
	int64_t			 until_ms;
	int			 asked;
	char			 line[128];
	size_t			 n;
};

static void
say(struct dialog *d, const char *text)
{
	d->sink.send(d->sink.arg, (const uint8_t *)text, strlen(text));
}

static enum dialog_state
end(struct dialog *d, enum dialog_state state, const char *why)
{
	d->state = state;
	d->why = why;
	return state;
}

static bool
read_hash(struct content_id *c, const char *hex)
{
	for (c->len = 0; c->len < 20; c->len++)
		if (sscanf(hex + 2 * c->len, "%2hhx", &c->id[c->len]) != 1)
			return false;
	return strlen(hex) == 40;
}

static void
ask_or_leave(struct dialog *d, int64_t now_ms)
{
	say(d, d->asked++ < d->config.windows ? "ASK\n" : "BYE\n");
	d->until_ms = now_ms + d->config.patience_ms;
	if (d->asked > d->config.windows)
		end(d, DIALOG_DONE, "asked all that there was to ask");
}

static bool
on_line(struct dialog *d, int64_t now_ms)
{
	struct observation o = { .peer = d->config.peer, .fields = &fields };
	char *rest = NULL, *word = strtok_r(d->line, " ", &rest), *to = strtok_r(NULL, " ", &rest);
	char *hash = strtok_r(NULL, " ", &rest), *shade = strtok_r(NULL, " ", &rest);

	if (word == NULL || (!d->peer.handshaken && *word != 'H'))
		return false;
	if (*word == 'H' || *word == 'E') {
		d->peer.handshaken = true;
		d->peer.windows += *word == 'E';
		ask_or_leave(d, now_ms);
		return true;
	}
	if (*word == 'K' && hash != NULL && read_hash(&o.key.content, hash) &&
	    endpoint_parse(&o.key.source, to)) {
		o.type = OBS_KEY;
		o.value[0].number = shade == NULL ? UNKNOWN : atoi(shade);
		d->peer.keys++;
	} else if (*word == 'N' && to != NULL && endpoint_parse(&o.neighbour.node, to)) {
		o.type = OBS_NEIGHBOUR;
		d->peer.neighbours++;
	} else {
		return false;
	}
	d->sink.found(d->sink.arg, &o);
	return true;
}

static struct dialog *
toy_open(const struct dialog_config *c, const struct dialog_sink *sink, int64_t now_ms)
{
	struct dialog *d = calloc(1, sizeof(*d));

	if (d != NULL)
		*d = (struct dialog){ .config = *c, .sink = *sink, .why = "", .until_ms = now_ms + c->handshake_ms,
		.peer = { .dialog = true, .announced = c->peer, .farewell = UNKNOWN } };
	return d;
}

static enum dialog_state
toy_input(struct dialog *d, int64_t now_ms, const uint8_t *p, size_t n)
{
	for (; d->state == DIALOG_OPEN && n > 0; p++, n--) {
		d->line[d->n++] = (char)(*p == '\n' ? '\0' : *p);
		if ((*p == '\n' && !on_line(d, now_ms)) || d->n == sizeof(d->line))
			end(d, DIALOG_BROKEN, "a line that is none of ours, or too long");
		d->n = *p == '\n' ? 0 : d->n;
	}
	return d->state;
}

static int64_t toy_due(const struct dialog *d) { return d->until_ms; }
static void toy_leave(struct dialog *d) { say(d, "BYE\n"); }
static void toy_peer(const struct dialog *d, struct dialog_peer *p) { *p = d->peer; }
static const char *toy_why(const struct dialog *d) { return d->why; }
static void toy_close(struct dialog *d) { free(d); }

static enum dialog_state
toy_tick(struct dialog *d, int64_t now_ms)
{
	return now_ms < d->until_ms ? d->state : end(d, DIALOG_BROKEN, "too slow");
}

static bool
toy_entry(struct endpoint *e, const char *line, const char **why)
{
	*why = *line == '\0' ? NULL : endpoint_read(e, line);
	return *line != '\0' && *why == NULL;
}

static const struct overlay_traits traits = {
	.nets = 1u << NET_IPV6,
	.leads = 1u << OBS_KEY,
	.visit = { .handshake_ms = 2000, .answer_ms = 2000, .slack_ms = 1000, .shortest_ms = 1000 },
};
static const struct utterance repertoire[] = {
	{ "ASK", "what have you?" }, { "BYE", "goodbye" }, { NULL, NULL }
};
const struct overlay toy = { .name = "toy", .carrier = CARRIER_STREAM, .traits = &traits, .fields = &fields,
	.repertoire = repertoire, .open = toy_open, .input = toy_input, .due = toy_due, .tick = toy_tick,
	.leave = toy_leave, .peer = toy_peer, .why = toy_why, .close = toy_close, .peer_entry = toy_entry };
