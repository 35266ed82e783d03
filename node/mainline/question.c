/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "node/mainline/question.h"

#include <stdio.h>
#include <string.h>

/* Two letters that no other client uses, and two bytes of version (BEP 20). */
#define CLIENT	"kn\0\1"

const char *const question_name[ASK_N] = { "find_node", "sample_infohashes", "get_peers" };

static void
put_string(struct wire_out *w, const void *p, size_t n)
{
	char length[8];

	wire_put(w, length, (size_t)snprintf(length, sizeof(length), "%zu:", n));
	wire_put(w, p, n);
}

static void
put_word(struct wire_out *w, const char *s)
{
	put_string(w, s, strlen(s));
}

size_t
question_write(uint8_t *out, enum question q, const uint8_t self[NODE_ID], struct text t,
    const uint8_t target[NODE_ID])
{
	struct wire_out w = wire_out_of(out, LIMIT_QUERY);

	/* Keys in the order of their bytes, as one real client demands. */
	wire_put(&w, "d", 1);
	put_word(&w, "a");
	wire_put(&w, "d", 1);
	put_word(&w, "id");
	put_string(&w, self, NODE_ID);
	put_word(&w, q == ASK_PEERS ? "info_hash" : "target");
	put_string(&w, target, NODE_ID);
	wire_put(&w, "e", 1);
	put_word(&w, "q");
	put_word(&w, question_name[q]);
	put_word(&w, "ro");
	wire_put(&w, "i1e", 3);
	put_word(&w, "t");
	put_string(&w, t.p, t.len);
	put_word(&w, "v");
	put_string(&w, CLIENT, sizeof(CLIENT) - 1);
	put_word(&w, "y");
	put_word(&w, "q");
	wire_put(&w, "e", 1);
	return w.bad ? 0 : (size_t)(w.p - out);
}
