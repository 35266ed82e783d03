/* SPDX-License-Identifier: GPL-3.0-or-later */
/* kansoku keygen: a pair of signing keys. */
#include <stdio.h>
#include <stdlib.h>

#include "data/lib/cli.h"
#include "data/evidence/keys.h"
#include "data/evidence/verbs.h"
#include "data/lib/log.h"

int
verb_keygen(int argc, char **argv)
{
	const char *secret = NULL, *public = NULL, *password_file = NULL;
	bool password = false;
	const struct option_spec options[] = {
		{ "key", OPT_TEXT, &secret, "KEY", "the secret key, made 0600, never overwritten",
		    0, 0, NULL, true },
		{ "pub", OPT_TEXT, &public, "FILE", "the public key; KEY.pub if not given",
		    0, 0, NULL, false },
		{ "password", OPT_FLAG, &password, NULL, "ask for a password that encrypts KEY",
		    0, 0, NULL, false },
		{ "password-file", OPT_FILE, &password_file, "FILE",
		    "take the password from the first line of FILE", 0, 0, NULL, false },
		{ NULL, OPT_FLAG, NULL, NULL, NULL, 0, 0, NULL, false }
	};
	const struct usage usage = { "kansoku keygen", "",
		"Makes a pair of signing keys that minisign reads too.  Publish the public one "
		"where your reports do not come from.", 0, 0, options };
	char *beside = NULL;
	int status;

	if (cli_options(&usage, argc, argv, &status) < 0)
		return status;
	if (keys_start() != 0)
		return EXIT_FAILED;
	if (public == NULL && asprintf(&beside, "%s.pub", secret) == -1) {
		log_error("out of memory");
		return EXIT_FAILED;
	}
	status = keys_generate(secret, public != NULL ? public : beside, password_file,
	    password) == 0 ? EXIT_DONE : EXIT_FAILED;
	free(beside);
	return status;
}
