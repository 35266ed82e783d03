/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "data/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

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

/* What the headers of Debian 12 do not name yet; values of the kernel's interface. */
#define ACCESS_TRUNCATE		(UINT64_C(1) << 14)	/* version 3 */
#define ACCESS_NET_BIND_TCP	(UINT64_C(1) << 0)	/* version 4 */
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

/* What SQLite does in the folder of its database. */
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

/* The version in force, or 0 with errno set. */
static int
confine_files(const char *folder)
{
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0,
	    LANDLOCK_CREATE_RULESET_VERSION);
	size_t v = version > (long)NEWEST ? NEWEST : (size_t)version;
	struct ruleset want = { .net = ACCESS_NET_BIND_TCP,
		.scoped = SCOPE_ABSTRACT_UNIX | SCOPE_SIGNAL };
	bool good;
	int rules;

	if (version < 1)
		return 0;
	want.fs = versions[v].fs;
	rules = (int)syscall(SYS_landlock_create_ruleset, &want, versions[v].size, 0);
	if (rules == -1)
		return 0;
	good = (folder == NULL || grant_folder(rules, folder, FOLDER_RIGHTS & want.fs) == 0) &&
	    syscall(SYS_landlock_restrict_self, rules, 0) == 0;
	close(rules);
	return good ? (int)version : 0;
}

/* ---- system calls: seccomp --------------------------------------------------------------- */

/* A call, and what its arguments must be. */
struct rule {
	int		call;
	unsigned	nargs;
	struct scmp_arg_cmp arg[2];
};
#define ANY(name)	{ SCMP_SYS(name), 0, { { 0 } } }
#define ARG(n, value)		{ n, SCMP_CMP_EQ, value, 0 }
#define BITS(n, mask, value)	{ n, SCMP_CMP_MASKED_EQ, mask, value }
#define WHEN(name, ...)	{ SCMP_SYS(name), \
	sizeof((struct scmp_arg_cmp[]){ __VA_ARGS__ }) / sizeof(struct scmp_arg_cmp), { __VA_ARGS__ } }
#define SOCK_KIND	0xf	/* the rest of a socket's type are flags */

static const struct rule sensor_may[] = { /* flat */
	/* links */
	ANY(sendto), ANY(recvfrom), ANY(connect), ANY(close), ANY(accept4), ANY(getsockopt),
	ANY(setsockopt), ANY(getsockname), ANY(getpeername), ANY(shutdown),
	WHEN(socket, ARG(0, AF_INET), BITS(1, SOCK_KIND, SOCK_STREAM)),
	ANY(epoll_ctl), ANY(epoll_wait), ANY(epoll_pwait),
	/* the database; which files is Landlock's business */
	ANY(read), ANY(write), ANY(pread64), ANY(pwrite64), ANY(writev), ANY(lseek), ANY(fsync),
	ANY(fdatasync), ANY(ftruncate), ANY(fallocate), ANY(fcntl), ANY(flock), ANY(open),
	ANY(openat), ANY(stat), ANY(lstat), ANY(fstat), ANY(newfstatat), ANY(access),
	ANY(faccessat), ANY(unlink), ANY(unlinkat), ANY(readlink), ANY(readlinkat), ANY(getcwd),
	ANY(fchown), ANY(fchmod), ANY(geteuid), ANY(getuid), ANY(getegid), ANY(getgid),
	/* memory: nothing that could be written becomes code */
	ANY(brk), ANY(munmap), ANY(mremap), ANY(madvise),
	WHEN(mmap, BITS(2, PROT_EXEC, 0)), WHEN(mprotect, BITS(2, PROT_EXEC, 0)),
	/* the thread that hashes; clone3 hides its flags, glibc then uses clone */
	WHEN(clone, BITS(0, CLONE_THREAD, CLONE_THREAD)),
	ANY(futex), ANY(set_robust_list), ANY(rseq), ANY(sched_yield), ANY(sched_getaffinity),
	/* time, chance, signals, the end */
	ANY(clock_gettime), ANY(gettimeofday), ANY(time), ANY(nanosleep), ANY(clock_nanosleep),
	ANY(getrandom), ANY(sysinfo), ANY(getpid), ANY(gettid), ANY(tgkill), ANY(rt_sigaction),
	ANY(rt_sigprocmask), ANY(rt_sigreturn), ANY(sigaltstack), ANY(restart_syscall),
	ANY(exit), ANY(exit_group),
	/* is this a terminal, how wide, and how many descriptors are there */
	WHEN(ioctl, ARG(1, TCGETS)), WHEN(ioctl, ARG(1, TIOCGWINSZ)),
	WHEN(prlimit64, ARG(0, 0), ARG(2, 0)),
};

/* Nothing of ours ever makes these: somebody else is at the wheel. */
static const struct rule intruder[] = { /* flat */
	ANY(execve), ANY(execveat), ANY(ptrace), ANY(process_vm_readv), ANY(process_vm_writev),
	ANY(pidfd_getfd), ANY(mount), ANY(umount2), ANY(pivot_root), ANY(chroot), ANY(unshare),
	ANY(setns), ANY(bpf), ANY(perf_event_open), ANY(userfaultfd), ANY(io_uring_setup),
	ANY(init_module), ANY(finit_module), ANY(delete_module), ANY(kexec_load),
	ANY(open_by_handle_at), ANY(add_key), ANY(request_key), ANY(keyctl), ANY(swapon),
	ANY(reboot), ANY(acct), ANY(settimeofday), ANY(clock_settime), ANY(sethostname),
	ANY(setuid), ANY(setreuid), ANY(setresuid), ANY(setfsuid), ANY(setgid), ANY(setregid),
	ANY(setresgid), ANY(setfsgid), ANY(setgroups), ANY(capset),
};

static const struct rule network[] = { ANY(socket) };

static int
add(scmp_filter_ctx filter, uint32_t action, const struct rule *rule, size_t n)
{
	int rc = 0;

	for (size_t i = 0; i < n && rc == 0; i++)
		rc = seccomp_rule_add_array(filter, action, rule[i].call, rule[i].nargs,
		    rule[i].arg);
	return rc;
}
#define ADD(filter, action, table)	add(filter, action, table, sizeof(table) / sizeof((table)[0]))

/* A tree, so that the last rule is as near as the first. */
static int
set_up(scmp_filter_ctx filter)
{
	int rc;

	if ((rc = seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2)) != 0 ||
	    (rc = seccomp_attr_set(filter, SCMP_FLTATR_API_SYSRAWRC, 1)) != 0)
		return rc;
	return seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
}

/* Asked of the kernel itself: the library does not hand on why it was refused. */
static bool
kernel_takes_filters(void)
{
	uint32_t action = SECCOMP_RET_KILL_PROCESS;

	return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

/* Whether the filter is in force; if not, errno is set. */
static bool
load(uint32_t otherwise, int (*fill)(scmp_filter_ctx))
{
	scmp_filter_ctx filter;
	int rc;

	if (!kernel_takes_filters())
		return false;
	filter = seccomp_init(otherwise);
	if (filter == NULL) {
		errno = ENOMEM;
		return false;
	}
	if ((rc = set_up(filter)) == 0 &&
	    (rc = ADD(filter, SCMP_ACT_KILL_PROCESS, intruder)) == 0 && (rc = fill(filter)) == 0)
		rc = seccomp_load(filter);
	seccomp_release(filter);
	errno = -rc;
	return rc == 0;
}

static int
fill_sensor(scmp_filter_ctx filter)
{
	return ADD(filter, SCMP_ACT_ALLOW, sensor_may);
}

static int
fill_offline(scmp_filter_ctx filter)
{
	return ADD(filter, SCMP_ACT_ERRNO(EACCES), network);
}

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

void
confine_sensor(struct confinement *c, const char *folder)
{
	if (!may_begin(c))
		return;
	c->files = confine_files(folder);
	c->files_error = c->files > 0 ? 0 : errno;
	c->calls = load(SCMP_ACT_ERRNO(ENOSYS), fill_sensor);
	c->calls_error = c->calls ? 0 : errno;
}

void
confine_offline(struct confinement *c)
{
	if (!may_begin(c))
		return;
	c->calls = load(SCMP_ACT_ALLOW, fill_offline);
	c->calls_error = c->calls ? 0 : errno;
}

const char *
confine_text(char buf[CONFINE_TEXT], const struct confinement *c)
{
	char files[64], calls[64];

	if (c->files > 0)
		snprintf(files, sizeof(files), "files by Landlock %d", c->files);
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
