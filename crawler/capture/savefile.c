/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crawler/capture/savefile.h"

#include <inttypes.h>
#include <stdlib.h>

#include "crawler/capture/pcap_file.h"
#include "crawler/capture/pcapng.h"

struct savefile {
	FILE		*f;
	struct pcapng	*pcapng;	/* or, if it is none, */
	struct pcap_file pcap;
	uint64_t	 records;
};

/* A pcapng file begins with a block of type 0a0d0d0a, which reads the same either way round. */
#define PCAPNG_FIRST	0x0a

void
savefile_close(struct savefile *s)
{
	if (s == NULL)
		return;
	pcap_file_end(&s->pcap);
	pcapng_free(s->pcapng);
	if (s->f != NULL)
		fclose(s->f);
	free(s);
}

/* One byte tells the two apart, and one can be given back to any stream. */
static bool
begin(struct savefile *s, char why[SAVEFILE_WHY])
{
	const char *wrong;
	int first = getc(s->f);

	if (first == EOF) {
		snprintf(why, SAVEFILE_WHY, ferror(s->f) ? "cannot be read" : "is empty");
		return false;
	}
	ungetc(first, s->f);
	if (first != PCAPNG_FIRST)
		wrong = pcap_file_begin(&s->pcap, s->f);
	else
		wrong = (s->pcapng = pcapng_new(s->f)) == NULL ? "out of memory" : NULL;
	if (wrong != NULL)
		snprintf(why, SAVEFILE_WHY, "%s", wrong);
	return wrong == NULL;
}

struct savefile *
savefile_open(const char *path, char why[SAVEFILE_WHY])
{
	struct savefile *s = calloc(1, sizeof(*s));

	if (s == NULL) {
		snprintf(why, SAVEFILE_WHY, "out of memory");
		return NULL;
	}
	if ((s->f = input_open(path, why)) != NULL && begin(s, why))
		return s;
	savefile_close(s);
	return NULL;
}

int
savefile_next(struct savefile *s, struct packet *packet, char why[SAVEFILE_WHY])
{
	const char *reason = NULL;
	int got;

	if (s->pcapng == NULL)
		got = pcap_file_next(&s->pcap, packet, &reason);
	else if ((got = pcapng_next(s->pcapng, packet)) < 0)
		reason = pcapng_why(s->pcapng);
	s->records += got > 0;
	if (got < 0)
		snprintf(why, SAVEFILE_WHY, "record %" PRIu64 ": %s", s->records + 1, reason);
	return got;
}

const char *
savefile_interface(const struct savefile *s)
{
	return s->pcapng != NULL ? pcapng_interface(s->pcapng) : "";
}

int64_t
savefile_dropped(const struct savefile *s)
{
	return s->pcapng != NULL ? pcapng_dropped(s->pcapng) : -1;
}
