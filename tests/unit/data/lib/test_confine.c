/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Each deed is tried in a process of its own, which is confined first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <seccomp.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "data/lib/confine.h"

static char folder[] = "/tmp/kansoku-confine-XXXXXX";

static int
outcome_of(int result)
{
	return result == -1 ? errno : 0;
}

/* ---- deeds: 0, or the errno that stopped them ------------------------------------------- */

static int
open_and_close(const char *path, int flags)
{
	int fd = open(path, flags, 0600);

	if (fd == -1)
		return errno;
	close(fd);
	return 0;
}

static int
reads_foreign_file(void)
{
	return open_and_close("/etc/passwd", O_RDONLY);
}

static int
reads_through_parent(void)
{
	return open_and_close("../../etc/passwd", O_RDONLY);
}

static int
reads_through_link(void)
{
	return open_and_close("link", O_RDONLY);
}

static int
writes_elsewhere(void)
{
	return open_and_close("../kansoku-confine-escaped", O_WRONLY | O_CREAT);
}

static int
lists_elsewhere(void)
{
	return open_and_close("/", O_RDONLY | O_DIRECTORY);
}

static int
uses_the_folder(void)
{
	int fd = open("new", O_RDWR | O_CREAT | O_EXCL, 0600), bad;

	if (fd == -1)
		return errno;
	bad = outcome_of(write(fd, "x", 1) == 1 && fsync(fd) == 0 && ftruncate(fd, 0) == 0 ? 0 : -1);
	close(fd);
	if (bad == 0)
		bad = open_and_close("new", O_WRONLY | O_TRUNC);
	if (bad == 0)
		bad = outcome_of(unlink("new"));
	return bad != 0 ? bad : open_and_close(".", O_RDONLY | O_DIRECTORY);
}

static int
makes_a_pipe_file(void)
{
	return outcome_of(mkfifo("pipe", 0600));
}

static int
starts_a_program(void)
{
	char *const argv[] = { NULL }, *const envp[] = { NULL };

	return outcome_of(execve("/bin/true", argv, envp));
}

static int
traces(void)
{
	return outcome_of((int)ptrace(PTRACE_TRACEME, 0, NULL, NULL));
}

static int
changes_user(void)
{
	return outcome_of(setresuid(getuid(), getuid(), getuid()));
}

static int
forks(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return pid == -1 ? errno : outcome_of(waitpid(pid, NULL, 0) == pid ? 0 : -1);
}

static int
signals_its_parent(void)
{
	return outcome_of(kill(getppid(), 0));
}

static int
makes_socket(int family, int kind)
{
	int fd = socket(family, kind, 0);

	if (fd == -1)
		return errno;
	close(fd);
	return 0;
}

static int
makes_tcp_socket(void)
{
	return makes_socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC);
}

static int
makes_udp_socket(void)
{
	return makes_socket(AF_INET, SOCK_DGRAM);
}

static int
makes_unix_socket(void)
{
	return makes_socket(AF_UNIX, SOCK_STREAM);
}

static int
binds(void)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM, 0), bad;

	bad = outcome_of(bind(fd, (struct sockaddr *)&in, sizeof(in)));
	close(fd);
	return bad;
}

static int
makes_code(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
	    MAP_FAILED ? errno : 0;
}

static int
turns_data_into_code(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return page == MAP_FAILED ? EINVAL : outcome_of(mprotect(page, 4096, PROT_READ | PROT_EXEC));
}

static int
raises_its_limits(void)
{
	struct rlimit r = { 64, 64 };

	return outcome_of(setrlimit(RLIMIT_NOFILE, &r));
}

static void *
nothing(void *arg)
{
	return arg;
}

static int
makes_a_thread(void)
{
	pthread_t thread;
	int bad = pthread_create(&thread, NULL, nothing, NULL);

	return bad != 0 ? bad : pthread_join(thread, NULL);
}

/* A database in WAL mode, and a sort too large for its cache: SQLite spills to a file. */
static int
sorts_on_disk(void)
{
	sqlite3 *db;
	int rc;

	setenv("SQLITE_TMPDIR", folder, 1);
	rc = sqlite3_open("sort.db", &db);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(db, "PRAGMA journal_mode = WAL; PRAGMA temp_store = FILE;"
		    "PRAGMA cache_size = 10; CREATE TABLE t (v);"
		    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)"
		    " INSERT INTO t SELECT randomblob(200) FROM n;"
		    "CREATE TEMP TABLE u AS SELECT v FROM t ORDER BY v;", NULL, NULL, NULL);
	if (sqlite3_close(db) != SQLITE_OK || rc != SQLITE_OK)
		return rc;
	return outcome_of(unlink("sort.db"));
}

/* ---- what becomes of them ------------------------------------------------------------------ */

#define KILLED	(-SIGSYS)

struct trial {
	const char	*name;
	int		(*deed)(void);
	int		 sensor, offline;	/* errno, 0 for success, or KILLED */
};
#define TRIAL(deed, sensor, offline)	{ #deed, deed, sensor, offline }

static const struct trial trials[] = {
	TRIAL(reads_foreign_file, EACCES, 0),
	TRIAL(reads_through_parent, EACCES, 0),
	TRIAL(reads_through_link, EACCES, 0),
	TRIAL(writes_elsewhere, EACCES, 0),
	TRIAL(lists_elsewhere, EACCES, 0),
	TRIAL(uses_the_folder, 0, 0),
	TRIAL(sorts_on_disk, 0, 0),
	TRIAL(makes_a_pipe_file, ENOSYS, 0),
	TRIAL(starts_a_program, KILLED, KILLED),
	TRIAL(traces, KILLED, KILLED),
	TRIAL(changes_user, KILLED, KILLED),
	TRIAL(forks, ENOSYS, 0),
	TRIAL(signals_its_parent, ENOSYS, 0),
	TRIAL(makes_tcp_socket, 0, EACCES),
	TRIAL(makes_udp_socket, ENOSYS, EACCES),
	TRIAL(makes_unix_socket, ENOSYS, EACCES),
	TRIAL(binds, ENOSYS, EBADF),
	TRIAL(makes_code, ENOSYS, 0),
	TRIAL(turns_data_into_code, ENOSYS, 0),
	TRIAL(raises_its_limits, ENOSYS, 0),
	TRIAL(makes_a_thread, 0, 0),
};
#define NTRIALS	(sizeof(trials) / sizeof(trials[0]))

static void
confine_here(struct confinement *c)
{
	confine_sensor(c, (const char *const[]){ folder, NULL }, NULL);
}

/* In a child: confine, then the deed.  Its errno, or minus the signal that ended it. */
static int
result_of(void (*confine)(struct confinement *), int (*deed)(void))
{
	const struct rlimit no_core = { 0, 0 };
	struct confinement c;
	int status;
	pid_t pid = fork();

	assert_int_not_equal(pid, -1);
	if (pid == 0) {
		setrlimit(RLIMIT_CORE, &no_core);
		confine(&c);
		_exit(deed());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

static int
nothing_is_confined(void)
{
	struct confinement c;

	confine_sensor(&c, (const char *const[]){ folder, NULL }, NULL);
	return c.files_error == ENOTSUP ? 1 : 0;
}

/* Only under a sanitizer; a kernel without Landlock is no reason to skip. */
static void
skip_under_sanitizer(void)
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(nothing_is_confined());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 1)
		skip();
}

static bool
kernel_has_landlock(void)
{
	bool has = syscall(SYS_landlock_create_ruleset, NULL, 0, 1) > 0;

	if (!has)
		print_message("this kernel has no Landlock: what it would refuse is not tried\n");
	return has;
}

static void
a_sensor_can_do_its_work_and_nothing_else(void **state)
{
	(void)state;
	skip_under_sanitizer();
	for (size_t i = 0; i < NTRIALS; i++) {
		int got = result_of(confine_here, trials[i].deed);

		if (trials[i].sensor == EACCES && !kernel_has_landlock())
			continue;
		if (got != trials[i].sensor)
			fail_msg("%s: want %d, got %d", trials[i].name, trials[i].sensor, got);
	}
}

static void
who_reads_foreign_files_has_no_network(void **state)
{
	(void)state;
	skip_under_sanitizer();
	for (size_t i = 0; i < NTRIALS; i++) {
		int got = result_of(confine_offline, trials[i].deed);

		if (got != trials[i].offline)
			fail_msg("%s: want %d, got %d", trials[i].name, trials[i].offline, got);
	}
	unlink("/tmp/kansoku-confine-escaped");
	unlink("pipe");
}

/* The same deeds, unconfined, work: the refusals above are the confinement's. */
static void
unconfined(struct confinement *c)
{
	memset(c, 0, sizeof(*c));
}

static void
without_confinement_all_of_it_works(void **state)
{
	(void)state;
	for (size_t i = 0; i < NTRIALS; i++) {
		int got = result_of(unconfined, trials[i].deed);

		if (got != 0)
			fail_msg("%s: got %d", trials[i].name, got);
	}
	unlink("/tmp/kansoku-confine-escaped");
	unlink("pipe");
}

static void
no_folder(struct confinement *c)
{
	confine_sensor(c, (const char *const[]){ NULL }, NULL);
}

static void
without_a_folder_there_are_no_files(void **state)
{
	(void)state;
	skip_under_sanitizer();
	if (!kernel_has_landlock())
		skip();
	assert_int_equal(result_of(no_folder, uses_the_folder), EACCES);
	assert_int_equal(result_of(no_folder, makes_tcp_socket), 0);
}

/* ---- ports --------------------------------------------------------------------------------- */

/* Nobody listens on either; who may dial is refused by the other side. */
static int
dials(uint16_t port)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return fd == -1 ? errno : outcome_of(connect(fd, (struct sockaddr *)&to, sizeof(to)));
}

static int dials_a_well_known_port(void) { return dials(1); }
static int dials_a_node(void) { return dials(1024); }

static void
some_ports(struct confinement *c)
{
	static uint8_t ports[8192];

	memset(ports + 128, 0xff, sizeof(ports) - 128);
	confine_sensor(c, (const char *const[]){ folder, NULL }, ports);
}

static void
only_some_ports_are_dialled(void **state)
{
	(void)state;
	skip_under_sanitizer();
	if (syscall(SYS_landlock_create_ruleset, NULL, 0, 1) < 4) {
		print_message("this kernel's Landlock knows no ports\n");
		skip();
	}
	assert_int_equal(result_of(some_ports, dials_a_node), ECONNREFUSED);
	assert_int_equal(result_of(some_ports, dials_a_well_known_port), EACCES);
	assert_int_equal(result_of(confine_here, dials_a_well_known_port), ECONNREFUSED);
}

/* ---- where the kernel, or a container, refuses ------------------------------------------------ */

static void
refuse(int call, int error)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);

	assert_int_equal(seccomp_rule_add(filter, SCMP_ACT_ERRNO(error), call, 0), 0);
	if (call == SCMP_SYS(seccomp))
		assert_int_equal(seccomp_rule_add(filter, SCMP_ACT_ERRNO(error), SCMP_SYS(prctl), 1,
		    SCMP_A0(SCMP_CMP_EQ, PR_SET_SECCOMP)), 0);
	assert_int_equal(seccomp_load(filter), 0);
	seccomp_release(filter);
}

static char said[CONFINE_TEXT];

static int
confine_and_tell(void)
{
	struct confinement c;
	int fds = open("told", O_WRONLY | O_CREAT | O_TRUNC, 0600);

	confine_sensor(&c, (const char *const[]){ folder, NULL }, NULL);
	confine_text(said, &c);
	return write(fds, said, strlen(said)) == (ssize_t)strlen(said) ? 0 : 1;
}

static const char *
told(void)
{
	FILE *f = fopen("told", "r");

	assert_non_null(f);
	said[fread(said, 1, sizeof(said) - 1, f)] = '\0';
	fclose(f);
	unlink("told");
	return said;
}

static void
old_kernel(struct confinement *c)
{
	(void)c;
	refuse(SCMP_SYS(landlock_create_ruleset), ENOSYS);
}

static void
strict_container(struct confinement *c)
{
	(void)c;
	refuse(SCMP_SYS(seccomp), EPERM);
}

static void
what_is_not_in_force_is_told(void **state)
{
	(void)state;
	skip_under_sanitizer();
	assert_int_equal(result_of(old_kernel, confine_and_tell), 0);
	assert_string_equal(told(), "files not (Landlock: Function not implemented),"
	    " system calls by seccomp");
	assert_int_equal(result_of(strict_container, confine_and_tell), 0);
	assert_non_null(strstr(told(), "system calls not (seccomp: Operation not permitted)"));
}

/* ---- */

static int
setup(void **state)
{
	(void)state;
	if (mkdtemp(folder) == NULL || chdir(folder) != 0)
		return -1;
	return symlink("/etc/passwd", "link");
}

static int
teardown(void **state)
{
	(void)state;
	unlink("link");
	return rmdir(folder);	/* fails if anything was left behind */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sensor_can_do_its_work_and_nothing_else),
		cmocka_unit_test(who_reads_foreign_files_has_no_network),
		cmocka_unit_test(without_confinement_all_of_it_works),
		cmocka_unit_test(without_a_folder_there_are_no_files),
		cmocka_unit_test(only_some_ports_are_dialled),
		cmocka_unit_test(what_is_not_in_force_is_told),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
