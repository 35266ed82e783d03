/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One round, condensed to what the analysis looks at more than once.
 *
 * Made from the rows of the round and kept with the results until its day is
 * over, so that one more round costs the reading of that round only.  It holds
 * no names and no verdicts.  Lists are sorted by their first member.
 */
#ifndef KANSOKU_ANALYSIS_ROUNDS_ROUND_DIGEST_H
#define KANSOKU_ANALYSIS_ROUNDS_ROUND_DIGEST_H

#include "analysis/rounds/address_sample.h"
#include "analysis/rounds/address_space.h"
#include "data/lib/pack_bytes.h"
#include "data/store/rows.h"

#define TTL_UNKNOWN	UINT16_MAX

/* A node that was named in the round, and how (enum seen_bit). */
struct named { uint32_t node; uint32_t bits; };
/* A node named as the source of keys. */
struct source {
	uint32_t	node;
	uint32_t	link, claim;	/* its first ones in the lists below */
	uint32_t	first_peer;	/* who was the first to name it in the round */
	uint16_t	links, claims;	/* distinct peers and distinct hashes, at most LINKS_MAX */
	uint16_t	ttl;		/* of its first sighting in the round, seconds */
};
/* Keys that name this source, from one peer. */
struct link { uint32_t source, peer; uint16_t keys, ttl; /* highest */ };
/* A source offers a hash: the first eight bytes of it, and its number in this run. */
struct claim { uint64_t hash; uint32_t source, number; };
/* aside: the node is not in the sample, and counts only for what is said of it as a peer. */
struct visit { uint32_t node; uint8_t outcome; bool inbound, aside; };
/* Neighbour records that name this node, from one peer. */
struct mention { uint32_t node, peer; uint32_t times; };
/* All that one peer delivered. */
struct peer_total { uint32_t peer, keys, sources; };

#define LINKS_MAX	65535

struct round_digest {
	uint32_t	round;
	bool		complete;
	bool		cut_short;		/* it saw less than there was: what is not in it is not gone */
	int64_t		start_ms, end_ms;	/* UNKNOWN if not recorded */
	int64_t		tried, reached;
	struct channel_totals totals;
	/* Everything below is of one address in 2^level (address_sample.h): who was named, who
	 * was a source and who was visited; of the peers, and of visits, those are left as
	 * well that what the sampled sources tell of the peers needs. */
	uint32_t	level;

	/* Of all addresses, counted while they were read, and not kept: */
	struct {
		double	instant;	/* sources */
		double	top_share;	/* of the ten peers that handed over most keys; NAN: none */
	}		whole;

	ARRAY_OF(struct named) named;
	ARRAY_OF(struct source) source;
	ARRAY_OF(struct link) link;
	ARRAY_OF(struct claim) claim;
	ARRAY_OF(struct visit) visit;
	ARRAY_OF(struct mention) mention;
	ARRAY_OF(struct peer_total) peer;
};

/* The hash of a file as it was looked up last. */
struct file_hash { uint64_t hash; uint32_t file; };

/* It remembers the hashes of files between rounds while reading. */
struct round_digest_reader {
	struct store	*store;
	const struct address_space *space;
	struct address_sample *sample;	/* NULL: all addresses, however many */
	unsigned	level;		/* at least: of the sample that is read */
	size_t		most;		/* bytes that the records of a round may take while read */
	ARRAY_OF(struct file_hash) hash;	/* by the last bits of the file's id */
};

/* NULL on error, with a complaint made.  The level is raised as far as the bounds of the
 * reader ask for. */
struct round_digest	*round_digest_read(struct round_digest_reader *, const struct round_row *);
/* Only who was named in the round, and when it was: enough to count. */
struct round_digest	*round_digest_read_named(struct store *, const struct round_row *);
void		 round_digest_reader_free(struct round_digest_reader *);
void		 round_digest_free(struct round_digest *);	/* NULL is fine */

/* Leaves what is in the sample of this level, which is not below the digest's.  0, or -1
 * with a complaint made. */
int		 round_digest_thin(struct round_digest *, struct round_digest_reader *,
		    unsigned level);
/* Bytes that its lists take. */
size_t		 round_digest_bytes(const struct round_digest *);

/* Its layout in bytes, both ways; what was read is not checked yet. */
void		 round_digest_pack(struct pack *, struct round_digest *);
/* NULL when the bytes are not a digest of this version, or name a node above max_node. */
struct round_digest	*round_digest_unpack(struct text bytes, uint32_t max_node);

#endif
