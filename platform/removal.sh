# shellcheck shell=bash disable=SC2154
# Removing what stacks left on this machine. Sourced after lib.sh and daemon.sh by sweep and clean. Everything is
# asked of Incus and of the kernel, never of Pulumi's state: a killed run has none. Dead bridges,
# stopped containers and half-made projects are all the same to it.

# The metric marks the unreachable routes as ours (written by the stack before it dials anything).
route_metric=4278198272

stack_projects() { incus query /1.0/projects | jq -r '.[] | sub("^/1.0/projects/"; "") | select(startswith("testudo-"))'; }

# networks_of STACK: lines "project name supernet"
networks_of() {
    incus query '/1.0/networks?recursion=1&all-projects=true' | jq -r --arg stack "$1" '.[]
        | select(.managed and .config["user.testudo.stack"] == $stack)
        | "\(.project // "default") \(.name) \(.config["user.testudo.supernet"] // "-")"'
}

instances_in() { incus query "/1.0/instances?project=$1" | jq -r '.[] | sub(".*/"; "") | sub("\\?.*"; "")'; }

links_of() {
    incus query "/1.0/instances?recursion=1&project=$1" | jq -r '.[].config | to_entries[]
        | select(.key | test("^volatile\\..*\\.host_name$")).value | select(. != "")'
}

# volumes_in PROJECT: lines "pool name"
volumes_in() {
    local name
    for name in $(incus query /1.0/storage-pools | jq -r '.[] | sub(".*/"; "")'); do
        incus query "/1.0/storage-pools/$name/volumes/custom?recursion=1&project=$1" |
            jq -r --arg project "$1" '.[] | select(.project == $project and (.name | contains("/") | not)) | .name' |
            sed "s/^/$name /"
    done
}

has_project() { incus query "/1.0/projects/$1" >/dev/null 2>&1; }

remove_project() {
    local project=$1 instances links name volume_pool
    has_project "$project" || return 0
    instances=$(instances_in "$project")
    links=$(links_of "$project")
    if [ -n "$instances" ]; then
        # By force: there is nothing to save. -P: each takes half a second of waiting.
        xargs -r -P 4 -I{} incus delete --quiet --force --project "$project" {} <<<"$instances" ||
            die "an instance of $project does not go away" "incus said it above" \
                "platform/incus-up, then again; incus operation list --all-projects"
        say "removed $(wc -l <<<"$instances") instances of $project"
    fi
    # Where the bridge is dead Incus gives up on an instance's link and leaves it.
    for name in $links; do ip link del "$name" 2>/dev/null || true; done
    while read -r volume_pool name; do
        incus storage volume delete "$volume_pool" "$name" --project "$project" >/dev/null </dev/null
        say "removed volume $name"
    done < <(volumes_in "$project")
    for name in $(incus query "/1.0/profiles?project=$project" | jq -r '.[] | sub(".*/"; "") | sub("\\?.*"; "")'); do
        [ "$name" = default ] || incus profile delete "$name" --project "$project" >/dev/null
    done
    printf 'config: {}\ndevices: {}\n' | incus profile edit default --project "$project"
    if [ "$(incus project get "$project" features.images)" = true ]; then
        incus query "/1.0/images?project=$project" | jq -r '.[] | sub(".*/"; "") | sub("\\?.*"; "")' |
            xargs -r -n 1 incus image delete --project "$project"
    fi
}

remove_networks() {
    local project name supernet supernets=''
    while read -r project name supernet; do
        incus network delete "$name" --project "$project" >/dev/null </dev/null ||
            die "network $name does not go away" "something outside its stack uses it" \
                "incus network show $name"
        [ "$supernet" = - ] || supernets+=" $supernet"
        say "removed network $name"
    done < <(networks_of "$1")
    stop_stray_dnsmasq
    for supernet in $(tr ' ' '\n' <<<"$supernets" | sort -u); do
        # Another stack of ours may live in the same supernet.
        incus query '/1.0/networks?recursion=1&all-projects=true' |
            jq -e --arg net "$supernet" 'any(.config["user.testudo.supernet"] == $net)' >/dev/null && continue
        remove_route "$supernet"
    done
}

remove_route() {
    ip route del unreachable "$1" metric $route_metric 2>/dev/null || return 0
    say "removed the route unreachable $1"
}

remove_table() {
    nft delete table inet "$1" 2>/dev/null || return 0
    say "removed nft table $1"
}

# sweep_stack STACK: the order is what Incus demands, and the guard (route) goes last.
sweep_stack() {
    remove_project "testudo-$1"
    remove_networks "$1"
    if has_project "testudo-$1"; then
        incus project delete "testudo-$1" >/dev/null
        say "removed project testudo-$1"
    fi
    remove_table "testudo-$1"
}

our_tables() { nft -j list tables 2>/dev/null | jq -r '.nftables[].table? | select(. != null and .family == "inet" and (.name | startswith("testudo"))).name'; }

our_routes() { ip -j route show type unreachable | jq -r --argjson metric $route_metric '.[] | select(.metric == $metric).dst'; }

our_networks() { incus query '/1.0/networks?recursion=1' | jq -r '.[] | select(.managed and .config["user.testudo.stack"] != null).name'; }
