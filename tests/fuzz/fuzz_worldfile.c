/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Any bytes as a world file: it is refused in one printable line that names the
 * file, or every value that came of it is one that a world can be made of.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/lab/worldfile.h"
#include "tests/fuzz/fuzz.h"

static void
judge_complaint(const char *path, const char *why)
{
	MUST(why != NULL && strncmp(why, path, strlen(path)) == 0);
	for (const unsigned char *p = (const unsigned char *)why; *p != '\0'; p++)
		MUST(*p >= 0x20 && *p != 0x7f);
}

static void
judge_flood(const struct flood_settings *f)
{
	if (f->line == 0)
		return;
	MUST(f->until > f->from && isfinite(f->from));
	MUST(f->rate.per_second > 0 && isfinite(f->rate.per_second));
	MUST(f->on.low >= 60 && f->on.low <= f->on.high && f->off.low <= f->off.high);
	MUST(f->addresses >= ADDR_UNIFORM && f->addresses <= ADDR_FEW);
	MUST(f->ports >= PORTS_ANY && f->ports <= PORTS_OWN);
	MUST(f->ips > 0 && f->hashes > 0 && f->repeat > 0 && f->life >= 60);
	MUST(f->ports != PORTS_OWN || f->addresses == ADDR_NODES);
}

static void
judge_world(const struct world_file *w)
{
	MUST(w->world.round >= 60 && w->world.nodes >= 20 && w->world.nodes <= 200000);
	MUST(w->population.port0 + w->population.silent <= 0.9);
	MUST(w->population.speed_min <= w->population.speed_max);
	MUST(w->churn.session >= 0 && w->churn.duty >= 0.05 && w->churn.duty <= 0.95);
	for (unsigned i = 0; i < MAX_FLOODS; i++)
		judge_flood(&w->flood[i]);
	for (unsigned i = 0; i < MAX_EVENTS; i++)
		MUST(w->event[i].line == 0 || w->event[i].until > w->event[i].from);
	for (unsigned i = 0; i < MAX_POOLS; i++)
		MUST(w->pool[i].line == 0 || w->pool[i].blocks.n > 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct world_file w;
	char path[32], *why = NULL;
	int fd = memfd_create("world", 0);

	if (fd < 0 || write(fd, data, n) != (ssize_t)n)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (worldfile_read(path, 0, &w, &why))
		judge_world(&w);
	else
		judge_complaint(path, why);
	free(why);
	close(fd);
	return 0;
}
