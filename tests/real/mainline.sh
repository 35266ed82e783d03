#!/bin/sh
# usage: mainline.sh BUILD [install]
# Real clients of the Mainline DHT (mainline.py); install brings them: packages of Debian, and a module of npm.
set -eu
here=$(cd "$(dirname "$0")" && pwd) modules=$1/real/npm
if [ "${2:-}" = install ]; then
	apt-get install -y --no-install-recommends python3-libtorrent aria2 rtorrent npm iproute2
	mkdir -p "$modules"
	cd "$modules"
	exec npm install --no-audit --no-fund bittorrent-dht@11
fi
/usr/bin/python3 -c 'import libtorrent' 2>/dev/null && [ -d "$modules/node_modules/bittorrent-dht" ] &&
    command -v aria2c rtorrent node >/dev/null || { echo "make real: clients are missing; \"make real-deps\" installs them" >&2; exit 1; }
exec /usr/bin/python3 "$here/mainline.py" "$1/kansoku" "$modules"
