/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/detect/address_density.h"

#include <math.h>
#include <string.h>

#define LEVELS		4
#define EM_STEPS	12
#define EM_SAMPLE	3000	/* more addresses than this do not sharpen four weights */

static const double start_weight[LEVELS] = { 0.2, 0.5, 0.2, 0.1 };

void
address_density_clear(struct address_density *d)
{
	index_clear(&d->known);
	index_clear(&d->slash24);
	d->count24.n = 0;
	memset(d->count16, 0, sizeof(d->count16));
	memset(d->count8, 0, sizeof(d->count8));
	memcpy(d->weight, start_weight, sizeof(d->weight));
}

void
address_density_free(struct address_density *d)
{
	index_free(&d->known);
	index_free(&d->slash24);
	array_free(&d->count24);
}

int
address_density_add(struct address_density *d, uint32_t ip)
{
	size_t before = d->known.n;
	uint32_t *of24;

	if (index_add(&d->known, ip) == INDEX_NONE)
		return -1;
	if (d->known.n == before)
		return 0;
	if ((of24 = index_add_item(&d->slash24, ip >> 8, &d->count24)) == NULL)
		return -1;
	++*of24;
	d->count16[ip >> 16]++;
	d->count8[ip >> 24]++;
	return 0;
}

/* Says how many times likelier than uniform it is by each level, itself left out. */
static void
gains(const struct address_density *d, uint32_t ip, double gain[LEVELS])
{
	bool known = index_find(&d->known, ip) != INDEX_NONE;
	double others = (double)d->known.n - known;
	uint32_t k = index_find(&d->slash24, ip >> 8);
	double n24 = k == INDEX_NONE ? 0 : d->count24.p[k];

	for (int i = 0; i < LEVELS - 1; i++)
		gain[i] = 0;
	if (others > 0) {
		gain[0] = (n24 - known) / others * 16777216.0;
		gain[1] = ((double)d->count16[ip >> 16] - known) / others * 65536.0;
		gain[2] = ((double)d->count8[ip >> 24] - known) / others * 256.0;
	}
	gain[LEVELS - 1] = 1;
}

void
address_density_fit(struct address_density *d)
{
	size_t step = d->known.n / EM_SAMPLE + 1;
	double gain[LEVELS], part[LEVELS], all, n;

	for (int it = 0; it < EM_STEPS; it++) {
		/* One address that came from anywhere is supposed beforehand: never 0. */
		double sum[LEVELS] = { 0, 0, 0, 1 };

		n = 1;
		for (size_t i = 0; i < d->known.n; i += step) {
			gains(d, (uint32_t)d->known.key[i], gain);
			all = 0;
			for (int l = 0; l < LEVELS; l++)
				all += part[l] = d->weight[l] * gain[l];
			for (int l = 0; l < LEVELS; l++)
				sum[l] += part[l] / all;
			n++;
		}
		for (int l = 0; l < LEVELS; l++)
			d->weight[l] = fmax(sum[l] / n, 1e-6);
	}
}

double
address_density_gain(const struct address_density *d, uint32_t ip)
{
	double gain[LEVELS], all = 0;

	gains(d, ip, gain);
	for (int l = 0; l < LEVELS; l++)
		all += d->weight[l] * gain[l];
	return log2(all);
}

bool
address_density_has_slash16(const struct address_density *d, uint32_t ip)
{
	uint32_t own = index_find(&d->known, ip) != INDEX_NONE;

	return d->count16[ip >> 16] > own;
}
