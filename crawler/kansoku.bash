# bash completion for kansoku, kansoku-plot, kansoku-daily and kansoku-lab.  Verbs, options and
# what an option takes are asked of the programs themselves, so this file cannot fall behind them.

_kansoku_words() {	# verbs or options, as --help prints them
	"$@" --help 2>/dev/null | sed -n 's/^  \(-*[a-z][a-z0-9-]*\) .*/\1/p'
}

# What the option in $1 takes, by its line of help: the words of a list at its end, files
# where the value is one, else nothing that could be guessed.
_kansoku_value() {	# OPTION COMMAND...: in COMPREPLY, for $cur
	local option=$1 line words
	shift
	line=$("$@" --help 2>/dev/null | grep -m 1 -e "^  $option ")
	words=$(sed -n 's/.*(\([a-z][a-z0-9, -]*,[a-z0-9, -]*\))$/\1/p' <<<"$line" | tr -d ' ' | tr ',' ' ')
	case $line in
	*"("*,*")") COMPREPLY=($(compgen -W "$words" -- "$cur"));;
	"  $option "*) case $(awk '{ print $2 }' <<<"$line") in
		FILE|DIR|DB|KEY|PATH) COMPREPLY=($(compgen -f -- "$cur"));;
		[A-Z]*) ;;
		*) return 1;;
		esac;;
	*) return 1;;
	esac
}

_kansoku() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} program=$1 verb= verbs=yes
	COMPREPLY=()
	case ${program##*/} in kansoku-plot|kansoku-daily) verbs=no;; *) verb=${COMP_WORDS[1]};; esac
	if [ $verbs = yes ] && { [ "$COMP_CWORD" = 1 ] || [ "$verb" = help ]; }; then
		[ "$COMP_CWORD" -gt 2 ] || COMPREPLY=($(compgen -W "$(_kansoku_words "$program") help" -- "$cur"))
	elif [[ $prev == --?* ]] && _kansoku_value "$prev" "$program" $verb; then
		:
	elif [[ $cur == -* ]]; then
		COMPREPLY=($(compgen -W "$(_kansoku_words "$program" $verb) --help -q -v" -- "$cur"))
	else
		COMPREPLY=($(compgen -f -- "$cur"))
	fi
}
complete -o filenames -F _kansoku kansoku kansoku-plot kansoku-daily kansoku-lab
