# bash completion for kansoku, kansoku-plot, kansoku-daily and kansoku-lab.  Verbs and options
# are asked of the programs themselves, so this file cannot fall behind them.

_kansoku_words() {	# verbs or options, as --help prints them
	"$@" --help 2>/dev/null | sed -n 's/^  \(-*[a-z][a-z0-9-]*\) .*/\1/p'
}

_kansoku() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} program=$1
	COMPREPLY=()
	case $prev in
	--db|--peers|--out|--config|--opt-out|--lab-map|--key|--pub|--world|--truth|--jsonl|--map-out|--peers-out|--evidence)
		COMPREPLY=($(compgen -f -- "$cur")); return;;
	--format) COMPREPLY=($(compgen -W "table csv json jsonl svg png" -- "$cur")); return;;
	esac
	case ${program##*/} in kansoku-plot|kansoku-daily) local verbs=no;; *) local verbs=yes;; esac
	if [ $verbs = yes ] && [ "$COMP_CWORD" = 1 ]; then
		COMPREPLY=($(compgen -W "$(_kansoku_words "$program")" -- "$cur"))
	elif [[ $cur == -* ]]; then
		local verb=
		[ $verbs = no ] || verb=${COMP_WORDS[1]}
		COMPREPLY=($(compgen -W "$(_kansoku_words "$program" $verb) --help -q -v" -- "$cur"))
	else
		COMPREPLY=($(compgen -f -- "$cur"))
	fi
}
complete -o filenames -F _kansoku kansoku kansoku-plot kansoku-daily kansoku-lab
