#!/bin/sh
# usage: plot-browser.sh BUILD
#
# The pages in a real browser, from file://, at 390 and 1400 pixels, light and dark: nothing on the
# console, no request that leaves the folder, no picture missing, nothing wider than the screen.
# Passes without looking where Debian's chromium is not installed.
. "$(dirname "$0")/lib.sh"
set -e
browser=$(command -v chromium || true)
[ -n "$browser" ] || { echo "ok: chromium is not installed, nothing looked at"; exit 0; }
tmp=$place

# The browser itself would like to call home: no name resolves for it.
look() {	# SCHEME WIDTH URL EXTRA...: the browser once, its log in $tmp/log
	scheme=$1 width=$2 url=$3; shift 3
	rm -rf "$tmp/profile"
	timeout 120 "$browser" --headless --no-sandbox --disable-gpu --disable-background-networking \
	    --disable-component-update --disable-sync --no-first-run --no-default-browser-check \
	    --host-resolver-rules='MAP * ~NOTFOUND' --user-data-dir="$tmp/profile" --hide-scrollbars \
	    --window-size="$width,3000" --blink-settings=preferredColorScheme="$scheme" --enable-logging=stderr \
	    "$@" "$url" >"$tmp/dom" 2>"$tmp/log" || { tail -n 5 "$tmp/log"; fail "the browser failed on $url"; }
	if grep CONSOLE "$tmp/log"; then fail "the console has something to say about $url"; fi
}

python3 "$here/plot_db.py" "$build" "$tmp/t.db" 200 1500
"$build/kansoku-plot" -q --db "$tmp/t.db" --out "$tmp/out"

# A page of our own that measures the gallery in a frame, as a screen of each width shows it.
cat >"$tmp/measure.html" <<'END'
<!DOCTYPE html><meta charset="utf-8"><body><script>
const page = new URLSearchParams(location.search).get('page'), width = +new URLSearchParams(location.search).get('width');
const f = document.createElement('iframe');
f.style = 'border:0;height:3000px;width:' + width + 'px';
f.src = 'out/' + page;
f.onload = async () => {
	const d = f.contentDocument, images = [...d.images];
	for (const i of images) i.loading = 'eager';
	await Promise.all(images.map(i => i.complete ? 0 : new Promise(r => { i.onload = i.onerror = r; })));
	document.body.textContent = 'MEASURED images ' + images.length + ' missing ' +
	    images.filter(i => !i.naturalWidth).length + ' noalt ' + images.filter(i => i.alt.length < 20).length +
	    ' outside ' + f.contentWindow.performance.getEntriesByType('resource').filter(e =>
	        !e.name.startsWith('file:')).length +
	    ' overflow ' + (d.documentElement.scrollWidth - width);
};
document.body.append(f);
</script>
END
for page in index.html incident-1.html; do
	for width in 390 1400; do
		look 1 1500 "file://$tmp/measure.html?page=$page&width=$width" --allow-file-access-from-files \
		    --virtual-time-budget=20000 --dump-dom
		grep -q 'MEASURED' "$tmp/dom" || fail "$page was not measured at $width"
		grep -qE 'MEASURED images [1-9][0-9]* missing 0 noalt 0 outside 0 overflow (0|-[0-9]+)' "$tmp/dom" ||
		    fail "$page at $width: $(grep -o 'MEASURED.*' "$tmp/dom")"
		for scheme in 0 1; do
			look $scheme $width "file://$tmp/out/$page" --screenshot="$tmp/shot-$scheme.png"
			[ "$(stat -c %s "$tmp/shot-$scheme.png")" -gt 30000 ] || fail "$page at $width is empty"
		done
		if cmp -s "$tmp/shot-0.png" "$tmp/shot-1.png"; then fail "$page is not dark in the dark"; fi
	done
done
echo "ok: the pages are well in a browser"
