/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Files and words: what nodes hold, what keys say of it, and what floods make up.
 *
 * A file is its rank in a catalogue whose popularity falls as a power of the
 * rank, so a few files have many sources.  All else about it is drawn from
 * its number.
 */
#include "tests/lab/world_impl.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define BLOCK		65536	/* bytes, the overlay's unit of files */
#define MONTH_S		(30 * 86400)
#define OLDEST_S	(1000 * 86400)	/* receivers refuse time stamps over 1095 days */
#define POPULAR_SHARE	0.25	/* of its keys that a holder of an event's file gives to it */

/* Neutral words, in CP932 as the overlay writes them. */
static const char *const words[] = {
	"music", "movie", "anime", "game", "soft", "photo", "comic", "novel", "live", "radio",
	"drama", "album", "single", "OST", "sample", "demo", "best", "vol", "special",
	"remix", "manual", "tool", "font", "linux", "driver", "data", "archive",
	"\211\271\212y", "\211f\211\346", "\203A\203j\203\201", "\203Q\201[\203\200",
	"\216\312\220^", "\226\237\211\346", "\217\254\220\340", "\216G\216\217",
	"\223\256\211\346", "\224\324\221g", "\230^\211\346", "\223\301\217W",
	"\221S\212\252", "\221\346\210\352\230b", "\215\305\217I\211\361",
	"\221\215\217W\225\322", "\223\257\220l", "\216\221\227\277", "\222n\220}",
	"\223S\223\271", "\224L", "\212C", "\213\363", "\211\304", "\223~",
	"\327\262\314\336", "\327\274\336\265", "\221\314\214\261\224\305",
	"\212\256\221S\224\305", "\226\242\225\322\217W", "\215\202\211\346\216\277",
	"\216\232\226\213", "\211\314\216\214", "\212y\225\210", "\223\214\213\236",
	"\221\345\215\343", "\213\236\223s", "\226k\212C\223\271", "\211\253\223\352",
};
#define NWORDS	(sizeof(words) / sizeof(*words))

static const char *const suffixes[] = {
	"zip", "mp3", "avi", "mpg", "jpg", "lzh", "iso", "wmv", "txt", "rar"
};
#define NSUFFIXES (sizeof(suffixes) / sizeof(*suffixes))

static const char *
drawn_word(uint64_t drawn)
{
	return words[prng_scale(drawn, NWORDS)];
}

void
catalogue_words(const struct world *w, uint32_t slot, char out[3][32])
{
	uint64_t x = prng_keyed(w->seed, DRAW_WORDS, slot, 0);
	unsigned n = prng_scale(x, 8);	/* 3 in 8 leave the third empty, 1 in 8 the second too */

	for (unsigned i = 0; i < 3; i++) {
		bool left_empty = (i == 2 && n < 3) || (i == 1 && n < 1);

		snprintf(out[i], sizeof(out[i]), "%s",
		    left_empty ? "" : drawn_word(prng_keyed(w->seed, DRAW_WORDS, slot, i + 1)));
	}
}

/* ---- who holds what ----------------------------------------------------------------- */

/* The rank below n of an even draw, when popularity falls as rank^-s. */
static uint32_t
zipf(double u, uint32_t n, double s)
{
	double x = fabs(s - 1) < 1e-6 ? pow(n, u)
				      : pow(u * (pow(n, 1 - s) - 1) + 1, 1 / (1 - s));

	return x >= n ? n - 1 : x < 1 ? 0 : (uint32_t)x - 1;
}

/* The file of a popular-file event that this holder has by now, or -1. */
static int
popular(const struct world *w, uint32_t slot, double t)
{
	for (int i = 0; i < MAX_EVENTS; i++) {
		const struct event_settings *e = &w->file.event[i];
		uint64_t x;

		if (e->line == 0 || e->kind != EV_POPULAR || t < e->from)
			continue;
		x = prng_keyed(w->seed, DRAW_POPULAR, slot, (uint64_t)i);
		if (prng_part(x, 0) < e->size && t >= e->from + e->ramp * prng_part(x, 1) &&
		    t < e->until)
			return i;
	}
	return -1;
}

uint32_t
catalogue_held(const struct world *w, uint32_t slot, uint32_t i, double t)
{
	const struct population_settings *p = &w->file.population;
	uint64_t x = prng_keyed(w->seed, DRAW_HELD, slot, i);
	int event = popular(w, slot, t);

	if (event >= 0 && prng_part(x, 0) < POPULAR_SHARE)
		return p->catalogue + (uint32_t)event;
	return zipf(prng_unit(x), p->catalogue, p->zipf);
}

/* ---- what a key says --------------------------------------------------------------------- */

/* Appends to the name; what does not fit is left out. */
static void
append_name(struct world_key *k, const char *text)
{
	size_t n = strlen(text), room = sizeof(k->name) - k->name_len;

	if (n <= room) {
		memcpy(k->name + k->name_len, text, n);
		k->name_len = (uint8_t)(k->name_len + n);
	}
}

/* The last digits of a number, with leading zeros. */
static void
add_digits(struct world_key *k, uint64_t number, unsigned base, unsigned digits)
{
	char text[24];

	text[digits] = '\0';
	for (; digits > 0; number /= base)
		text[--digits] = "0123456789abcdef"[number % base];
	append_name(k, text);
}

static void
set_hash(struct world_key *k, uint64_t a, uint64_t b)
{
	memcpy(k->hash, &a, 8);
	memcpy(k->hash + 8, &b, 8);
}

/* Ten characters of the trip alphabet, for three files in ten. */
static void
set_trip(struct world_key *k, uint64_t drawn)
{
	static const char alphabet[] =
	    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

	if (prng_part(drawn, 0) >= 0.3)
		return;
	for (unsigned i = 0; i < 10; i++, drawn = prng_mix(drawn + i))
		k->trip[i] = alphabet[prng_scale(drawn, 62)];
}

/* Sizes spread over five decades about some MB; the other fields follow. */
static void
set_sizes(const struct world *w, struct world_key *k, uint64_t x)
{
	double size = exp(9.5 + 11 * prng_part(x, 0));

	k->size = (uint32_t)size;
	k->version = k->size <= BLOCK || prng_part(x, 1) < 0.9 ? 5 : 4;
	k->ignore = prng_part(x, 2) < 0.005;
	k->blocks = 10 + (uint32_t)(x & 0xffff) % 1000;
	k->mtime = (uint32_t)(w->file.world.start.ms / 1000 - OLDEST_S +
	    (int64_t)(prng_part(x, 3) * (OLDEST_S - MONTH_S)));
}

static void
name_genuine(struct world_key *k, uint64_t x)
{
	uint64_t y = prng_mix(x);

	append_name(k, "[");
	append_name(k, drawn_word(x));
	append_name(k, "] ");
	append_name(k, drawn_word(y));
	append_name(k, " ");
	append_name(k, drawn_word(prng_mix(y)));
	append_name(k, " ");
	add_digits(k, (x & 0xffff) % 30, 10, 2);
	append_name(k, ".");
	append_name(k, suffixes[(x >> 16 & 0xffff) % NSUFFIXES]);
}

void
catalogue_key(const struct world *w, uint32_t file, uint32_t slot, struct world_key *k)
{
	uint64_t x = prng_keyed(w->seed, DRAW_FILE, file, 0),
	    y = prng_keyed(w->seed, DRAW_FILE, file, 1);

	set_hash(k, x, y);
	set_sizes(w, k, prng_mix(x));
	set_trip(k, prng_mix(y));
	name_genuine(k, prng_keyed(w->seed, DRAW_NAME, file, 0));
	k->blocks += prng_scale(prng_keyed(w->seed, DRAW_FILE_MORE, file, slot), 500);
}

/* Each flood writes names in its own style: letters, numbers, or words in a row. */
static void
name_fake(struct world_key *k, unsigned style, uint64_t x, uint64_t y)
{
	switch (style % 3) {
	case 0:
		add_digits(k, y, 16, 16);
		break;
	case 1:
		append_name(k, drawn_word(x));
		append_name(k, drawn_word(y));
		append_name(k, drawn_word(prng_mix(y)));
		break;
	default:
		add_digits(k, y, 10, 5);
		append_name(k, " ");
		append_name(k, drawn_word(x));
	}
	append_name(k, ".");
	append_name(k, suffixes[style % 3 == 1 ? 0 : x % NSUFFIXES]);
}

void
catalogue_fake(const struct world *w, unsigned flood, uint64_t which, struct world_key *k)
{
	uint64_t x = prng_keyed(w->seed, DRAW_SOURCE_MORE, flood, 2 * which);
	uint64_t y = prng_keyed(w->seed, DRAW_SOURCE_MORE, flood, 2 * which + 1);

	set_hash(k, x, y);
	set_sizes(w, k, prng_mix(x));
	k->version = 5;
	name_fake(k, flood, x, y);
}
