import type { Shell } from "./answer.ts"

// Each script asks `tcpfx __complete SHELL WORDS…`, so that the script stays correct after an update of tcpfx. The
// program is the first word of the command line, because tcpfx may not be in PATH.

const bash = `# Completions of tcpfx for bash. In ~/.bashrc: source <(tcpfx --completions bash)
_tcpfx() {
  local program="$1" line directive prefix current="\${COMP_WORDS[COMP_CWORD]}"
  [[ $current == [=:@] ]] && current=
  [[ $program == "~/"* ]] && program="$HOME/\${program:2}"
  local -a answer=()
  mapfile -t answer < <("$program" __complete bash "\${COMP_LINE:0:COMP_POINT}" 2>/dev/null)
  [ "\${#answer[@]}" -gt 0 ] || return
  COMPREPLY=("\${answer[@]:1}")
  directive="\${answer[0]%% *}"
  case $directive in
    file) compopt -o filenames; while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "$current") ;;
    folder) compopt -o filenames; while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -d -- "$current") ;;
  esac
  [[ \${#COMPREPLY[@]} -eq 1 && \${COMPREPLY[0]} == *[:/] ]] && compopt -o nospace
  return 0
}
complete -F _tcpfx tcpfx
`

const zsh = `#compdef tcpfx
# Completions of tcpfx for zsh. In ~/.zshrc, after compinit: source <(tcpfx --completions zsh)
_tcpfx() {
  local -a answer whole open
  local line word help directive prefix
  answer=("\${(@f)$(\${~words[1]} __complete zsh "\${(@Q)words[2,CURRENT]}" 2>/dev/null)}")
  [[ -n $answer[1] ]] || return 1
  directive="\${answer[1]%% *}"
  prefix="\${answer[1]#* }"
  for line in "\${(@)answer[2,-1]}"; do
    word="\${line%%$'\\t'*}"
    help=
    [[ $line == *$'\\t'* ]] && help="\${line#*$'\\t'}"
    line="\${word//:/\\\\:}"
    [[ -n $help ]] && line+=":$help"
    if [[ $word == *[:/] ]]; then open+=("$line"); else whole+=("$line"); fi
  done
  (( $#whole )) && _describe 'tcpfx' whole
  (( $#open )) && _describe 'tcpfx' open -S ''
  if [[ $directive != none ]]; then
    [[ -n $prefix ]] && compset -P "\${(b)prefix}"
    if [[ $directive == folder ]]; then _files -/; else _files; fi
  fi
}
if [ "$funcstack[1]" = _tcpfx ]; then _tcpfx "$@"; else compdef _tcpfx tcpfx; fi
`

const fish = `# Completions of tcpfx for fish. In ~/.config/fish/config.fish: tcpfx --completions fish | source
function __tcpfx_complete
    set -l words (commandline -opc)
    set -l program $words[1]
    set -e words[1]
    set -l current (commandline -ct)
    set -l answer ($program __complete fish $words "$current" 2>/dev/null)
    test (count $answer) -gt 0; or return
    set -l directive (string split -m 1 ' ' -- $answer[1])
    set -e answer[1]
    test (count $answer) -gt 0; and printf '%s\\n' $answer
    switch $directive[1]
        case file folder
            set -l begin (string sub -s (math (string length -- "$directive[2]") + 1) -- "$current")
            set -l found
            if test $directive[1] = folder
                set found (__fish_complete_directories "$begin" '')
            else
                set found (__fish_complete_path "$begin" '')
            end
            for path in $found
                printf '%s%s\\n' "$directive[2]" $path
            end
    end
end
complete -c tcpfx -f -a '(__tcpfx_complete)'
`

/** The script with the completions of each shell. */
export const scripts: Readonly<Record<Shell, string>> = { bash, zsh, fish }
