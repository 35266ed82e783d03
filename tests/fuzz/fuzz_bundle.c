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
    "untrusted comment: minisign public key 43AB7F3A66BAD08F\n"
    "RWSP0LpmOn+rQ/m5UDHTmB/zMHaAUy5BVyZW+EgLLgU341VdfXVeTcAO\n";
static const char signature[] =
    "untrusted comment: signature from minisign secret key 43AB7F3A66BAD08F\n"
    "RUSP0LpmOn+rQ0y1JutCsoiMoyFzLLVtie3BY0bXZ6fg7fhZ/yTx31APyW0vOM8pNRsECDNmpBQLDW2P/5Yn"
    "CvDzMPqxLvSrhQ8=\n"
    "trusted comment: timestamp:1796057100\tfile:good.tar\thashed\tseq:1\tprev:none\tdb:8"
    "8744fcf2a2917627bc69d277a1e770e\n"
    "yaf4lXyttGPWStvUja0fKmKEdLWiwte5wC3g/JjCu3m99eowhFJuFzJOUIhz8t3GTmWYute92V5qALZzXGXc"
    "Bg==\n";
static const char signed_hash[] =
    "c552dc74172b6cd444af70e50623e6dd0a54ccef8288e6d27b55ad8d925225b0"
    "1e11a0ed247c108229b4ca717bdfa4e85635d0b0313f42413e7a9ef6f9f929a5";

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
	bad = inspect_bundle(i, tar, &public, NULL, NULL);
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
	inspect_forget(a.kept);
	inspect_forget(b.kept);
	return 0;
}
