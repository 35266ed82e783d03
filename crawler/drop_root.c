/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crawler/drop_root.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "data/lib/cli.h"
#include "data/lib/log.h"

/* Three of each, all the same, and none can be root's again. */
static bool
is_for_good(const struct passwd *who)
{
	uid_t r, e, s;
	gid_t rg, eg, sg;

	if (getresuid(&r, &e, &s) != 0 || getresgid(&rg, &eg, &sg) != 0)
		return false;
	if (r != who->pw_uid || e != who->pw_uid || s != who->pw_uid ||
	    rg != who->pw_gid || eg != who->pw_gid || sg != who->pw_gid)
		return false;
	return setresuid((uid_t)-1, 0, (uid_t)-1) != 0 &&
	    (who->pw_gid == 0 || setresgid((gid_t)-1, 0, (gid_t)-1) != 0);
}

static int
already(const char *name)
{
	const struct passwd *self = getpwuid(geteuid());

	if (self != NULL && strcmp(self->pw_name, name) == 0)
		return EXIT_DONE;
	log_error("--user %s: only root can become another user, and this is %s; leave it out", name,
	    self != NULL ? self->pw_name : "nobody known");
	return EXIT_MISUSED;
}

int
drop_root_to(const char *name)
{
	const struct passwd *who;

	if (geteuid() != 0)
		return already(name);
	errno = 0;
	if ((who = getpwnam(name)) == NULL) {
		log_error("--user %s: %s; want a user of this system", name,
		    errno == 0 || errno == ENOENT ? "there is none" : os_error());
		return EXIT_MISUSED;
	}
	if (who->pw_uid == 0) {
		log_error("--user %s: that is root; want a user without privileges", name);
		return EXIT_MISUSED;
	}
	if (initgroups(name, who->pw_gid) != 0 ||
	    setresgid(who->pw_gid, who->pw_gid, who->pw_gid) != 0 ||
	    setresuid(who->pw_uid, who->pw_uid, who->pw_uid) != 0) {
		log_error("--user %s: %s", name, strerror(errno));
		return EXIT_FAILED;
	}
	if (is_for_good(who))
		return EXIT_DONE;
	log_error("--user %s: this system lets root be taken back; nothing is done", name);
	return EXIT_FAILED;
}

int
drop_root_check_folder(const char *name, const char *folder)
{
	if (access(folder, R_OK | W_OK | X_OK) == 0)
		return EXIT_DONE;
	log_error("--user %s: may not write in %s, where the database lies (%s); give it to that"
	    " user, or choose another --db", name, folder, strerror(errno));
	return EXIT_MISUSED;
}
