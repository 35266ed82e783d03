/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Any bytes as an evidence bundle beside a genuine signature: only the one
 * bundle that was signed is accepted.  Two verdicts on the same bytes are the
 * same, part by part, and every complaint is one printable line.
 *
 * tests/corpus/bundle/good.tar is that bundle.  Its key was made for it and
 * thrown away; the signature below is what kansoku export wrote.
 */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "data/evidence/inspect.h"
#include "data/evidence/keys.h"
#include "tests/fuzz/fuzz.h"

static const char public_key[] =
    "untrusted comment: minisign public key 16F7F116D6007584\n"
    "RWSEdQDWFvH3FhsYnnmkb6TXbC8D5r6QPBrqnnggRk7tEMFux8BBAm1h\n";
static const char signature[] =
    "untrusted comment: signature from minisign secret key 16F7F116D6007584\n"
    "RUSEdQDWFvH3Fggm0AaO/DktY1XRilxW3axdukLDMs0g+jcCmd69iG1Q5rWc1h6cbP7fG7CQO90X/sNIzMPB"
    "+n1D6z4yRpb/4QQ=\n"
    "trusted comment: timestamp:1795378054\tfile:good.tar\thashed\tseq:1\tprev:none\n"
    "63Hfj+vD5mWyAzbws7nvXoC9CbXUFaGXTKKcDgXZHGNf1DZf1lcXHqPKIvoAA24V98DY6ZL1Skrdjg7Eb7SCDQ==\n";
static const char signed_hash[] = "285040247c6c31cc13ec502ce66de1b5c106daadd2cf0dc73c5e890c9e933d7a"
    "12e3a545d12d9bab2c2aab28384ad6212015a7393eb90ce0ec7b4063a7a3612d";

static char folder[] = "/dev/shm/kansoku-fuzz-XXXXXX";
static char tar[64], minisig[80];
static struct minisign_public public;

static void
write_file(const char *path, const void *p, size_t len)
{
	FILE *f = fopen(path, "w");

	MUST(f != NULL && fwrite(p, 1, len, f) == len && fclose(f) == 0);
}

static void
clear_away(void)
{
	unlink(tar);
	unlink(minisig);
	rmdir(folder);
}

static void
prepare(void)
{
	char path[64];
	FILE *f;

	MUST(keys_start() == 0 && mkdtemp(folder) != NULL);
	atexit(clear_away);
	snprintf(tar, sizeof(tar), "%s/good.tar", folder);
	snprintf(minisig, sizeof(minisig), "%s.minisig", tar);
	write_file(minisig, signature, strlen(signature));
	snprintf(path, sizeof(path), "%s/key.pub", folder);
	write_file(path, public_key, strlen(public_key));
	f = fopen(path, "r");
	MUST(f != NULL && minisign_public_read(f, &public) == MINISIGN_OK);
	fclose(f);
	unlink(path);
}

/* What was complained about, as one hash. */
static void
hear(const char *part, const char *what, void *arg)
{
	const char *both[] = { part, what };

	for (int i = 0; i < 2; i++) {
		for (const unsigned char *p = (const unsigned char *)both[i]; *p != '\0'; p++)
			MUST(*p >= 0x20 && *p != 0x7f);
		crypto_generichash_update(arg, (const unsigned char *)both[i], strlen(both[i]) + 1);
	}
}

static int
verdict(struct inspection *i, uint8_t said[32])
{
	crypto_generichash_state st;
	int bad;

	crypto_generichash_init(&st, NULL, 0, 32);
	memset(i, 0, sizeof(*i));
	i->fail = hear;
	i->arg = &st;
	bad = inspect_bundle(i, tar, &public, NULL);
	crypto_generichash_final(&st, said, 32);
	return bad;
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct inspection a, b;
	uint8_t hash[64], said_a[32], said_b[32];
	char hex[129];
	int first, second;

	if (tar[0] == '\0')
		prepare();
	write_file(tar, p, len);
	first = verdict(&a, said_a);
	second = verdict(&b, said_b);
	crypto_generichash(hash, sizeof(hash), p, len, NULL, 0);
	sodium_bin2hex(hex, sizeof(hex), hash, sizeof(hash));
	MUST(first == (strcmp(hex, signed_hash) == 0 ? 0 : 1));
	MUST(second == first && a.failures == b.failures && memcmp(said_a, said_b, 32) == 0);
	MUST(a.records == b.records && a.rounds == b.rounds && (first == 1) == (a.failures > 0));
	return 0;
}
