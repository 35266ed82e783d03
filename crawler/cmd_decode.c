/* SPDX-License-Identifier: GPL-3.0-or-later */
/* kansoku decode: the blocks of one captured direction, without a network. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crawler/block_fields.h"
#include "crawler/verbs.h"
#include "data/lib/cli.h"
#include "data/lib/log.h"

#define CHUNK	65536

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
		log_error("%s: is empty; a capture begins with the 6 bytes of the preamble",
		    c->path);
		return false;
	}
	c->hex = looks_like_hex(c->buf, c->n);
	return !c->hex || unhex(c);
}

/* ---- the blocks -------------------------------------------------------------------- */

struct decoding {
	struct block_fields	fields;
	struct frame	frame;
	bool		header;		/* command 0 has been */
	bool		keep_going;
	bool		broken;		/* something was refused */
	bool		over;		/* nothing more can be read */
};

static void
refuse(struct decoding *d, uint64_t offset, const struct block *b, const char *why, bool over)
{
	block_fields_error(&d->fields, offset, b, why);
	d->broken = true;
	d->over = over || !d->keep_going;
}

static void
on_block(struct decoding *d, const struct block *b)
{
	enum message_error err;
	struct message m;

	if ((err = message_decode(&m, b->code, b->payload)) != MESSAGE_OK) {
		refuse(d, b->offset, b, message_error_text(err), false);
		return;
	}
	if (b->code == CMD_HEADER) {
		if (d->header)
			refuse(d, b->offset, b, "a second protocol header", false);
		frame_rekey(&d->frame);
		d->header = true;
	}
	if (!d->over)
		block_fields_block(&d->fields, b, &m);
}

static void
on_chunk(struct decoding *d, const uint8_t *bytes, size_t n)
{
	enum frame_result r = FRAME_EMPTY;
	struct block b;

	while (!d->over && r != FRAME_MORE) {
		r = frame_next(&d->frame, &bytes, &n, &b);
		if (r == FRAME_BLOCK)
			on_block(d, &b);
		else if (r == FRAME_EMPTY)
			block_fields_block(&d->fields, &b, NULL);
		else if (r != FRAME_MORE)
			refuse(d, b.offset, &b, frame_result_text(r), true);
	}
}

/* A stream should end between two blocks. */
static void
on_end(struct decoding *d)
{
	const struct frame *f = &d->frame;
	char why[96];

	if (d->over || frame_at_rest(f))
		return;
	if (f->in_body) {
		snprintf(why, sizeof(why), "the stream ends inside a block: %u of %u bytes are here",
		    (unsigned)f->has, (unsigned)f->len);
		refuse(d, f->at - f->has - 4, NULL, why, true);
	} else
		refuse(d, f->at - f->head_has, NULL, f->started ?
		    "the stream ends inside a length field" :
		    "the stream ends inside the preamble", true);
}

static int
decode(struct decoding *d, struct capture *c)
{
	bool readable = read_first(c);

	frame_init(&d->frame);
	if (readable)
		block_fields_heading(&d->fields);
	while (readable && c->n > 0 && !d->over) {
		on_chunk(d, c->buf, c->n);
		readable = read_chunk(c);
	}
	if (readable)
		on_end(d);
	frame_clear(&d->frame);
	return readable && !d->broken ? EXIT_DONE : EXIT_FAILED;
}

static int
decode_file(struct decoding *d, const char *path)
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
		status = decode(d, c);
	if (c->from != NULL && c->from != stdin)
		fclose(c->from);
	free(c);
	return status;
}

int
verb_decode(int argc, char **argv)
{
	struct decoding d = { 0 };
	bool json = false;
	const struct option_spec options[] = {
		{ .name = "json", .kind = OPT_FLAG, .into = &json,
		    .help = "one object a line" },
		{ .name = "keep-going", .kind = OPT_FLAG, .into = &d.keep_going,
		    .help = "go on after a block that a node would refuse" },
		{ .name = NULL }
	};
	const struct usage usage = {
		.program = "kansoku decode",
		.operands = "FILE",
		.about = "Prints the blocks of one captured direction of a link, raw bytes or hex\n"
			 "digits, from the 6-byte preamble on.  FILE - is standard input.",
		.min_operands = 1,
		.max_operands = 1,
		.options = options,
	};
	int status, at = cli_options(&usage, argc, argv, &status);

	if (at < 0)
		return status;
	if (strcmp(argv[at], "-") != 0 && !cli_can_be_read("", argv[at]))
		return EXIT_MISUSED;
	if (!block_fields_init(&d.fields, stdout, json)) {
		log_error("out of memory");
		return EXIT_FAILED;
	}
	status = decode_file(&d, argv[at]);
	block_fields_clear(&d.fields);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		log_error("standard output: %s", strerror(errno));
		status = EXIT_FAILED;
	}
	return status;
}
