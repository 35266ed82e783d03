/* SPDX-License-Identifier: GPL-3.0-or-later */
/* kansoku decode: the messages of one captured direction, without a network. */
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crawler/settings.h"
#include "crawler/verbs.h"
#include "data/lib/log.h"
#include "data/lib/text.h"

#define CHUNK	65536
#define SHOWN	2048	/* bytes of a text that a person gets to see */

/* ---- the bytes: raw, or hex digits with blanks and line ends ---------------------- */

struct capture {
	FILE		*from;
	const char	*path;
	bool		 hex;
	int		 half;		/* first digit of a pair, or -1 */
	size_t		 n;		/* bytes in buf */
	uint8_t		 buf[CHUNK];
};

static int
hex_value(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool
is_blank(uint8_t c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool
looks_like_hex(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (hex_value(p[i]) < 0 && !is_blank(p[i]))
			return false;
	return n > 0;
}

/* Turns the digits in buf into bytes, in place; false after a complaint. */
static bool
unhex(struct capture *c)
{
	size_t out = 0;

	for (size_t i = 0; i < c->n; i++) {
		int v = hex_value(c->buf[i]);

		if (v < 0 && !is_blank(c->buf[i])) {
			log_error("%s: begins as hex digits and goes on with something else",
			    c->path);
			return false;
		}
		if (v < 0)
			continue;
		if (c->half >= 0)
			c->buf[out++] = (uint8_t)(c->half << 4 | v);
		c->half = c->half >= 0 ? -1 : v;
	}
	c->n = out;
	return true;
}

/* The next bytes into buf, none at the end; false after a complaint. */
static bool
read_chunk(struct capture *c)
{
	do {
		c->n = fread(c->buf, 1, sizeof(c->buf), c->from);
		if (ferror(c->from)) {
			log_error("%s: %s", c->path, strerror(errno));
			return false;
		}
		if (c->hex && !unhex(c))
			return false;
	} while (c->n == 0 && !feof(c->from));
	if (c->n == 0 && c->half >= 0) {
		log_error("%s: an odd number of hex digits", c->path);
		return false;
	}
	return true;
}

static bool
read_first(struct capture *c)
{
	if (!read_chunk(c))
		return false;
	if (c->n == 0) {
		log_error("%s: is empty", c->path);
		return false;
	}
	c->hex = looks_like_hex(c->buf, c->n);
	return !c->hex || unhex(c);
}

/* ---- what is printed: a line for people, or a JSON object on a line --------------- */

struct listing {
	FILE	*to;
	bool	 json;
	bool	 first;		/* nothing was written since a list or an object began */
	bool	 refused;	/* some message was */
	char	 closes[8];	/* what ends the lists and objects that are open */
	int	 depth;
};

/* The shortest decimal that is this float; false for what is no finite number. */
static bool
float_digits(char digits[32], float v)
{
	for (int precision = 6; precision <= 9 && isfinite(v); precision++) {
		snprintf(digits, 32, "%.*g", precision, (double)v);
		if (strtof(digits, NULL) == v)
			return true;
	}
	return false;
}

/* What parts a value from the one before it, then its name if it has one. */
static void
print_name(struct listing *l, const char *name)
{
	if (!l->first)
		fputs(l->json ? "," : name == NULL ? " " : "  ", l->to);
	l->first = false;
	if (name != NULL && l->json)
		fprintf(l->to, "\"%s\":", name);
	else if (name != NULL)
		fprintf(l->to, "%s ", name);
}

static void
print_integer(struct listing *l, const char *name, int64_t v)
{
	print_name(l, name);
	fprintf(l->to, "%" PRId64, v);
}

/* Words of ours, and addresses: they need no escapes. */
static void
print_plain(struct listing *l, const char *name, const char *s)
{
	print_name(l, name);
	fprintf(l->to, l->json ? "\"%s\"" : "%s", s);
}

static void
print_open(struct listing *l, const char *name, char bracket)
{
	print_name(l, name);
	l->first = true;
	if (!l->json)
		return;
	putc(bracket, l->to);
	assert(l->depth < (int)sizeof(l->closes));
	l->closes[l->depth++] = bracket == '[' ? ']' : '}';
}

/* People see by a dash that a list is empty, and by the lines where records end. */
static void
print_close(struct listing *l)
{
	if (l->json)
		putc(l->closes[--l->depth], l->to);
	else if (l->first)
		putc('-', l->to);
	l->first = false;
}

/* How many records there are of all, then, for programs, a list of those that were refused. */
static void
print_refusals(struct listing *l, const struct part *p)
{
	char name[64];

	snprintf(name, sizeof(name), "%s_total", p->name);
	print_integer(l, name, p->total);
	snprintf(name, sizeof(name), "%s_accepted", p->name);
	print_integer(l, name, p->total - p->number);
	snprintf(name, sizeof(name), "%s_refused", p->name);
	print_open(l, name, '[');
}

static void
print_text(struct listing *l, const struct part *p)
{
	char shown[SHOWN];

	print_name(l, p->name);
	if (p->type == PART_BYTES) {
		fputs(l->json ? "\"" : "", l->to);
		text_hex(l->to, p->text.p, p->text.len);
		fputs(l->json ? "\"" : "", l->to);
	} else if (l->json)
		text_json(l->to, p->text);
	else
		fprintf(l->to, "\"%s\"", text_vis(shown, sizeof(shown), p->text));
}

static void
print_endpoint(struct listing *l, const struct part *p)
{
	char buf[ENDPOINT_TEXT];

	if (!l->json) {
		print_plain(l, p->name, endpoint_format(buf, p->endpoint));
		return;
	}
	print_open(l, p->name, '[');
	print_plain(l, NULL, address_format(buf, p->endpoint));
	print_integer(l, NULL, p->endpoint.port);
	print_close(l);
}

static void
print_refusal(struct listing *l, const struct part *p)
{
	if (!l->json) {
		fprintf(l->to, "\n          %s refused: %s", p->name, p->why);
		return;
	}
	print_open(l, NULL, '{');
	print_integer(l, p->name, p->number);
	print_plain(l, "error", p->why);
	print_close(l);
}

static void
on_part(void *arg, const struct part *p)
{	/* flat */
	struct listing *l = arg;
	char buf[ENDPOINT_TEXT];

	switch (p->type) {
	case PART_INTEGER:
		print_integer(l, p->name, p->number);
		break;
	case PART_FLAG:
		print_name(l, p->name);
		fputs(p->number != 0 ? "true" : "false", l->to);
		break;
	case PART_FLOAT:
		print_name(l, p->name);
		fputs(float_digits(buf, p->real) ? buf : l->json ? "null" :
		    isnan(p->real) ? "not a number" : "infinite", l->to);
		break;
	case PART_TEXT:
	case PART_BYTES:
		print_text(l, p);
		break;
	case PART_ADDRESS:
		print_plain(l, p->name, address_format(buf, p->endpoint));
		break;
	case PART_ENDPOINT:
		print_endpoint(l, p);
		break;
	case PART_LIST:
		print_open(l, p->name, '[');
		break;
	case PART_RECORDS:
		if (l->json)
			print_open(l, p->name, '[');
		else
			print_integer(l, p->name, p->number);
		break;
	case PART_RECORD:
		if (l->json)
			print_open(l, NULL, '{');
		else
			fprintf(l->to, "\n          %s", p->name);
		break;
	case PART_REFUSALS:
		if (l->json)
			print_refusals(l, p);
		break;
	case PART_REFUSAL:
		print_refusal(l, p);
		break;
	case PART_END:
		print_close(l);
		break;
	}
}

/* A number, or "-" where it is not known. */
static void
row_column(const struct listing *l, int width, int64_t v)
{
	if (v == UNKNOWN)
		fprintf(l->to, "%*s", width, "-");
	else
		fprintf(l->to, "%*" PRId64, width, v);
}

static void
on_message(void *arg, const struct decoded *m)
{
	struct listing *l = arg;

	l->first = false;
	l->refused |= m->error != NULL;
	if (!l->json) {
		fprintf(l->to, "%8" PRIu64 "  %-20s ", m->offset, m->name != NULL ? m->name : "-");
		row_column(l, 4, m->code);
		putc(' ', l->to);
		row_column(l, 7, m->len);
		if (m->error != NULL)
			fprintf(l->to, "  error: %s", m->error);
		return;
	}
	fprintf(l->to, "{\"offset\":%" PRIu64, m->offset);
	if (m->code != UNKNOWN)
		print_integer(l, "code", m->code);
	if (m->len != UNKNOWN)
		print_integer(l, "len", m->len);
	if (m->name != NULL)
		print_plain(l, "name", m->name);
	if (m->error != NULL)
		print_plain(l, "error", m->error);
}

static void
on_message_end(void *arg)
{
	const struct listing *l = arg;

	fputs(l->json ? "}\n" : "\n", l->to);
}

/* ---- the verb ----------------------------------------------------------------------- */

/* The digits of one datagram in buf from `from` on, as bytes; false after a complaint. */
static bool
unhex_line(struct capture *c, size_t from, size_t to, uint8_t *out, size_t *n)
{
	for (*n = 0, c->half = -1; from < to; from++) {
		int v = hex_value(c->buf[from]);

		if (v < 0 && is_blank(c->buf[from]))
			continue;
		if (v < 0) {
			log_error("%s: a line of something else than hex digits", c->path);
			return false;
		}
		if (c->half >= 0)
			out[(*n)++] = (uint8_t)(c->half << 4 | v);
		c->half = c->half >= 0 ? -1 : v;
	}
	if (c->half >= 0)
		log_error("%s: an odd number of hex digits in a line", c->path);
	return c->half < 0;
}

/* What is behind the last line end moves to the front, and more is read behind it. */
static bool
refill(struct capture *c, size_t *begun)
{
	memmove(c->buf, c->buf + *begun, c->n - *begun);
	c->n -= *begun;
	*begun = 0;
	if (c->n == sizeof(c->buf)) {
		log_error("%s: a line longer than a datagram can be", c->path);
		return false;
	}
	c->n += fread(c->buf + c->n, 1, sizeof(c->buf) - c->n, c->from);
	if (ferror(c->from))
		log_error("%s: %s", c->path, strerror(errno));
	return !ferror(c->from);
}

/* Datagrams end where the sender ended them: a file of raw bytes is one, a line of hex digits another. */
static bool
decode_datagrams(const struct overlay *overlay, struct decoder *d, struct capture *c)
{
	static uint8_t datagram[CHUNK / 2];
	size_t begun = 0, n;
	const uint8_t *end;
	bool more = true;

	if (!refill(c, &begun))
		return false;
	if (!looks_like_hex(c->buf, c->n)) {
		if (c->n == 0 || getc(c->from) != EOF) {
			log_error("%s: %s", c->path, c->n == 0 ? "is empty" : "longer than a datagram can be");
			return false;
		}
		(void)overlay->decoder_input(d, c->buf, c->n);
		return true;
	}
	while (more && c->n > 0) {
		end = memchr(c->buf + begun, '\n', c->n - begun);
		if (end == NULL && !feof(c->from)) {
			if (!refill(c, &begun))
				return false;
			continue;
		}
		n = end != NULL ? (size_t)(end - c->buf) : c->n;
		if (!unhex_line(c, begun, n, datagram, &n))
			return false;
		if (n > 0)
			more = overlay->decoder_input(d, datagram, n);
		if (end == NULL)
			break;
		begun = (size_t)(end - c->buf) + 1;
	}
	return true;
}

/* Of a stream that could be opened. */
static int
decode(const struct overlay *overlay, struct listing *l, struct capture *c, bool keep_going)
{
	const struct decoder_sink sink = { on_message, on_part, on_message_end, l };
	struct decoder *d = overlay->decoder_open(&sink, keep_going);
	bool whole = overlay->carrier == CARRIER_DATAGRAM, readable, more = true;

	if (d == NULL) {
		log_error("out of memory");
		return EXIT_FAILED;
	}
	if ((readable = whole || read_first(c)) && !l->json)
		fprintf(l->to, "%8s  %-20s %4s %7s  %s\n", "offset", whole ? "datagram" : "block", "code",
		    "length", "fields");
	if (whole)
		readable = decode_datagrams(overlay, d, c);
	while (!whole && readable && more && c->n > 0) {
		more = overlay->decoder_input(d, c->buf, c->n);
		readable = read_chunk(c);
	}
	overlay->decoder_close(d, readable);
	return readable && !l->refused ? EXIT_DONE : EXIT_FAILED;
}

static int
decode_file(const struct overlay *overlay, struct listing *l, const char *path, bool keep_going)
{
	struct capture *c = calloc(1, sizeof(*c));
	int status = EXIT_FAILED;

	if (c == NULL) {
		log_error("out of memory");
		return status;
	}
	c->half = -1;
	c->path = strcmp(path, "-") == 0 ? "standard input" : path;
	c->from = c->path == path ? fopen(path, "rb") : stdin;
	if (c->from == NULL)
		log_error("%s: %s", path, strerror(errno));
	else
		status = decode(overlay, l, c, keep_going);
	if (c->from != NULL && c->from != stdin)
		fclose(c->from);
	free(c);
	return status;
}

int
verb_decode(int argc, char **argv)
{
	struct listing l = { .to = stdout };
	const char *name = overlays[0]->name, *network = NULL;
	const struct overlay *overlay;
	bool keep_going = false;
	const struct option_spec options[] = {
		{ .name = "overlay", .kind = OPT_TEXT, .into = &name, .value = "NAME",
		    .help = "whose link it was (default: the first that this program knows)" },
		{ .name = "network", .kind = OPT_TEXT, .into = &network, .value = "NAME",
		    .help = "which of its networks (default: the one whose bytes these are)" },
		{ .name = "json", .kind = OPT_FLAG, .into = &l.json,
		    .help = "one object a line" },
		{ .name = "keep-going", .kind = OPT_FLAG, .into = &keep_going,
		    .help = "go on after a block that a node would refuse" },
		{ .name = NULL }
	};
	const struct usage usage = {
		.program = "kansoku decode",
		.operands = "FILE",
		.about = "Prints the messages of one captured direction of a link, raw bytes or hex\n"
			 "digits, from its first byte on; of an overlay of datagrams one datagram, or one\n"
			 "in each line of hex digits.  FILE - is standard input.",
		.min_operands = 1,
		.max_operands = 1,
		.options = options,
	};
	int status, at = cli_options(&usage, argc, argv, &status);

	if (at < 0)
		return status;
	if ((overlay = settings_overlay(name, network)) == NULL)
		return EXIT_MISUSED;
	if (overlay->decoder_open == NULL) {
		log_error("--overlay %s: its captures cannot be decoded", name);
		return EXIT_MISUSED;
	}
	if (strcmp(argv[at], "-") != 0 && !cli_can_be_read("", argv[at]))
		return EXIT_MISUSED;
	status = decode_file(overlay, &l, argv[at], keep_going);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		log_error("standard output: %s", strerror(errno));
		status = EXIT_FAILED;
	}
	return status;
}
