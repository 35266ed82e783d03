/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Packets of a capture a CPU second: the file is read, layers are taken off, streams are
 * followed, and the first bytes of each direction are tried.  Held against a bare loop
 * of libpcap over the same file in the same run, and against other programs that make flows
 * of packets, where they are installed.  Beside it what one trial of first bytes takes,
 * how many of as many random ones it takes for a link, and the bytes that a stream
 * costs which nobody recognises.
 */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifdef HAVE_PCAP
#include <pcap/pcap.h>
#endif

#include "crawler/capture/capture.h"
#include "crawler/capture/savefile.h"
#include "node/winny/dialog.h"

#define TURN		32		/* packets of a connection, both ways */
#define HEAD		54		/* Ethernet, IPv4, TCP */
#define FULL		1460
#define OPEN_STREAMS	200000

static char folder[] = "/dev/shm/kansoku-bench-XXXXXX";
static char path[64];

/* Seconds of a core that this program had: others may want it too. */
static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void
die(const char *why)
{
	fprintf(stderr, "bench_capture: %s\n", why);
	exit(1);
}

static void
clear_away(void)
{
	unlink(path);
	rmdir(folder);
}

/* ---- background traffic ---- */

static void
put(uint8_t *p, uint64_t v, int n)
{
	while (n-- > 0) {
		p[n] = (uint8_t)v;
		v >>= 8;
	}
}

/* Of connection c the packet i: its bytes with headers; 439 a packet on average, as measured on an uplink. */
static uint32_t
make_packet(uint8_t *p, uint32_t c, uint32_t i)
{
	static const uint8_t fixed[] = { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0, 0x45, 0 };
	uint32_t data = i < 3 || i >= TURN - 2 || i % 4 == 3 ? 0 : i % 4 == 0 ? FULL : 60;
	bool back = i % 2 == 1;
	uint32_t own = 0xc6336400 + c % 250 + 1, other = 0x0b000000 + c * 2654435761u % 0x30000000;
	uint8_t flags = i < 2 ? 0x02 | (i == 1 ? 0x10 : 0) : i >= TURN - 2 ? 0x11 : 0x18;
	/* The sequence number is what this side sent before. */
	uint32_t seq = c * 7919;

	for (uint32_t k = back; k < i; k += 2)
		seq += k < 2 ? 1 : k < 3 || k >= TURN - 2 || k % 4 == 3 ? 0 : k % 4 == 0 ? FULL : 60;
	memset(p, 0, HEAD);
	memcpy(p, fixed, sizeof(fixed));
	put(p + 16, 40 + data, 2);
	p[22] = 64;
	p[23] = 6;
	put(p + 26, back ? other : own, 4);
	put(p + 30, back ? own : other, 4);
	put(p + 34, back ? 443 : 20000 + c % 40000, 2);
	put(p + 36, back ? 20000 + c % 40000 : 443, 2);
	put(p + 38, seq, 4);
	p[46] = 0x50;
	p[47] = flags;
	put(p + 48, 8192, 2);
	for (uint32_t k = 0; k < data; k++)
		p[HEAD + k] = (uint8_t)(c * 31 + i * 17 + k * 13);
	if (data > 0)
		randombytes_buf(p + HEAD, 16);
	return HEAD + data;
}

static void
write_file(uint32_t connections)
{
	static const uint32_t head[] = { 0xa1b2c3d4, 4 << 16 | 2, 0, 0, 65535, 1 };
	uint8_t p[HEAD + FULL];
	FILE *f;

	if (mkdtemp(folder) == NULL)
		die("no folder");
	snprintf(path, sizeof(path), "%s/file.pcap", folder);
	atexit(clear_away);
	if ((f = fopen(path, "w")) == NULL)
		die("no file");
	fwrite(head, sizeof(head), 1, f);
	for (uint32_t n = 0; n < connections * TURN; n++) {	/* 64 connections at a time */
		uint32_t lot = n / (64 * TURN), i = n % (64 * TURN) / 64, c = lot * 64 + n % 64;
		uint32_t len = make_packet(p, c, i), at = n / 20000;
		const uint32_t record[] = { 1300000000 + at, n % 20000 * 50, len, len };

		fwrite(record, sizeof(record), 1, f);
		fwrite(p, len, 1, f);
	}
	if (fclose(f) != 0)
		die("the file was not written");
}

/* ---- the loops ---- */

static void
begin(struct capture *c)
{
	const struct cidr own = { .base = ip_of_ipv4(0xc6336400), .bits = 24 };

	memset(c, 0, sizeof(*c));
	c->drivers[0] = &winny;
	c->vantage = "bench";
	if (cidr_set_add(&c->own, own) != 0)
		die("out of memory");
	cidr_set_seal(&c->own);
	if (capture_begin(c, 256, false) != 0)
		die("out of memory");
}

static double
time_capture(uint64_t *packets)
{
	char why[SAVEFILE_WHY];
	struct savefile *s = savefile_open(path, why);
	struct capture c;
	struct packet p;
	double from;

	if (s == NULL)
		die(why);
	begin(&c);
	from = now();
	while (savefile_next(s, &p, why) == 1)
		capture_packet(&c, &p);
	capture_end(&c);
	from = now() - from;
	if (c.counts.read != c.counts.packets || streams_counts(c.streams)->connections * TURN != c.counts.packets)
		die("the file was not understood");
	*packets = c.counts.packets;
	savefile_close(s);
	capture_free(&c);
	return from;
}

/* NAN without libpcap. */
static double
time_loop(void)
{
#ifdef HAVE_PCAP
	char why[PCAP_ERRBUF_SIZE];
	pcap_t *p = pcap_open_offline(path, why);
	struct pcap_pkthdr *head;
	const u_char *bytes;
	double from = now();
	uint64_t sum = 0;

	if (p == NULL)
		die(why);
	while (pcap_next_ex(p, &head, &bytes) == 1)
		sum += head->caplen + bytes[12];
	pcap_close(p);
	return sum > 0 ? now() - from : 0;
#else
	return 0;
#endif
}

/* CPU seconds of another program over the file; 0 if it is not there or fails. */
static double
time_other(const char *const *argv)
{
	struct rusage u;
	pid_t pid;
	int status;

	fflush(stdout);		/* or the child writes it once more */
	pid = fork();
	if (pid == 0) {
		if (freopen("/dev/null", "w", stdout) == NULL || freopen("/dev/null", "w", stderr) == NULL)
			_exit(127);
		execvp(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	if (pid == -1 || wait4(pid, &status, 0, &u) == -1 || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return 0;
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
	    (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) * 1e-6;
}

static void
beside_others(double packets, double ours)
{
	const char *const others[][6] = {
		{ "nfpcapd", "-r", path, "-l", folder, NULL }, { "softflowd", "-r", path, "-d", NULL },
		{ "ndpiReader", "-i", path, "-q", NULL },
	};

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		double t = time_other(others[i]);

		if (t > 0)
			printf("capture-beside-%s %.4g packets/s %s %.4g packets/s %.3f%s\n", others[i][0], packets / ours,
			    others[i][0], packets / t, t / ours, i == 2 ? " ratio>=5" : "");
	}
}

/* One trial, and how many random first bytes pass for a link: one of 2^40 does. */
static void
try_first_bytes(uint64_t n)
{
	static uint8_t head[4096][RECOGNISE_MAX];
	uint64_t ours = 0;
	double took = 0, from;

	for (uint64_t at = 0; at < n; at += 4096) {
		randombytes_buf(head, sizeof(head));
		from = now();
		for (size_t i = 0; i < 4096; i++)
			ours += winny.recognise(head[i], RECOGNISE_MAX) == OURS;
		took += now() - from;
	}
	printf("capture-first-bytes %.1f ns/trial random-taken-for-links %.0f of_%.0e %.1f value<=500,ratio<1\n",
	    took / (double)n * 1e9, (double)ours, (double)n, (double)ours);
}

/* Connections that said nothing yet. */
static void
weigh_streams(void)
{
	uint8_t p[HEAD + FULL];
	struct capture c;
	size_t before;

	begin(&c);
	before = streams_bytes(c.streams);
	for (uint32_t i = 0; i < OPEN_STREAMS; i++) {
		struct packet packet = { .t_ns = (int64_t)1e18 + i, .link = 1, .p = p };

		packet.n = packet.len = make_packet(p, i, 0);
		capture_packet(&c, &packet);
	}
	printf("capture-stream-memory %.1f bytes/stream fixed %.3g bytes %.3f\n",
	    (double)(streams_bytes(c.streams) - before) / OPEN_STREAMS, (double)before, 1.0);
	capture_free(&c);
}

int
main(void)
{
	const char *mode = getenv("BENCH");
	bool quick = mode != NULL && strcmp(mode, "quick") == 0;
	double ours = 1e9, loop = 1e9, t;
	uint64_t packets = 0;

	if (sodium_init() < 0)
		die("libsodium does not start");
	write_file(quick ? 4096 : 16384);
	for (int i = 0; i < 5; i++) {
		if ((t = time_capture(&packets)) < ours)
			ours = t;
		if ((t = time_loop()) < loop)
			loop = t;
	}
	printf("capture-packets %.4g packets/s libpcap-loop %.4g packets/s %.3f ratio>=0.5,value>=2.5e6\n",
	    (double)packets / ours, loop > 0 ? (double)packets / loop : 0, loop / ours);
	beside_others((double)packets, ours);
	try_first_bytes(quick ? 1 << 20 : 1 << 24);
	weigh_streams();
	return 0;
}
