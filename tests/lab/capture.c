/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/lab/capture.h"

#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "tests/lab/node.h"

static const char *const kinds[] = {
	[PEER_ACCEPTED] = "in",
	[PEER_DIALLED] = "out",
	[PEER_TEST] = "test",
};

bool
capture_append(const char *dir, uint64_t link, const struct peer *p,
    const uint8_t *bytes, size_t n)
{
	char path[PATH_MAX], node[ENDPOINT_TEXT];
	bool kept;
	int fd;

	endpoint_format(node, p->host->node.lab);
	if (snprintf(path, sizeof(path), "%s/%06" PRIu64 "-%s-%s.bin", dir, link, node,
	    kinds[p->kind]) >= (int)sizeof(path))
		return false;
	if ((fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644)) == -1)
		return false;
	kept = write(fd, bytes, n) == (ssize_t)n;
	return close(fd) == 0 && kept;
}
