/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Makes the system call filters that data/lib/confine.c loads: a program of the build,
 * not installed.  What a process may call stands here, in tables; libseccomp turns
 * them into programs for the machine that it is built for, and they are printed as C
 * arrays.  A process that confines itself so asks for no memory, which could be
 * refused half way.
 */
#include <errno.h>
#include <linux/filter.h>
#include <sched.h>
#include <seccomp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>

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

/* Links to others. */
static const struct rule sensor_may[] = { /* flat */
	ANY(sendto), ANY(recvfrom), ANY(connect), ANY(accept4), ANY(getsockopt),
	ANY(setsockopt), ANY(sendmmsg), ANY(recvmmsg), ANY(recvmsg),
	ANY(getsockname), ANY(getpeername), ANY(shutdown),
	WHEN(socket, ARG(0, AF_INET), BITS(1, SOCK_KIND, SOCK_STREAM)),
	WHEN(socket, ARG(0, AF_INET6), BITS(1, SOCK_KIND, SOCK_STREAM)),
	ANY(epoll_ctl), ANY(epoll_wait), ANY(epoll_pwait),
};

/* Packets of an interface that is open already: nothing is sent, no socket is made. */
static const struct rule tap_may[] = { /* flat */
	ANY(poll), ANY(ppoll), ANY(recvfrom), ANY(recvmsg), ANY(getsockopt),
};

static const struct rule both_may[] = { /* flat */
	ANY(close),
	/* the database; which files is Landlock's business */
	ANY(read), ANY(write), ANY(pread64), ANY(pwrite64), ANY(writev), ANY(lseek), ANY(fsync),
	ANY(fdatasync), ANY(ftruncate), ANY(fallocate), ANY(fcntl), ANY(flock), ANY(open),
	ANY(openat), ANY(stat), ANY(lstat), ANY(fstat), ANY(newfstatat), ANY(access),
	ANY(faccessat), ANY(rename), ANY(renameat), ANY(renameat2), ANY(statfs), ANY(unlink),
	ANY(unlinkat), ANY(readlink), ANY(readlinkat), ANY(getcwd),
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

/* A filter: what it does with the calls of each table, and with all others. */
struct part {
	uint32_t	action;
	const struct rule *rules;
	size_t		n;
};
#define PART(action, table)	{ action, table, sizeof(table) / sizeof((table)[0]) }

static const struct filter {
	const char	*name;
	uint32_t	otherwise;
	struct part	part[3];
} filters[] = {
	{ "sensor_filter", SCMP_ACT_ERRNO(ENOSYS),
	    { PART(SCMP_ACT_KILL_PROCESS, intruder), PART(SCMP_ACT_ALLOW, sensor_may),
	      PART(SCMP_ACT_ALLOW, both_may) } },
	{ "tap_filter", SCMP_ACT_ERRNO(ENOSYS),
	    { PART(SCMP_ACT_KILL_PROCESS, intruder), PART(SCMP_ACT_ALLOW, tap_may),
	      PART(SCMP_ACT_ALLOW, both_may) } },
	{ "offline_filter", SCMP_ACT_ALLOW,
	    { PART(SCMP_ACT_KILL_PROCESS, intruder), PART(SCMP_ACT_ERRNO(EACCES), network) } },
};

/* ---- through the library ------------------------------------------------------------------ */

/* A tree, so that the last rule is as near as the first. */
static int
set_up(scmp_filter_ctx made)
{
	int rc;

	if ((rc = seccomp_attr_set(made, SCMP_FLTATR_CTL_OPTIMIZE, 2)) != 0)
		return rc;
	return seccomp_attr_set(made, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
}

static int
add(scmp_filter_ctx made, const struct part *p)
{
	int rc = 0;

	for (size_t i = 0; i < p->n && rc == 0; i++)
		rc = seccomp_rule_add_array(made, p->action, p->rules[i].call, p->rules[i].nargs,
		    p->rules[i].arg);
	return rc;
}

/* Writes the filter as the kernel takes it to out.  0, or minus an errno. */
static int
export(const struct filter *f, FILE *out)
{
	scmp_filter_ctx made = seccomp_init(f->otherwise);
	int rc = made == NULL ? -ENOMEM : set_up(made);

	for (size_t i = 0; i < sizeof(f->part) / sizeof(f->part[0]) && rc == 0; i++)
		rc = add(made, &f->part[i]);
	if (rc == 0)
		rc = seccomp_export_bpf(made, fileno(out));
	seccomp_release(made);
	return rc;
}

/* ---- as C -------------------------------------------------------------------------------- */

static int
print(const struct filter *f)
{
	struct sock_filter step;
	FILE *made = tmpfile();
	int rc = made == NULL ? -errno : export(f, made);

	if (rc == 0) {
		rewind(made);
		printf("static struct sock_filter %s[] = {\n", f->name);
		while (fread(&step, sizeof(step), 1, made) == 1)
			printf("\t{ 0x%02x, %u, %u, 0x%08x },\n", step.code, step.jt, step.jf, step.k);
		printf("};\n");
		rc = ferror(made) ? -EIO : 0;
	}
	if (made != NULL)
		fclose(made);
	return rc;
}

int
main(void)
{
	/* Made for a kernel of today, whichever the machine of the build has. */
	int rc = seccomp_api_set(3);

	for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]) && rc == 0; i++)
		rc = print(&filters[i]);
	if (rc == 0 && (fflush(stdout) != 0 || ferror(stdout)))
		rc = -EIO;
	if (rc != 0)
		fprintf(stderr, "filters: %s\n", strerror(-rc));
	return rc != 0;
}
