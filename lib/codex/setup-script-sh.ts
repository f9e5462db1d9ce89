import { keyHelperScript } from "@/lib/codex/key-helper";
import { markedBlock, markers, tableLines, topLines, type SetupTarget } from "@/lib/codex/setup-config";
import { quoteSh } from "@/lib/codex/setup-quote";
import { CODEX_VERSION } from "@/lib/openai/codex-release";

/** Stands in the table of the helper's way where the script writes the helper's real path, as a TOML string. */
const HELPER_PATH = "@HELPER@";

/**
 * `setup.sh` for one installation: POSIX sh with awk and curl. Everything that depends on the installation stands in variables at
 * the top; the rest is the same text for everybody.
 */
export function setupScriptSh(target: SetupTarget): string {
  const { brandName, providerId, keyEnvName, publicUrl } = target;
  const name = brandName.replaceAll(/\p{Cc}/gu, " ");
  const { begin, end } = markers(target);
  const helperTable = tableLines(target, { kind: "command", command: "sh", args: [HELPER_PATH] });
  return `#!/bin/sh
# Sets up the Codex CLI for ${name} (${publicUrl}), or undoes that. Read it before you run it.
#
#   curl -fsSL ${publicUrl}/setup.sh | ${keyEnvName}='your key' sh
#
# What it does, in this order:
#   1. looks for codex and says so if its version is older than the one this was tested with
#   2. takes your API key from ${keyEnvName}, or asks for it
#   3. adds two marked blocks to config.toml in CODEX_HOME (default ~/.codex) and switches off an older model_provider
#      line; everything else in the file stays as it is, and a copy of the whole file is kept beside it
#   4. writes the key to ${providerId}.env in the same folder, for you alone, and adds one marked line to your shell's
#      start file that reads it
#   5. asks Codex one question through the new provider, which costs a few cents; --no-verify leaves that out
#
# Options:
#   --helper      instead of 4: a small program that fetches keys of ten minutes; no variable is needed, and editors find it
#                 too. No API key is kept, only the program's secret, for you alone. The setup page makes it; it is taken from
#                 HELPER_SECRET, or asked for
#   --isolated    leaves your Codex alone: everything goes to ~/.codex-${providerId}, with a program "start" to run Codex there
#   --no-verify   asks nothing
#   --undo        takes back all of the above (with --isolated: that of --isolated)
set -eu
umask 077

provider=${quoteSh(providerId)}
brand=${quoteSh(name)}
url=${quoteSh(publicUrl)}
key_variable=${quoteSh(keyEnvName)}
tested=${quoteSh(CODEX_VERSION)}
begin=${quoteSh(begin)}
end=${quoteSh(end)}
top_block() {
  cat <<'END_OF_BLOCK'
${markedBlock(target, topLines(target))}END_OF_BLOCK
}
key_table() {
  cat <<'END_OF_BLOCK'
${markedBlock(target, tableLines(target, { kind: "env" }))}END_OF_BLOCK
}
helper_table() {
  cat <<'END_OF_BLOCK'
${markedBlock(target, helperTable)}END_OF_BLOCK
}
helper_program() {
  cat <<'END_OF_BLOCK'
${keyHelperScript(target)}END_OF_BLOCK
}
${BODY}`;
}

const BODY = `
say() { printf '%s\\n' "$*"; }
fail() {
  printf '%s: %s\\n' "$brand setup" "$*" >&2
  exit 1
}

# Prints standard input without our blocks. In a config.toml Codex may have put lines and tables of its own between our marks:
# those stay.
without_ours() {
  PROVIDER=$provider KIND=$1 awk '
    BEGIN { id = ENVIRON["PROVIDER"]; off = "# " id " off: "; table = "[model_providers." id }
    index($0, "# >>> " id " >>>") == 1 { inside = 1; ours = 1; next }
    index($0, "# <<< " id " <<<") == 1 { inside = 0; next }
    inside && ENVIRON["KIND"] == "shell" { next }
    inside && /^[ \\t]*\\[/ {
      ours = index($0, table "]") == 1 || index($0, table ".") == 1
      if (ours) next
    }
    inside && ours && /^(model_provider|name|base_url|wire_api|env_key|env_key_instructions|command|args|timeout_ms|refresh_interval_ms) = / { next }
    inside && ours && /^$/ { next }
    index($0, off) == 1 { $0 = substr($0, length(off) + 1) }
    { print }'
}

# Prints standard input with every model_provider line above the first table switched off. Strings of several lines are left alone.
with_provider_off() {
  PROVIDER=$provider awk '
    function odd(mark,  text) { text = $0; return gsub(mark, "", text) % 2 }
    BEGIN { off = "# " ENVIRON["PROVIDER"] " off: "; quotes = "\\047\\047\\047" }
    in_basic { if (odd("\\"\\"\\"")) in_basic = 0; print; next }
    in_literal { if (odd(quotes)) in_literal = 0; print; next }
    /^[ \\t]*\\[/ { in_table = 1 }
    !in_table && /^[ \\t]*"?model_provider"?[ \\t]*=/ { print off $0; next }
    { if (odd("\\"\\"\\"")) in_basic = 1; else if (odd(quotes)) in_literal = 1; print }'
}

# The file as it was before us: byte for byte if nobody else has changed it since, else without our lines.
restore() {
  kind=$1 file=$2 kept=$3
  if [ -f "$kept.after" ] && [ -f "$file" ] && cmp -s "$file" "$kept.after"; then
    if [ -f "$kept.before" ]; then cat "$kept.before" >"$file"; else rm -f "$file"; fi
  elif [ -f "$file" ]; then
    grep -qF "# >>> $provider >>>" "$file" || return 0
    if ! grep -qF "# <<< $provider <<<" "$file"; then
      fail "$file has the mark '# >>> $provider >>>' but not the one that ends it. Take our lines out by hand."
    fi
    without_ours "$kind" <"$file" >"$kept.new"
    # A last line without its end stays without it.
    if [ -s "$kept.before" ] && [ -n "$(tail -c 1 "$kept.before")" ]; then
      printf '%s' "$(cat "$kept.new")" >"$file"
    else
      cat "$kept.new" >"$file"
    fi
    rm -f "$kept.new"
  fi
}

# Keeps the file as it is now, for undo.
keep() {
  rm -f "$2.before"
  if [ -f "$1" ]; then cp -p "$1" "$2.before"; fi
}

# Takes back what an earlier run has written.
undo() {
  [ -d "$home" ] || return 0
  mkdir -p "$state"
  restore config "$home/config.toml" "$state/config.toml"
  if [ -f "$state/shell-file" ]; then restore shell "$(cat "$state/shell-file")" "$state/shell"; fi
  rm -f "$home/$provider.env" "$home/$provider-key.sh"
  if [ "$isolated" = 1 ]; then rm -f "$home/start"; else rm -f "$fish_file"; fi
  rm -rf "$state"
}

# Of the shell that new terminals open.
shell_file() {
  case \${SHELL##*/} in
  zsh) say "\${ZDOTDIR:-$HOME}/.zshrc" ;;
  bash) if [ "$(uname -s)" = Darwin ]; then say "$HOME/.bash_profile"; else say "$HOME/.bashrc"; fi ;;
  *) say "$HOME/.profile" ;;
  esac
}

quoted() { printf "'%s'" "$(printf '%s' "$1" | sed "s/'/'\\\\\\\\''/g")"; }

# Asks the person at the terminal: standard input is this script when it comes from curl.
ask() {
  if ! (: </dev/tty) 2>/dev/null; then fail "$2 is not set. $url/dashboard/setup shows the whole line."; fi
  printf '%s' "$1" >/dev/tty
  stty -echo </dev/tty
  IFS= read -r answer </dev/tty || answer=
  stty echo </dev/tty
  printf '\\n' >/dev/tty
  printf '%s' "$answer"
}

# Quotes and backslashes of a path, for a TOML string.
toml_path() { printf '"%s"' "$(printf '%s' "$1" | sed 's/[\\\\"]/\\\\&/g')"; }

write_config() {
  config=$home/config.toml
  if [ -f "$config" ] && grep -q "^[[:space:]]*\\[model_providers\\.\${provider}[].]" "$config"; then
    fail "$config has a [model_providers.$provider] that is not from here. Take it out, or run this with --isolated."
  fi
  keep "$config" "$state/config.toml"
  {
    top_block
    if [ -s "$config" ]; then with_provider_off <"$config"; fi
    if [ "$helper" = 0 ]; then key_table; else
      helper_table | HELPER_PATH=$(toml_path "$home/$provider-key.sh") awk '
        { at = index($0, "\\"@HELPER@\\""); if (at) $0 = substr($0, 1, at - 1) ENVIRON["HELPER_PATH"] substr($0, at + 10); print }'
    fi
  } >"$state/config.toml.after"
  cat "$state/config.toml.after" >"$config"
  if "$codex" login status 2>&1 </dev/null | grep -q '^Error loading config'; then
    "$codex" login status </dev/null >&2 || :
    undo
    fail "Codex could not read the new config.toml. It is as it was before."
  fi
  say "wrote   $config"
}

write_key() {
  printf 'export %s=%s\\n' "$key_variable" "$(quoted "$1")" >"$home/$provider.env"
  say "wrote   $home/$provider.env"
  if [ "$isolated" = 1 ]; then return 0; fi
  if [ "\${SHELL##*/}" = fish ]; then
    mkdir -p "\${fish_file%/*}"
    printf 'set -gx %s %s\\n' "$key_variable" "$(quoted "$1")" >"$fish_file"
    say "wrote   $fish_file"
    return 0
  fi
  rc=$(shell_file)
  keep "$rc" "$state/shell"
  {
    if [ -s "$rc" ]; then awk '{ print }' "$rc"; fi
    file=$(quoted "$home/$provider.env")
    printf '%s\\nif [ -r %s ]; then . %s; fi\\n%s\\n' "$begin" "$file" "$file" "$end"
  } >"$state/shell.after"
  cat "$state/shell.after" >"$rc"
  say "$rc" >"$state/shell-file"
  say "wrote   one line in $rc"
}

write_helper() {
  {
    printf 'secret=%s\\n' "$(quoted "$1")"
    helper_program
  } >"$home/$provider-key.sh"
  say "wrote   $home/$provider-key.sh"
}

write_start() {
  {
    printf '#!/bin/sh\\n'
    if [ "$helper" = 0 ]; then printf '. %s\\n' "$(quoted "$home/$provider.env")"; fi
    printf 'CODEX_HOME=%s exec codex "$@"\\n' "$(quoted "$home")"
  } >"$home/start"
  chmod 700 "$home/start"
  say "wrote   $home/start"
}

verify() {
  say "asking  Codex one question …"
  # In a folder of its own: Codex reads instructions from where it is started.
  answer=$(cd "$state" && "$codex" exec --skip-git-repo-check --sandbox read-only 'Say hello' </dev/null 2>"$state/verify.log") || {
    tail -n 3 "$state/verify.log" >&2
    rm -f "$state/verify.log"
    fail "Codex got no answer; its own words stand above. The setup stays; run this again, or take it back with --undo."
  }
  rm -f "$state/verify.log"
  say "answer  $answer"
}

main() {
  isolated=0 helper=0 check=1 undo=0
  for option in "$@"; do
    case $option in
    --isolated) isolated=1 ;;
    --helper) helper=1 ;;
    --no-verify) check=0 ;;
    --undo) undo=1 ;;
    *) fail "there is no option $option. --isolated, --helper, --no-verify and --undo are known." ;;
    esac
  done
  if [ "$isolated" = 1 ]; then home=$HOME/.codex-$provider; else home=\${CODEX_HOME:-$HOME/.codex}; fi
  state=$home/$provider-setup
  fish_file=\${XDG_CONFIG_HOME:-$HOME/.config}/fish/conf.d/$provider.fish
  if [ "$undo" = 1 ]; then
    undo
    if [ "$isolated" = 1 ] && [ -d "$home" ] && ! rmdir "$home" 2>/dev/null; then say "left    $home: sessions and logs of Codex"; fi
    say "undone. A daemon of Codex that still runs keeps its settings until: codex app-server daemon stop"
    return 0
  fi

  codex=$(command -v codex) || fail "there is no codex here. Install it first: npm install -g @openai/codex"
  version=$("$codex" --version 2>/dev/null | awk '{ print $NF }')
  older=$(printf '%s\\n%s\\n' "$version" "$tested" | sort -t. -k1,1n -k2,2n -k3,3n | head -n 1)
  if [ "$version" != "$tested" ] && [ "$older" = "$version" ]; then
    say "note    codex $version is older than $tested, with which this was tested. Newer: npm install -g @openai/codex"
  else
    say "found   codex $version"
  fi

  command -v curl >/dev/null || [ "$helper" = 0 ] || fail "--helper needs curl."
  if [ "$helper" = 1 ]; then
    secret=\${HELPER_SECRET:-}
    [ -n "$secret" ] || secret=$(ask "Secret of the helper, from $url/dashboard/setup: " HELPER_SECRET)
    case $secret in sy-helper-*) ;; *) fail "a helper's secret begins with sy-helper-. Make one at $url/dashboard/setup" ;; esac
  else
    eval "secret=\\\${$key_variable:-}"
    [ -n "$secret" ] || secret=$(ask "API key, from $url/dashboard/setup: " "$key_variable")
    case $secret in sk-*) ;; *) fail "an API key begins with sk-. Make one at $url/dashboard/setup" ;; esac
  fi

  undo
  mkdir -p "$state"
  export CODEX_HOME="$home"
  write_config
  if [ "$helper" = 1 ]; then write_helper "$secret"; else write_key "$secret"; fi
  if [ "$isolated" = 1 ]; then write_start; fi
  if [ "$helper" = 0 ]; then export "$key_variable=$secret"; fi
  if [ "$check" = 1 ]; then verify; fi

  if [ "$isolated" = 1 ]; then
    say "done.   Start Codex with: $home/start"
  elif [ "$helper" = 1 ]; then
    say "done.   Start Codex with: codex"
  else
    say "done.   Open a new terminal and start Codex with: codex"
  fi
  say "        A daemon of Codex that ran before keeps its old key. Stop it once: codex app-server daemon stop"
}

main "$@"
`;
