# shellcheck shell=bash
# A Go that is new enough for every module in tools/.

# Sets $go to it, after an installation if that takes no more than apt-get.
need_go() {
    find_go && return
    install_go && find_go && return
    say "needs Go $(go_needed) or later to build from sources; it is neither on PATH nor in /usr/local/go," \
        "and ${why_not_installed:-the distribution has none new enough}. Install it (https://go.dev/dl/) and run this again"
    return 1
}

# Go's own answer counts: asked in a module that is too new for it, it says no, or
# gets itself a newer toolchain where GOTOOLCHAIN lets it.
find_go() {
    local candidate
    for candidate in go /usr/local/go/bin/go $(printf '%s\n' /usr/lib/go-*/bin/go | sort -rV); do
        go=$(command -v "$candidate") || continue
        (cd "$here/engine/cli" && "$go" env GOVERSION >/dev/null 2>&1) && return
    done
    return 1
}

go_needed() { awk '$1 == "go" { print $2 }' "$here"/engine/*/go.mod "$here"/*/go.mod | sort -V | tail -n1; }

install_go() {
    if ! command -v apt-get >/dev/null || [ "$(id -u)" != 0 ]; then
        why_not_installed="only root on Debian or Ubuntu gets it installed by this script"
        return 1
    fi
    local package
    package=$(newest_go_package)
    [ -n "$package" ] || { apt-get -q update >&2 && package=$(newest_go_package); }
    [ -n "$package" ] || return 1
    say "installs $package"
    DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 --no-install-recommends \
        install "$package" ca-certificates >&2
}

# The newest golang-1.NN-go of the distribution, backports included, that is new enough.
newest_go_package() {
    local package
    package=$(apt-cache search --names-only '^golang-1\.[0-9]+-go$' | cut -d' ' -f1 | sort -rV | head -n1)
    [ -n "$package" ] || return 0
    local version
    version=$(apt-cache policy "$package" | awk '$1 == "Candidate:" { print $2 }')
    if [ "$(printf '%s\n%s\n' "$(go_needed)" "$version" | sort -V | head -n1)" = "$(go_needed)" ]; then
        printf '%s\n' "$package"
    fi
}
