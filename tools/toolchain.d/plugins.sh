# shellcheck shell=bash

# link_plugins TOOLCHAIN HOME: puts the plugins into a Pulumi home, as real
# directories, and again when they have changed.
link_plugins() {
    local from=$1 home=$2 source name
    mkdir -p "$home/plugins"
    for source in "$from"/plugins/resource-*; do
        name=${source##*/}
        [ "$(cat "$home/plugins/$name/.from" 2>/dev/null)" != "$(readlink -f "$source")" ] || continue
        take_lock
        rm -rf "$home/plugins/.$name.new"
        cp -RL --reflink=auto "$source" "$home/plugins/.$name.new"
        readlink -f "$source" >"$home/plugins/.$name.new/.from"
        rm -rf "$home/plugins/${name:?}"
        mv -T "$home/plugins/.$name.new" "$home/plugins/$name"
    done
}
