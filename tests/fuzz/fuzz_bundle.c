/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Any bytes as an evidence bundle beside a genuine signature: only the one
 * bundle that was signed is accepted.  Two verdicts on the same bytes are the
 * same, part by part, and every complaint is one printable line.  What is not signed
 * is not parsed, so the parts behind the signature are looked at once more without it.
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
#include "data/evidence/tar_pack.h"
#include "tests/fuzz/fuzz.h"

static const char public_key[] =
    "untrusted comment: minisign public key 8D2F7163291A261B\n"
    "RWQbJhopY3Evjbu1mui5cTW2jk2qUnIZxiCCxHfiJIHOhGjsaTPLSypJ\n";
static const char signature[] =
    "untrusted comment: signature from minisign secret key 8D2F7163291A261B\n"
    "RUQbJhopY3EvjTdT0D/9giy7MVfqt5G2uije0GMvXhttfDdr5cK7hPxNprVGi4g+PibQXWtoqtRwgYtJ"
    "jPw3CCZiM6a4zyxCHgM=\n"
    "trusted comment: timestamp:1796064820\tfile:good.tar\thashed\tseq:1\tprev:none\t"
    "db:6772db5bce171f9365dd9b983808c59d\n"
    "4eCZ5rR6BC8N29+XZ2f3JEaw8x9PB9EoaYmXjgFf/yG3bP/AeCB4/XByfRxNxbg0/YhioD5ekdGiLPx7"
    "ZIlPBA==\n";
static const char signed_hash[] =
    "7982d24ffad9216979472f68e82fac2ac3de8f88a0efe0975017550ceb8ea47a"
    "689a0991ed2f6a6ecc1eb4885302caa3e9341bb6f98da987463d4639741efb0c";

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

/* All but signature and name, of whatever is in the tar, twice. */
static void
look_inside(void)
{
	char why[256] = "";
	struct tar_pack k;
	uint8_t said[2][32];
	struct inspection i;
	FILE *f = fopen(tar, "r");
	bool good;

	MUST(f != NULL);
	good = tar_pack_read(&k, f, why, sizeof(why));
	fclose(f);
	for (int n = 0; n < 2; n++) {
		crypto_generichash_state st;

		crypto_generichash_init(&st, NULL, 0, 32);
		i = (struct inspection){ .fail = hear, .arg = &st };
		inspect_tar(&i, &k, &public);
		crypto_generichash_final(&st, said[n], 32);
	}
	MUST(memcmp(said[0], said[1], 32) == 0 && (good || why[0] != '\0'));
	tar_pack_free(&k);
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
	look_inside();
	return 0;
}
