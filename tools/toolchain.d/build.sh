# shellcheck shell=bash
# Third way: everything from Go modules, each component cached by itself, so that
# an edit of our own plugin does not build the command line again.

components=(cli language-host random tls command)

# component NAME: sets its module directory, package, result and build flags.
component() {
    flags=() ldflags="-s -w"
    case $1 in
        cli)
            module=engine/cli package=github.com/pulumi/pulumi/pkg/v3/cmd/pulumi
            result=bin/pulumi flags=(-tags "osusergo,grpcnotrace")
            ldflags="$ldflags -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v$pulumi_version" ;;
        language-host)
            module=engine/language-host package=github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs
            result=bin/pulumi-language-nodejs ;;
        random | tls)
            module=engine/bridged package=./cmd/pulumi-resource-$1
            result=$(plugin_result "$1") ;;
        command)
            module=pulumi-resource-command package=.
            result=$(plugin_result "$1") ;;
    esac
}

plugin_result() {
    local plugin
    for plugin in "${plugins[@]}"; do
        [ "${plugin%:*}" != "$1" ] || printf '%s/pulumi-resource-%s' "$(plugin_dir "$1" "${plugin#*:}")" "$1"
    done
}

# sources NAME: a hash of all that its binary depends on but the Go version.
sources() {
    component "$1"
    {
        printf '%s\n' "$package" "${flags[@]}" "$ldflags" "$result" "$(uname -sm)"
        cd "$here/$module" || die "no $here/$module"
        find . -type f \( -name '*.go' -o -name 'go.*' \) ! -name '*_test.go' -print0 |
            LC_ALL=C sort -z | xargs -0 sha256sum
    } | digest
}

all_sources() {
    local name
    for name in "${components[@]}"; do sources "$name"; done | digest
}

# Sets $toolchain if one of these sources is there. Without Go, and so without its
# version, the newest counts.
built_finished() {
    local version=
    ! find_go || version=$(go_version)
    toolchain=$(find "$cache" -maxdepth 1 -type d -name "built-$(all_sources)-${version:-*}" -printf '%T@ %p\n' |
        sort -n | tail -n1 | cut -d' ' -f2-)
    [ -n "$toolchain" ]
}

go_version() { (cd "$here/engine/cli" && "$go" env GOVERSION); }

# Sets $toolchain, after a build of whatever is not in the cache.
build_toolchain() {
    built_finished && return
    need_go || return 1
    take_lock
    built_finished && return # by the run that we waited for
    local name version new
    version=$(go_version)
    scratch
    for name in "${components[@]}"; do
        add_component "$name" "$version" "$new" || return 1
    done
    printf 'built\n' >"$new/way"
    finish "$cache/built-$(all_sources)-$version"
    say "is complete: $toolchain"
}

# add_component NAME GOVERSION DIR: links the component's binary into DIR.
add_component() {
    local name=$1 stored
    component "$name"
    stored=$cache/components/$name-$(sources "$name")-$2
    if ! [ -e "$stored" ]; then
        say "builds $name with $2"
        mkdir -p "$cache/components"
        go_build "$3/binary" || { say "the build of $name failed"; return 1; }
        mv "$3/binary" "$stored" || return 1
        say "has $name, $(du -h "$stored" | cut -f1)"
    fi
    mkdir -p "$(dirname "$3/$result")" && ln "$stored" "$3/$result"
}

# go_build FILE: builds the current component, with a sign of life, for a first
# build downloads a lot and compiles for minutes without a word.
go_build() {
    still_at_it >/dev/null 9>&- &
    local sign_of_life=$! status=0
    (
        cd "$here/$module" && fetch_modules &&
            CGO_ENABLED=0 "$go" build -trimpath "${flags[@]}" -ldflags "$ldflags" -o "$1" "$package"
    ) >&2 || status=$?
    kill "$sign_of_life"
    return "$status"
}

# What the build needs over the network, and no more; unlike a build's fault, a mirror's may pass.
fetch_modules() {
    local try
    for try in 1 2 3; do
        [ "$try" = 1 ] || sleep 5
        CGO_ENABLED=0 "$go" list -deps "${flags[@]}" "$package" >/dev/null && return
    done
    return 1
}

# Ends within a second of the run, also of a killed one; so it must not have the lock.
still_at_it() {
    local seconds=0
    while sleep 1 && kill -0 $$ 2>/dev/null; do
        seconds=$((seconds + 1))
        [ $((seconds % 30)) != 0 ] || say "is still at it"
    done
}
