/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "data/lib/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "filters.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED	true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(leak_sanitizer) || \
    __has_feature(thread_sanitizer)
#define SANITIZED	true
#endif
#endif
#ifndef SANITIZED
#define SANITIZED	false
#endif

/* ---- files: Landlock ---------------------------------------------------------------- */

/* The headers of Debian 12 do not name these yet: values of the kernel's interface. */
#define ACCESS_TRUNCATE		(UINT64_C(1) << 14)	/* version 3 */
#define ACCESS_NET_BIND_TCP	(UINT64_C(1) << 0)	/* version 4 */
#define ACCESS_NET_CONNECT_TCP	(UINT64_C(1) << 1)	/* version 4 */
#define RULE_NET_PORT		2			/* version 4 */
#define VERSION_NET		4
#define SCOPE_ABSTRACT_UNIX	(UINT64_C(1) << 0)	/* version 6 */
#define SCOPE_SIGNAL		(UINT64_C(1) << 1)	/* version 6 */

/* The kernel's struct landlock_ruleset_attr as of version 6; older ones end earlier. */
struct ruleset {
	uint64_t	fs, net, scoped;
};

/* Rights on files that each version knows; what is handled and not granted is refused. */
static const struct { uint64_t fs; size_t size; } versions[] = {
	{ 0, 0 },
	{ (UINT64_C(1) << 13) - 1, 8 },
	{ (UINT64_C(1) << 14) - 1, 8 },		/* linking between folders */
	{ (UINT64_C(1) << 15) - 1, 8 },		/* truncating */
	{ (UINT64_C(1) << 15) - 1, 16 },	/* TCP ports */
	{ (UINT64_C(1) << 16) - 1, 16 },	/* ioctl on devices */
	{ (UINT64_C(1) << 16) - 1, 24 },	/* signals, abstract sockets */
};
#define NEWEST	(sizeof(versions) / sizeof(versions[0]) - 1)

/* SQLite does this in the folder of its database. */
#define FOLDER_RIGHTS	(LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | \
    LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_MAKE_REG | \
    LANDLOCK_ACCESS_FS_REMOVE_FILE | ACCESS_TRUNCATE)

static int
grant_folder(int rules, const char *folder, uint64_t rights)
{
	struct landlock_path_beneath_attr beneath = { .allowed_access = rights };
	int bad;

	beneath.parent_fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (beneath.parent_fd == -1)
		return -1;
	bad = (int)syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0);
	close(beneath.parent_fd);
	return bad;
}

/* Only these ports are dialled any more; a rule each, of which the kernel makes a tree. */
static int
grant_ports(int rules, const uint8_t *ports)
{
	struct { uint64_t allowed, port; } rule = { .allowed = ACCESS_NET_CONNECT_TCP };
	int bad = 0;

	for (unsigned port = 1; bad == 0 && port <= UINT16_MAX; port++) {
		rule.port = port;
		if (ports[port >> 3] >> (port & 7) & 1)
			bad = (int)syscall(SYS_landlock_add_rule, rules, RULE_NET_PORT, &rule, 0);
	}
	return bad;
}

/* The version in force, or 0 with errno set. */
static int
confine_files(const char *const folders[], const uint8_t *ports)
{
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0,
	    LANDLOCK_CREATE_RULESET_VERSION);
	size_t v = version > (long)NEWEST ? NEWEST : (size_t)version;
	struct ruleset want = { .net = ACCESS_NET_BIND_TCP | (ports != NULL ? ACCESS_NET_CONNECT_TCP : 0),
		.scoped = SCOPE_ABSTRACT_UNIX | SCOPE_SIGNAL };
	bool good = true;
	int rules;

	if (version < 1)
		return 0;
	want.fs = versions[v].fs;
	rules = (int)syscall(SYS_landlock_create_ruleset, &want, versions[v].size, 0);
	if (rules == -1)
		return 0;
	for (; good && *folders != NULL; folders++)
		good = grant_folder(rules, *folders, FOLDER_RIGHTS & want.fs) == 0;
	good = good && (ports == NULL || v < VERSION_NET || grant_ports(rules, ports) == 0) &&
	    syscall(SYS_landlock_restrict_self, rules, 0) == 0;
	close(rules);
	return good ? (int)version : 0;
}

/* ---- system calls: seccomp --------------------------------------------------------------- */

/* Made by data/lib/filters; whether it is in force, and if not, errno is set. */
static bool
load(struct sock_filter *filter, size_t n)
{
	const struct sock_fprog program = { .len = (unsigned short)n, .filter = filter };

	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0;
}
#define LOAD(filter)	load(filter, sizeof(filter) / sizeof((filter)[0]))

/* ---- both ------------------------------------------------------------------------------------ */

static bool
may_begin(struct confinement *c)
{
	*c = (struct confinement){ .files_error = ENOTSUP, .calls_error = ENOTSUP };
	if (SANITIZED)
		return false;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0)
		return true;
	c->files_error = c->calls_error = errno;
	return false;
}

static void
note_calls(struct confinement *c, bool loaded)
{
	c->calls = loaded;
	c->calls_error = loaded ? 0 : errno;
}

/* False: neither way may be gone. */
static bool
begin_with_files(struct confinement *c, const char *const folders[], const uint8_t *ports)
{
	if (!may_begin(c))
		return false;
	c->files = confine_files(folders, ports);
	c->ports = ports != NULL && c->files >= VERSION_NET;
	c->files_error = c->files > 0 ? 0 : errno;
	return true;
}

void
confine_sensor(struct confinement *c, const char *const folders[], const uint8_t *ports)
{
	if (begin_with_files(c, folders, ports))
		note_calls(c, LOAD(sensor_filter));
}

void
confine_tap(struct confinement *c, const char *folder)
{
	if (begin_with_files(c, (const char *const[]){ folder, NULL }, NULL))
		note_calls(c, LOAD(tap_filter));
}

void
confine_offline(struct confinement *c)
{
	if (!may_begin(c))
		return;
	note_calls(c, LOAD(offline_filter));
}

const char *
confine_text(char buf[CONFINE_TEXT], const struct confinement *c)
{
	char files[64], calls[64];

	if (c->files > 0)
		snprintf(files, sizeof(files), "files%s by Landlock %d", c->ports ? " and ports" : "",
		    c->files);
	else
		snprintf(files, sizeof(files), "files not (Landlock: %s)", strerror(c->files_error));
	if (c->calls)
		snprintf(calls, sizeof(calls), "system calls by seccomp");
	else
		snprintf(calls, sizeof(calls), "system calls not (seccomp: %s)",
		    strerror(c->calls_error));
	snprintf(buf, CONFINE_TEXT, "%s, %s", files, calls);
	return buf;
}
