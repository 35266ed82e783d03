/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Packets of an interface.  The socket is opened first of all; then the right to open one is
 * given up, the files are opened as who we are then, and the process is confined before the
 * first packet is looked at.
 */
#include "crawler/capture/request.h"

#include <errno.h>
#include <libgen.h>
#include <linux/capability.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bounds.h"
#include "crawler/drop_root.h"
#include "data/lib/confine.h"
#include "data/lib/log.h"
#include "data/lib/utctime.h"

#ifdef HAVE_PCAP
#include <pcap/pcap.h>

#define TIMEOUT_MS	100	/* until packets that wait are handed over */
#define QUIET_MS	1000	/* without packets; then time passes without */
#define COMMIT_MS	5000	/* between two looks at what waits to be written */

struct live {
	pcap_t		*pcap;
	const char	*interface;
	int		 link, fd;	/* fd: tells of packets; -1: nothing does, and a quiet link waits */
};

/* ---- opening ---------------------------------------------------------------------- */

static int
explain(const struct live *l, int error)
{
	if (error == PCAP_ERROR_PERM_DENIED || error == PCAP_ERROR_PROMISC_PERM_DENIED)
		log_error("--interface %s: needs CAP_NET_RAW: run as root with --user NAME, or give the"
		    " capability to the service", l->interface);
	else if (error == PCAP_ERROR || error == PCAP_WARNING)
		log_error("--interface %s: %s", l->interface, pcap_geterr(l->pcap));
	else
		log_error("--interface %s: %s", l->interface, pcap_statustostr(error));
	return EXIT_FAILED;
}

static int
set_filter(const struct live *l, const char *expression)
{
	struct bpf_program program;
	int bad;

	if (expression == NULL)
		return EXIT_DONE;
	if (pcap_compile(l->pcap, &program, expression, 1, PCAP_NETMASK_UNKNOWN) != 0) {
		log_error("--filter %s: %s", expression, pcap_geterr(l->pcap));
		return EXIT_MISUSED;
	}
	bad = pcap_setfilter(l->pcap, &program);
	pcap_freecode(&program);
	return bad == 0 ? EXIT_DONE : explain(l, PCAP_ERROR);
}

static int
activate(struct live *l, const struct request *r)
{
	char error[PCAP_ERRBUF_SIZE];
	int rc;

	if ((l->pcap = pcap_create(r->interface, error)) == NULL) {
		log_error("--interface %s: %s", r->interface, error);
		return EXIT_FAILED;
	}
	pcap_set_snaplen(l->pcap, PACKET_BYTES);
	pcap_set_promisc(l->pcap, 1);
	pcap_set_timeout(l->pcap, TIMEOUT_MS);
	pcap_set_buffer_size(l->pcap, (int)(r->buffer_mib << 20));
	pcap_set_tstamp_precision(l->pcap, PCAP_TSTAMP_PRECISION_NANO);
	if ((rc = pcap_activate(l->pcap)) < 0)
		return explain(l, rc);
	l->link = pcap_datalink(l->pcap);
	/* Left to itself libpcap waits for the first packet without an end. */
	if ((l->fd = pcap_get_selectable_fd(l->pcap)) != -1 && pcap_setnonblock(l->pcap, 1, error) != 0)
		return explain(l, PCAP_ERROR);
	return set_filter(l, r->filter);
}

/* Who came with a capability, and not as root, keeps none. */
static bool
drop_capabilities(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[2] = { { 0, 0, 0 }, { 0, 0, 0 } };

	if (geteuid() == 0)
		return true;
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	return syscall(SYS_capset, &head, none) == 0;
}

int
live_open(struct live **out, const struct request *r)
{
	struct live *l = *out = calloc(1, sizeof(*l));
	int status;

	if (l == NULL) {
		log_error("%s", memory_missing());
		return EXIT_FAILED;
	}
	l->interface = r->interface;
	if (!consent_in_force(&r->consent, utctime_now())) {
		log_error("%s: does not hold today", r->consent_path);
		return EXIT_MISUSED;
	}
	if ((status = activate(l, r)) != EXIT_DONE)
		return status;
	if (r->user != NULL && (status = drop_root_to(r->user)) != EXIT_DONE)
		return status;
	if (!drop_capabilities()) {
		log_error("capabilities cannot be given up: %s", strerror(errno));
		return EXIT_FAILED;
	}
	if (geteuid() == 0)
		log_error("this runs as root, which it need not once the interface is open: give --user"
		    " NAME");
	return EXIT_DONE;
}

void
live_close(struct live *l)
{
	if (l != NULL && l->pcap != NULL)
		pcap_close(l->pcap);
	free(l);
}

/* ---- running ------------------------------------------------------------------------ */

static pcap_t *listening;
static volatile sig_atomic_t stop;

/* pcap_breakloop is made for signal handlers. */
static void
on_signal(int number)
{
	(void)number;
	stop = 1;
	pcap_breakloop(listening);
}

static void
catch_signals(const struct live *l)
{
	struct sigaction act = { .sa_handler = on_signal, .sa_flags = SA_RESETHAND };

	listening = l->pcap;
	sigemptyset(&act.sa_mask);
	sigaction(SIGINT, &act, NULL);
	sigaction(SIGTERM, &act, NULL);
}

/* Of all files only those beside the database stay, for its journal. */
static void
confine(const struct request *r)
{
	char text[CONFINE_TEXT], *copy = NULL;
	struct confinement c;

	if (r->db != NULL && (copy = strdup(r->db)) == NULL)
		log_error("%s", memory_missing());
	confine_tap(&c, copy == NULL ? NULL : dirname(copy));
	free(copy);
	confine_text(text, &c);
	if (c.files == 0 || !c.calls)
		log_error("not wholly confined: %s; see CONFINEMENT in kansoku(1)", text);
	else
		log_debug("confined: %s", text);
}

/* Between packets: time passes, and what there is is written. */
static void
idle(struct request *r, int64_t *written_ms)
{
	struct capture *c = &r->capture;
	int64_t now = utctime_monotonic();

	capture_tick(c, utctime_now());
	if (now - *written_ms < COMMIT_MS)
		return;
	*written_ms = now;
	if (c->links != NULL)
		fflush(c->links);
	if (c->store != NULL && !c->failed && store_commit(c->store) != 0) {
		log_error("%s", store_error(c->store));
		c->failed = true;
	}
	log_progress("capture: %s: %llu packets, %llu links", r->interface,
	    (unsigned long long)c->counts.packets, (unsigned long long)c->links_closed);
}

static void
count_drops(const struct live *l, struct request *r)
{
	struct pcap_stat s;

	if (pcap_stats(l->pcap, &s) == 0)
		r->dropped = (int64_t)s.ps_drop + s.ps_ifdrop;
}

static int
quiet_ms(int64_t end_ms)
{
	int64_t left = end_ms - utctime_monotonic();

	return left < 0 ? 0 : left < QUIET_MS ? (int)left : QUIET_MS;
}

int
live_run(struct live *l, struct request *r)
{
	struct capture *c = &r->capture;
	int64_t end_ms = r->for_ms > 0 ? utctime_monotonic() + r->for_ms : INT64_MAX;
	int64_t written_ms = utctime_monotonic();
	struct pcap_pkthdr *head;
	const u_char *bytes;
	int got = 0;

	catch_signals(l);
	confine(r);
	log_info("listening on %s", r->interface);
	while (!stop && !c->failed && utctime_monotonic() < end_ms &&
	    (got = pcap_next_ex(l->pcap, &head, &bytes)) >= 0) {
		if (got == 1)
			capture_packet(c, &(struct packet){ .link = l->link, .p = bytes,
				.n = head->caplen, .len = head->len, .t_ns =
				(int64_t)head->ts.tv_sec * 1000000000 + head->ts.tv_usec });
		if (got == 0 && l->fd != -1)
			poll(&(struct pollfd){ .fd = l->fd, .events = POLLIN }, 1, quiet_ms(end_ms));
		if (got == 0 || c->counts.packets % 4096 == 0)
			idle(r, &written_ms);
		if (!consent_in_force(&r->consent, utctime_now())) {
			log_error("%s: its dates are over", r->consent_path);
			break;
		}
	}
	if (got == PCAP_ERROR)
		explain(l, got);
	count_drops(l, r);
	return got == PCAP_ERROR || c->failed ? EXIT_FAILED : EXIT_DONE;
}

#else

int
live_open(struct live **out, const struct request *r)
{
	*out = NULL;
	log_error("--interface %s: this program was built without libpcap", r->interface);
	return EXIT_FAILED;
}

int
live_run(struct live *l, struct request *r)
{
	(void)l;
	(void)r;
	return EXIT_FAILED;
}

void
live_close(struct live *l)
{
	(void)l;
}

#endif
