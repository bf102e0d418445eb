# shellcheck shell=bash
# Second way: the vendor's releases, checked against the checksum files beside them.

releases=${TESTUDO_RELEASES:-https://github.com/pulumi}

official_dir() {
    printf '%s/official-%s' "$cache" \
        "$(printf '%s\n' "$pulumi_version" "${plugins[@]}" "$(uname -sm)" | digest)"
}

official_finished() {
    toolchain=$(official_dir)
    [ -d "$toolchain" ]
}

# Sets $toolchain; returns 1 if the vendor cannot be reached.
official_toolchain() {
    official_finished && return
    local os arch new plugin
    os=$(uname -s | tr '[:upper:]' '[:lower:]')
    case $(uname -m) in
        x86_64) arch=amd64 ;;
        aarch64 | arm64) arch=arm64 ;;
        *) say "the vendor has no release for $(uname -m)"; return 1 ;;
    esac
    if ! curl -fsSLo /dev/null --connect-timeout 5 --max-time 20 \
        "$releases/pulumi/releases/download/v$pulumi_version/pulumi-$pulumi_version-checksums.txt" 2>/dev/null; then
        say "the vendor's releases cannot be reached"
        return 1
    fi

    scratch
    mkdir "$new/bin"
    # The command line's archives say x64 where the plugins' say amd64.
    download pulumi "v$pulumi_version" "pulumi-v$pulumi_version-$os-${arch/amd64/x64}.tar.gz" \
        "pulumi-$pulumi_version-checksums.txt" "$new/cli" || return 1
    mv "$new"/cli/pulumi/* "$new/bin/" && rm -r "$new/cli" || return 1
    for plugin in "${plugins[@]}"; do
        official_plugin "$new" "${plugin%:*}" "${plugin#*:}" "$os-$arch" || return 1
    done
    printf 'official\n' >"$new/way"
    finish "$(official_dir)"
    say "the vendor's release $pulumi_version is in place"
}

official_plugin() {
    local new=$1 name=$2 version=$3 platform=$4
    download "pulumi-$name" "v$version" "pulumi-resource-$name-v$version-$platform.tar.gz" \
        "pulumi-${name}_${version}_checksums.txt" "$new/$(plugin_dir "$name" "$version")"
}

# download REPOSITORY TAG ARCHIVE CHECKSUMS DIR: fetches, checks and unpacks.
download() {
    local repository=$1 tag=$2 archive=$3 checksums=$4 dir=$5
    local url=$releases/$repository/releases/download/$tag
    say "downloads $archive"
    mkdir -p "$dir"
    if ! curl -fsSL --connect-timeout 5 --retry 2 -o "$dir/$archive" "$url/$archive" ||
        ! curl -fsSL --connect-timeout 5 --retry 2 -o "$dir/$checksums" "$url/$checksums"; then
        say "$url/$archive cannot be downloaded"
        return 1
    fi
    # A mismatch is no reason to go another way: somebody should look.
    checksum_holds "$dir/$archive" "$dir/$checksums" ||
        die "$archive is not what $url/$checksums says; nothing was installed"
    tar -xzf "$dir/$archive" -C "$dir" && rm "$dir/$archive" "$dir/$checksums"
}

# checksum_holds FILE LIST: the lists of the vendor's repositories differ in the
# algorithm, which the length of a sum tells.
checksum_holds() {
    local file=$1 list=$2 want algorithm
    want=$(awk -v name="${file##*/}" '{ sub(/^[*]?(\.\/)?/, "", $2) } $2 == name { print $1; exit }' "$list")
    case ${#want} in
        40) algorithm=sha1sum ;;
        64) algorithm=sha256sum ;;
        128) algorithm=sha512sum ;;
        *) return 1 ;;
    esac
    [ "$("$algorithm" <"$file" | cut -d' ' -f1)" = "$want" ]
}
