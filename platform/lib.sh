# shellcheck shell=bash disable=SC2034
# What the platform scripts share: where our state and caches lie, progress lines, errors.
# Sourced, never run.

: "${HOME:=/root}"
checkout=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
state_dir=${TESTUDO_STATE:-${XDG_STATE_HOME:-$HOME/.local/state}/testudo}/incus
cache_dir=${TESTUDO_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/testudo}/image
pool=testudo
incus_dir=${INCUS_DIR:-/var/lib/incus}
# sbin is not in every caller's PATH, and ip, nft, sysctl and btrfs live there.
PATH=$PATH:/usr/sbin:/sbin
export LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive

# Progress goes to stderr: stdout belongs to what a script answers (the alias of an image).
# say "text": one line, with the seconds since the script began.
say() { printf '%5.1fs  %s\n' "$(elapsed)" "$*" >&2; }

elapsed() {
    local now=${EPOCHREALTIME/[.,]/}
    local tenths=$(((now - began) / 100000))
    printf '%d.%d' $((tenths / 10)) $((tenths % 10))
}
began=${EPOCHREALTIME/[.,]/}

# die "what" "why" "what to do"
die() {
    printf '%s: %s\n' "$(basename "$0")" "$1" >&2
    [ $# -lt 2 ] || printf '  why:  %s\n' "$2" >&2
    [ $# -lt 3 ] || printf '  do:   %s\n' "$3" >&2
    exit 1
}

need_root() {
    [ "$(id -u)" = 0 ] || die "must run as root" \
        "it installs packages, mounts a storage pool and talks to incusd" "run it with sudo"
}

# run_quietly LOG COMMAND...: keeps a command's noise in LOG and shows its end only if it fails.
run_quietly() {
    local log=$1
    shift
    mkdir -p "$(dirname "$log")"
    "$@" >"$log" 2>&1 </dev/null && return 0
    tail -n 15 "$log" | sed 's/^/  | /' >&2
    return 1
}

under_systemd() { [ -d /run/systemd/system ]; }

# Does an incusd answer on the socket? A dead daemon leaves the socket file behind.
incus_answers() { timeout 5 incus query /1.0 >/dev/null 2>&1 </dev/null; }

need_incus() {
    command -v incus >/dev/null && incus_answers && return
    die "no incusd answers" "${1:-this needs a running Incus}" "run platform/incus-up first"
}

# apt with patience: another apt may be at work (dpkg's lock has an option, that of the lists none).
apt_quietly() {
    local log=$1 try
    shift
    for try in 1 2 3 4 5 6; do
        [ "$try" = 1 ] || sleep 5
        run_quietly "$log" apt-get -q -y -o DPkg::Lock::Timeout=300 "$@" && return
        grep -q 'Could not get lock' "$log" || return 1
    done
    return 1
}

# mirrors: lines "URI RELEASE", the machine's own Debian mirrors, whichever way its sources are
# written. Other vendors use Debian's release names too; what the lists say of their origin does
# not lie, so they must be there.
mirrors() {
    local found
    found=$(debian_sources)
    if [ -z "$found" ]; then
        apt_quietly "$state_dir/apt-update.log" update || true
        found=$(debian_sources)
    fi
    echo "$found"
}

debian_sources() {
    # The $(…) are apt's placeholders, not the shell's.
    # shellcheck disable=SC2016
    apt-get indextargets --format '$(ORIGIN)|$(COMPONENT)|$(RELEASE)|$(REPO_URI)' \
        'Identifier: Packages' | awk -F'|' '$1 ~ /^Debian/ && $2 == "main" { sub("/$", "", $4); print $4, $3 }'
}

# mirror_of RELEASE: the URI this machine uses for that release, or nothing.
mirror_of() { mirrors | awk -v r="$1" '$2 == r && !done { print $1; done = 1 }'; }
