/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crawler/capture/pcap_file.h"

#include <stdlib.h>
#include <string.h>

#include "bounds.h"

#define FILE_HEAD	24
#define RECORD_HEAD	16
#define OLD_LINUX_HEAD	24
enum { MICROSECONDS = 0xa1b2c3d4, NANOSECONDS = 0xa1b23c4d, OLD_LINUX = 0xa1b2cd34 };

static inline uint32_t
get32(const struct pcap_file *c, const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return c->swapped ? __builtin_bswap32(v) : v;
}

static bool
take_magic(struct pcap_file *c, uint32_t magic)
{
	switch (magic) {
	case MICROSECONDS:
		break;
	case NANOSECONDS:
		c->nanoseconds = true;
		break;
	case OLD_LINUX:
		c->head = OLD_LINUX_HEAD;
		break;
	default:
		return false;
	}
	return true;
}

const char *
pcap_file_begin(struct pcap_file *c, FILE *f)
{
	uint8_t head[FILE_HEAD];
	uint32_t magic, versions;
	uint16_t major, minor;

	*c = (struct pcap_file){ .f = f, .head = RECORD_HEAD };
	if (fread(head, 1, sizeof(head), f) < sizeof(head))
		return "is no capture file: too short";
	memcpy(&magic, head, sizeof(magic));
	if (!take_magic(c, magic)) {
		c->swapped = true;
		if (!take_magic(c, __builtin_bswap32(magic)))
			return "is no capture file";
	}
	versions = get32(c, head + 4);
	/* Two numbers of 16 bits, in the file's order. */
	major = (uint16_t)((__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__) != c->swapped ? versions >> 16 : versions);
	minor = (uint16_t)((__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__) != c->swapped ? versions : versions >> 16);
	if (major != 2)
		return "is a capture file of a version that is not known";
	/* Before 2.3 the two lengths of a record stood the other way round, and in 2.3 some did. */
	c->old_lengths = minor < 3;
	c->lengths_in_doubt = minor == 3;
	c->link = (int)(get32(c, head + 20) & 0x03ffffff);
	if ((c->p = malloc(PACKET_BYTES)) == NULL)
		return "out of memory";
	return NULL;
}

void
pcap_file_end(struct pcap_file *c)
{
	free(c->p);
	c->p = NULL;
}

int
pcap_file_next(struct pcap_file *c, struct packet *packet, const char **why)
{
	uint8_t head[OLD_LINUX_HEAD];
	size_t got = fread(head, 1, c->head, c->f);
	uint32_t n, len;

	if (got == 0 && feof(c->f))
		return 0;
	*why = ferror(c->f) ? "cannot be read" : "ends inside a packet";
	if (got < c->head)
		return -1;
	n = get32(c, head + 8);
	len = get32(c, head + 12);
	if (c->old_lengths || (c->lengths_in_doubt && n > len)) {
		uint32_t swap = n;

		n = len;
		len = swap;
	}
	if (n > PACKET_BYTES) {
		*why = "a packet is longer than 262144 bytes";
		return -1;
	}
	if (fread(c->p, 1, n, c->f) < n) {
		*why = ferror(c->f) ? "cannot be read" : "ends inside a packet";
		return -1;
	}
	*packet = (struct packet){ .link = c->link, .p = c->p, .n = n, .len = len > n ? len : n,
		.t_ns = (int64_t)get32(c, head) * 1000000000 +
		    (int64_t)get32(c, head + 4) * (c->nanoseconds ? 1 : 1000) };
	return 1;
}
