/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How alike two nodes' cluster words are (protocol 4.2): what decides who is
 * evicted and in what order other nodes are named.
 */
#ifndef KANSOKU_TESTS_LAB_CLUSTER_WORDS_H
#define KANSOKU_TESTS_LAB_CLUSTER_WORDS_H

#include <stddef.h>
#include <stdint.h>

#define WORDS_N		3
#define WORDS_ALIKE_MAX	100

/*
 * The sum, over pairs of words of which one contains the other, of the shorter
 * one's length in bytes; 0..WORDS_ALIKE_MAX.  Words are used up to the first
 * empty one; those of one byte, and those that contain an earlier word of the
 * same node, are passed over.  Case counts.
 */
uint32_t	cluster_words_alike(const char *const mine[WORDS_N],
	    const char *const theirs[WORDS_N]);

#endif
