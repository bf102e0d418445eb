# shellcheck shell=bash
# Pins, paths and messages that all ways to a toolchain share.

# The versions in package.json; the engine matches plugins to them by equality.
# shellcheck disable=SC2034 # read in the files beside this one
pulumi_version=3.248.0
plugins=(random:4.21.1 tls:5.5.1 command:1.2.1)

cache=${TESTUDO_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/testudo}/toolchain

say() { printf 'toolchain %3d s: %s\n' "$SECONDS" "$*" >&2; }
die() {
    printf 'toolchain: %s\n' "$*" >&2
    exit 1
}

# plugin_dir NAME VERSION: where Pulumi looks for a plugin in its home.
plugin_dir() { printf 'plugins/resource-%s-v%s' "$1" "$2"; }

# Takes the lock on the cache for the rest of the run, once.
take_lock() {
    [ -z "${locked:-}" ] || return 0
    exec 9>"$cache/lock"
    if ! flock -n 9; then
        say "waits for another run to finish"
        flock 9
    fi
    locked=yes
}

# Sets $new to a scratch directory in the cache, so that a rename from it is atomic.
scratch() {
    take_lock
    rm -rf "$cache"/tmp.* # of runs that were killed: we hold the lock
    new=$(mktemp -d "$cache/tmp.XXXXXX") || die "cannot write to $cache"
}

# finish DIR: gives the scratch directory its name and makes it the toolchain. If
# another run was first, its result counts.
finish() {
    toolchain=$1
    [ -d "$toolchain" ] || mv -T "$new" "$toolchain" || die "cannot make $toolchain"
    rm -rf "$new"
}

digest() { sha256sum | cut -c1-12; }
