/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * usage: dials N IN_FLIGHT
 *
 * What the kernel gives for a dial: N times connect, six bytes each way, close,
 * over loopback, so many in flight, epoll and nothing else, dialler and listener
 * on a core each.  Prints the seconds.  The limit that a census is held against, so
 * each dial is to another address as in a census: the kernel keeps a record of each,
 * makes and finds it at a cost, and 32 addresses would hide a seventh of the time.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define FIRST		0x7f420001u	/* 127.66.0.1, and on from there */
#define MOST		0xbd0000u	/* addresses up to the end of 127/8 */
#define BATCH		512
#define SIX		6
#define LISTENER	(UINT64_C(1) << 32)	/* what epoll says of one, beside its descriptor */

static void
die(const char *what)
{
	perror(what);
	exit(1);
}

static void
pin_to(int core)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(core, &set);
	(void)sched_setaffinity(0, sizeof(set), &set);	/* one core: both share it */
}

static int
watch(int poll, int fd, uint64_t mark)
{
	struct epoll_event e = { EPOLLIN, { .u64 = mark | (uint32_t)fd } };

	return epoll_ctl(poll, EPOLL_CTL_ADD, fd, &e);
}

/* ---- the listener -------------------------------------------------------------------- */

/* At all addresses of the loopback device, and of no other; returns the port. */
static in_port_t
listen_on_loopback(int poll)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_ANY) };
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	if (fd == -1 || setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "lo", sizeof("lo")) != 0 ||
	    bind(fd, (struct sockaddr *)&a, len) != 0 || listen(fd, 4096) != 0 ||
	    getsockname(fd, (struct sockaddr *)&a, &len) != 0 || watch(poll, fd, LISTENER) != 0)
		die("dials: listen");
	return a.sin_port;
}

static void
accept_all(int poll, int fd)
{
	int peer;

	while ((peer = accept4(fd, NULL, NULL, SOCK_NONBLOCK)) != -1)
		if (send(peer, "sixsix", SIX, MSG_NOSIGNAL) != SIX || watch(poll, peer, 0) != 0)
			close(peer);
}

/* For ever; ended by its parent's end. */
static void
serve(int poll)
{
	struct epoll_event ev[BATCH];
	char bytes[SIX];
	ssize_t got;

	pin_to(1);
	for (;;) {
		int n = epoll_wait(poll, ev, BATCH, -1);

		for (int i = 0; i < n; i++) {
			int fd = (int)(uint32_t)ev[i].data.u64;

			if (ev[i].data.u64 & LISTENER)
				accept_all(poll, fd);
			else if ((got = recv(fd, bytes, SIX, 0)) == 0 || (got == -1 && errno != EAGAIN))
				close(fd);
		}
	}
}

/* ---- the dialler --------------------------------------------------------------------- */

static void
dial(int poll, unsigned i, in_port_t port)
{
	const struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = port,
		.sin_addr.s_addr = htonl(FIRST + i) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	if (fd == -1 || (connect(fd, (const struct sockaddr *)&to, sizeof(to)) != 0 &&
	    errno != EINPROGRESS) || watch(poll, fd, 0) != 0)
		die("dials: connect");
}

/* One whose six bytes came says its own and is done. */
static bool
finish(int fd)
{
	char bytes[SIX];
	ssize_t n = recv(fd, bytes, SIX, 0);

	if (n == -1 && errno == EAGAIN)
		return false;
	if (n != SIX || send(fd, bytes, SIX, MSG_NOSIGNAL) != SIX)
		die("dials: exchange");
	close(fd);
	return true;
}

static double
dial_all(unsigned n, unsigned in_flight, in_port_t port)
{
	int poll = epoll_create1(0);
	unsigned dialled = 0, done = 0;
	struct epoll_event ev[BATCH];
	struct timespec from, to;

	pin_to(0);
	clock_gettime(CLOCK_MONOTONIC, &from);
	while (done < n) {
		int got;

		for (; dialled < n && dialled - done < in_flight; dialled++)
			dial(poll, dialled, port);
		if ((got = epoll_wait(poll, ev, BATCH, 10000)) <= 0)
			die("dials: no answer in ten seconds");
		for (int i = 0; i < got; i++)
			done += finish((int)(uint32_t)ev[i].data.u64);
	}
	clock_gettime(CLOCK_MONOTONIC, &to);
	return (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) * 1e-9;
}

int
main(int argc, char **argv)
{
	long n = argc == 3 ? atol(argv[1]) : 0, in_flight = argc == 3 ? atol(argv[2]) : 0;
	struct rlimit files;
	int poll = epoll_create1(0);
	in_port_t port;
	pid_t listener;

	if (n < 1 || n > MOST || in_flight < 1) {
		fprintf(stderr, "usage: dials N IN_FLIGHT, N at most %u\n", MOST);
		return 2;
	}
	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	port = listen_on_loopback(poll);
	if ((listener = fork()) == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		serve(poll);
	}
	printf("%.3f\n", dial_all((unsigned)n, (unsigned)in_flight, port));
	kill(listener, SIGKILL);
	return waitpid(listener, NULL, 0) == listener ? 0 : 1;
}
