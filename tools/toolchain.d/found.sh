# shellcheck shell=bash
# First way: a Pulumi of the very version, with its plugins, is installed.

# Sets $toolchain to a directory of links to what is installed; returns 1 without
# a word if anything of it is missing.
found_toolchain() {
    local cli home name version dir
    cli=$(command -v pulumi) || return 1
    cli=$(readlink -f "$cli")
    case $cli in
        "$(readlink -f "$cache")"/*) return 1 ;; # one of ours, from an earlier run
    esac
    [ "$("$cli" version 2>/dev/null)" = "v$pulumi_version" ] || return 1
    [ -x "${cli%/*}/pulumi-language-nodejs" ] || return 1
    home=${PULUMI_HOME:-$HOME/.pulumi}
    for plugin in "${plugins[@]}"; do
        name=${plugin%:*} version=${plugin#*:}
        [ -x "$home/$(plugin_dir "$name" "$version")/pulumi-resource-$name" ] || return 1
    done

    dir=$cache/found-$(printf '%s\n%s\n' "$cli" "$(readlink -f "$home")" | digest)
    if ! [ -d "$dir" ]; then
        local new
        scratch
        mkdir "$new/bin" "$new/plugins"
        ln -s "${cli%/*}"/pulumi* "$new/bin/"
        for plugin in "${plugins[@]}"; do
            ln -s "$(readlink -f "$home")/$(plugin_dir "${plugin%:*}" "${plugin#*:}")" "$new/plugins/"
        done
        printf 'found\n' >"$new/way"
        finish "$dir"
        say "uses the installed $cli"
    fi
    toolchain=$dir
}
