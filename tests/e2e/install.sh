#!/bin/sh
# usage: install.sh BUILD
#
# "make install" into a DESTDIR and into a PREFIX of its own: everything is there, works and is
# well-formed, names the place that it was given; the lab is not there; uninstall leaves nothing
# of ours and everything of others.  The example settings are accepted as they stand.
. "$(dirname "$0")/lib.sh"
set -e
tmp=$place
made() { make -s -C "$tree" DEPS=no B="$build" -o all "$@" >"$tmp/make" 2>&1 || { cat "$tmp/make"; fail "make $*"; }; }
umask 077			# of whoever installs: what is installed is for everybody

# ---- into a staging folder -----------------------------------------------------
root=$tmp/stage
made install DESTDIR="$root" PREFIX=/opt/k
(cd "$root/opt/k" && find . ! -type d | LC_ALL=C sort) >"$tmp/there"
cat >"$tmp/wanted" <<'LIST'
./bin/kansoku
./bin/kansoku-daily
./bin/kansoku-plot
./lib/systemd/system/kansoku-capture@.service
./lib/systemd/system/kansoku-crawl.service
./lib/systemd/system/kansoku-daily.service
./lib/systemd/system/kansoku-daily.timer
./lib/sysusers.d/kansoku.conf
./lib/tmpfiles.d/kansoku.conf
./share/bash-completion/completions/kansoku
./share/bash-completion/completions/kansoku-daily
./share/bash-completion/completions/kansoku-plot
./share/doc/kansoku/CHANGELOG.md
./share/doc/kansoku/LICENSE
./share/doc/kansoku/README.ja.md
./share/doc/kansoku/README.md
./share/doc/kansoku/kansoku-daily.cron
./share/doc/kansoku/kansoku.conf.example
./share/doc/kansoku/node_counts.R
./share/doc/kansoku/node_counts.py
./share/doc/kansoku/plots/example.svg
./share/man/man5/kansoku-data.5
./share/man/man5/kansoku.conf.5
LIST
# A page for each verb, for each program and for the whole.
for page in kansoku kansoku-daily $("$build/kansoku" --help | sed -n 's/^  \([a-z]*\) .*/kansoku-\1/p'); do
	echo "./share/man/man1/$page.1"
done >>"$tmp/wanted"
LC_ALL=C sort -o "$tmp/wanted" "$tmp/wanted"
diff "$tmp/wanted" "$tmp/there" || fail "not what should be installed"
[ -z "$(find "$root" ! -perm -444 ! -type l)" ] || fail "not for everybody: $(find "$root" ! -perm -444 ! -type l)"
grep -rq '@[A-Z]*@' "$root" --exclude-dir=bin && fail "a place was left open"
grep -q '^ExecStart=/opt/k/bin/kansoku crawl' "$root/opt/k/lib/systemd/system/kansoku-crawl.service" || fail "crawl unit"
grep -q '^ExecStart=/opt/k/bin/kansoku capture' "$root/opt/k/lib/systemd/system/kansoku-capture@.service" || fail "capture unit"
grep -q '^ExecStart=/opt/k/bin/kansoku-daily' "$root/opt/k/lib/systemd/system/kansoku-daily.service" || fail "daily unit"
# What the units write for others lies where others may read, in folders that tmpfiles.d makes, and
# the crawl cannot reach the pages.
units=$root/opt/k/lib/systemd/system
for folder in public metrics; do
	grep -qx "d /var/lib/kansoku-$folder 0755 kansoku kansoku -" "$root/opt/k/lib/tmpfiles.d/kansoku.conf" || fail "nobody makes $folder"
done
grep -q '^ExecStart=.* --out /var/lib/kansoku-public/' "$units/kansoku-daily.service" || fail "the pages lie where nobody may read"
grep -q '^ExecStart=.* --metrics /var/lib/kansoku-metrics/' "$units/kansoku-crawl.service" &&
    grep -qx 'ReadWritePaths=-/var/lib/kansoku-metrics' "$units/kansoku-crawl.service" || fail "the series lie where nobody may read"
grep -q kansoku-public "$units/kansoku-crawl.service" && fail "a crawl could change the pages"
f=$root/opt/k/lib/systemd/system/kansoku-crawl.service
grep -q '^Type=notify' "$f" && grep -q '^RestrictAddressFamilies=.*AF_INET6.*AF_UNIX' "$f" || fail "the crawl cannot tell systemd, or dial IPv6"
grep -q ' /opt/k/bin/kansoku-daily ' "$root/opt/k/share/doc/kansoku/kansoku-daily.cron" || fail "crontab line"
echo theirs >"$root/opt/k/share/doc/kansoku/theirs"
made uninstall DESTDIR="$root" PREFIX=/opt/k
[ "$(cd "$root" && find . ! -type d)" = ./opt/k/share/doc/kansoku/theirs ] || fail "left or taken: $(find "$root" ! -type d)"

# ---- into a prefix, and used ------------------------------------------------------
made install PREFIX="$tmp/k"
bin=$tmp/k/bin share=$tmp/k/share
for p in kansoku kansoku-plot kansoku-daily; do "$bin/$p" --help >/dev/null || fail "$p --help"; done
"$bin/kansoku" plot --help | grep -q 'usage: kansoku-plot' || fail "kansoku does not find kansoku-plot beside it"
if command -v man >/dev/null; then
	for page in "$share"/man/man[15]/*.[15]; do
		LC_ALL=C.UTF-8 MANROFFSEQ='' MANWIDTH=80 man --warnings -E UTF-8 -l -Tutf8 -Z "$page" >/dev/null 2>"$tmp/man" ||
		    fail "$page cannot be read"
		[ ! -s "$tmp/man" ] || { cat "$tmp/man"; fail "$page has faults"; }
	done
fi
if command -v systemd-analyze >/dev/null; then
	systemd-analyze verify --man=no "$tmp"/k/lib/systemd/system/* >"$tmp/units" 2>&1 || true
	[ ! -s "$tmp/units" ] || { cat "$tmp/units"; fail "the units have faults"; }
fi
bash -c ". '$share/bash-completion/completions/kansoku'; PATH='$bin':\$PATH
	COMP_WORDS=(kansoku pl) COMP_CWORD=1; _kansoku kansoku; [ \"\${COMPREPLY[*]}\" = plot ] || exit 1
	COMP_WORDS=(kansoku-daily --ev) COMP_CWORD=1; _kansoku kansoku-daily; [ \"\${COMPREPLY[*]}\" = --evidence ] || exit 1
	COMP_WORDS=(kansoku-plot --ti --tz) COMP_CWORD=2; _kansoku kansoku-plot; [ \"\${COMPREPLY[*]}\" = --tz ]" ||
    fail "completion"
cd "$tmp" && touch some-file
while IFS='|' read -r words want; do	# what is typed, what is offered
	got=$(bash -c ". '$share/bash-completion/completions/kansoku'; PATH='$bin':\$PATH
		COMP_WORDS=($words ''); COMP_CWORD=\$((\${#COMP_WORDS[@]} - 1)); _kansoku \${COMP_WORDS[0]}; echo \"\${COMPREPLY[*]}\"")
	case $got in *"$want"*) ;; *) fail "completion of $words: want $want, got $got";; esac
	[ -z "$want" ] && [ -n "$got" ] && fail "completion of $words offers $got"
	case $want in some-file) ;; *) case $got in *some-file*) fail "completion of $words offers files";; esac;; esac
done <<'END'
kansoku counts --format|table csv json jsonl
kansoku status --format|table json jsonl
kansoku-plot --format|svg png
kansoku crawl --retry|none verified all
kansoku case --add|reported acknowledged schedule
kansoku counts --state|complete incomplete
kansoku help|counts
kansoku counts --last|
kansoku counts --db|some-file
kansoku crawl --peers|some-file
kansoku-daily --key|some-file
kansoku-daily --date|
kansoku import|some-file
END

# ---- the example settings ----------------------------------------------------------
conf=$share/doc/kansoku/kansoku.conf.example
echo 127.0.0.9:7743 >"$tmp/peers"
dry() { "$bin/kansoku" crawl --config "$1" --db "$tmp/none.db" --peers "$tmp/peers" --dry-run; }
[ "$(dry "$conf")" = "dial 127.0.0.9:7743" ] || fail "the example settings as they are"
touch "$tmp/opt-out.txt"
sed -e 's/^#\([a-z-]* = \)/\1/' -e "s|/etc/kansoku|$tmp|" "$conf" >"$tmp/all.conf"
[ "$(grep -c '^[a-z-]* = ' "$tmp/all.conf")" -gt "$(grep -c '^[a-z-]* = ' "$conf")" ] || fail "no setting is commented out"
[ "$(dry "$tmp/all.conf")" = "dial 127.0.0.9:7743" ] || fail "the example settings, all of them"
[ ! -e "$tmp/none.db" ] || fail "a dry run made a database"
# Every setting is shown, but those that one run alone can want.
"$bin/kansoku" crawl --help | sed -n 's/^  --\([a-z-]*\) .*/\1/p' |
grep -vxE 'db|peers|config|rounds|lab-map|time-scale|no-keys|dry-run|json|help' |
while read -r name; do
	grep -q "^#\{0,1\}$name = " "$conf" || fail "the example settings lack $name"
done

made uninstall PREFIX="$tmp/k"
[ -z "$(find "$tmp/k" ! -type d)" ] || fail "left: $(find "$tmp/k" ! -type d)"
[ ! -e "$share/doc/kansoku" ] || fail "an empty folder of ours is left"
echo "ok: installed whole, and gone again"
