/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Incidents from run to run: copied, packed into bytes and back; the bytes may not be ours. */
#include "analysis/incidents/incidents.h"

#include <string.h>

struct incident *
incidents_at(const struct incidents *in, size_t i)
{
	return (struct incident *)in->all.p + i;
}

void
incidents_free(struct incidents *in)
{
	for (size_t i = 0; i < in->all.n; i++) {
		index_free(&incidents_at(in, i)->who);
		array_free(&incidents_at(in, i)->deliverer);
	}
	array_free(&in->all);
}

static int
add_deliverer(struct incident *i, const struct deliverer *d)
{
	uint32_t k = index_add(&i->who, d->node);

	if (k == INDEX_NONE || array_reach(&i->deliverer, sizeof(*d), i->who.n) != 0)
		return -1;
	((struct deliverer *)i->deliverer.p)[k] = *d;
	return 0;
}

int
incidents_copy(struct incidents *to, const struct incidents *from)
{
	memset(to, 0, sizeof(*to));
	to->next_id = from->next_id;
	for (size_t i = 0; i < from->all.n; i++) {
		const struct incident *f = incidents_at(from, i);
		struct incident *t = array_add(&to->all, sizeof(*t));

		if (t == NULL)
			return -1;
		t->is = f->is;
		for (size_t k = 0; k < f->deliverer.n; k++)
			if (add_deliverer(t, (const struct deliverer *)f->deliverer.p + k) != 0)
				return -1;
	}
	return 0;
}

/* ---- bytes ---- */

static int
put(struct array *bytes, const void *p, size_t len)
{
	size_t n = bytes->n;

	if (array_reach(bytes, 1, n + len) != 0)
		return -1;
	memcpy((char *)bytes->p + n, p, len);
	return 0;
}

int
incidents_pack(const struct incidents *in, struct array *bytes)
{
	uint64_t head[2] = { in->all.n, (uint64_t)in->next_id };
	int bad = put(bytes, head, sizeof(head));

	for (size_t i = 0; i < in->all.n && bad == 0; i++) {
		const struct incident *x = incidents_at(in, i);
		uint64_t n = x->deliverer.n;

		bad = put(bytes, &x->is, sizeof(x->is)) | put(bytes, &n, sizeof(n));
		if (bad == 0 && n > 0)
			bad = put(bytes, x->deliverer.p, n * sizeof(struct deliverer));
	}
	return bad;
}

static bool
get(struct text *t, void *p, size_t len)
{
	if (len > t->len)
		return false;
	memcpy(p, t->p, len);
	t->p += len;
	t->len -= len;
	return true;
}

static bool
unpack_one(struct incidents *in, struct text *t, uint32_t max_node)
{
	struct incident *i = array_add(&in->all, sizeof(*i));
	struct deliverer d;
	uint64_t n;

	if (i == NULL || !get(t, &i->is, sizeof(i->is)) || !get(t, &n, sizeof(n)) ||
	    n > t->len / sizeof(d) || i->is.kind >= INC_NKIND)
		return false;
	while (n-- > 0) {
		if (!get(t, &d, sizeof(d)) || d.node > max_node || add_deliverer(i, &d) != 0)
			return false;
	}
	return true;
}

bool
incidents_unpack(struct incidents *in, struct text t, uint32_t max_node)
{
	uint64_t head[2];

	memset(in, 0, sizeof(*in));
	if (!get(&t, head, sizeof(head)) || head[0] > 1000 || head[1] == 0 || head[1] > INT64_MAX)
		return false;
	in->next_id = (int64_t)head[1];
	while (head[0]-- > 0)
		if (!unpack_one(in, &t, max_node))
			return false;
	return t.len == 0;
}
