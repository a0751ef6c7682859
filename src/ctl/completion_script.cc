// What `lakectl completion` prints. Each script asks `lakectl __complete` with the words up to the
// cursor, the last one unfinished, and reads candidates and then `:<directive>`
// (ctl/completion.h). The program is called as it was typed, so tarnctl completes itself.
#include "ctl/completion.h"

namespace tarn::ctl {
namespace {

constexpr const char* kBash = R"sh(# bash completion: source <(lakectl completion bash)
_lakectl_complete() {
  local line="${COMP_LINE:0:$COMP_POINT}" output directive candidate current
  local -a words
  # Not COMP_WORDS: bash breaks words at colons, and URIs have some.
  read -ra words <<<"$line"
  if [[ "$line" == *[[:space:]] ]]; then
    words+=("")
  fi
  current="${words[${#words[@]}-1]}"
  COMPREPLY=()
  output="$("${words[0]}" __complete "${words[@]:1}" 2>/dev/null)" || return
  directive="${output##*:}"
  while IFS=$'\t' read -r candidate _; do
    if [[ -n "$candidate" && "$candidate" == "$current"* ]]; then
      COMPREPLY+=("$candidate")
    fi
  done <<<"${output%:*}"
  # bash replaces only what follows the last colon.
  if [[ "$current" == *:* && "$COMP_WORDBREAKS" == *:* ]]; then
    COMPREPLY=("${COMPREPLY[@]#"${current%"${current##*:}"}"}")
  fi
  if ((directive & 2)); then
    compopt -o nospace 2>/dev/null
  fi
  if ((directive & 4)); then
    compopt +o default 2>/dev/null
  fi
}
complete -o default -F _lakectl_complete lakectl tarnctl
)sh";

constexpr const char* kZsh = R"sh(#compdef lakectl tarnctl
# zsh completion: source <(lakectl completion zsh), or as the file _lakectl in a folder of $fpath
_lakectl() {
  local output directive line
  local -a candidates options
  output="$("${words[1]}" __complete "${(@)words[2,CURRENT]}" 2>/dev/null)" || return 1
  directive="${output##*:}"
  for line in "${(@f)${output%:*}}"; do
    if [[ -n "$line" ]]; then
      # A colon separates word and text here.
      line="${line//:/\\:}"
      candidates+=("${line/$'\t'/:}")
    fi
  done
  if (( directive & 2 )); then
    options=(-S '')
  fi
  if (( ${#candidates} )); then
    _describe completions candidates "${options[@]}"
  elif (( ! (directive & 4) )); then
    _files
  fi
}
if [[ "${funcstack[1]}" == _lakectl ]]; then
  _lakectl "$@"
else
  compdef _lakectl lakectl tarnctl
fi
)sh";

constexpr const char* kFish = R"sh(# fish completion: lakectl completion fish | source
function __lakectl_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l output ($words[1] __complete $words[2..-1] "$current" 2>/dev/null)
    or return 1
    set -l directive (string replace ':' '' -- $output[-1])
    set -e output[-1]
    if test (count $output) -gt 0
        printf '%s\n' $output
    else if test (math "floor($directive / 4) % 2") -eq 0
        __fish_complete_path "$current"
    end
end
complete -c lakectl -f -a '(__lakectl_complete)'
complete -c tarnctl -f -a '(__lakectl_complete)'
)sh";

}  // namespace

const char* completion_script(std::string_view shell) {
  return shell == "bash" ? kBash : shell == "zsh" ? kZsh : shell == "fish" ? kFish : nullptr;
}

}  // namespace tarn::ctl
