# shellcheck shell=bash disable=SC2154
# Starting and stopping incusd, under systemd and without. Sourced after lib.sh.

daemon=/usr/libexec/incus/incusd

# The daemon's pid, if one lives. Every container's monitor is called incusd as well, and so are
# zombies where PID 1 reaps nobody: only a command line that begins with the daemon's path counts.
daemon_pid() {
    local pid
    for pid in $(pgrep -x incusd); do
        case $(tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null) in "$daemon --"*) echo "$pid"; return ;; esac
    done
}

# Hosts that ran when the daemon was killed are started again, one after the other, before it says that it is ready.
start_by_hand() {
    local pid log=$state_dir/incusd.log deadline=$((SECONDS + 300))
    pid=$(daemon_pid)
    if [ -n "$pid" ]; then
        say "incusd (pid $pid) is there but does not answer yet: waiting for it"
    else
        [ ! -e "$log" ] || mv "$log" "$log.old"
        # Own session, no inherited files: it outlives make and holds no lock or pipe of ours.
        (cd / && exec 9>&- && exec setsid "$daemon" --group root --logfile "$log" \
            </dev/null >"$state_dir/incusd.out" 2>&1) &
    fi
    until incus admin waitready --timeout 2 2>/dev/null; do
        pid=$(daemon_pid)
        [ -n "$pid" ] && [ $SECONDS -lt $deadline ] && continue
        die "incusd ${pid:+(pid $pid) }does not get ready${pid:+ in 300 s: it still runs}" \
            "$(grep -hE 'level=(error|fatal)|^Error' "$state_dir/incusd.out" | tail -n 1)" "read $log"
    done
    daemon_pid >"$state_dir/incusd.pid"
}

start_daemon() {
    incus_answers && return
    if under_systemd; then
        systemctl start incus.socket incus.service
        incus admin waitready --timeout 90 || die "incusd does not get ready in 90 s" \
            "$(systemctl is-active incus.service)" "journalctl -u incus.service"
    else
        start_by_hand
    fi
    say "incusd $(incus query /1.0 | jq -r .environment.server_version) is running"
}

# Stops the daemon only; containers run on.
stop_daemon() {
    local pid
    if under_systemd; then
        systemctl stop incus.service
        return
    fi
    pid=$(daemon_pid)
    [ -n "$pid" ] || return 0
    kill -TERM "$pid"
    for _ in $(seq 100); do
        [ -n "$(daemon_pid)" ] || break
        sleep 0.1
    done
    [ -z "$(daemon_pid)" ] || die "incusd (pid $pid) does not stop in 10 s" \
        "it waits for an operation" "incus operation list --all-projects"
    rm -f "$state_dir/incusd.pid"
}

# A name server whose bridge died before its network was deleted lives on, and the next network
# with that address fails with "Address already in use".
stop_stray_dnsmasq() {
    local pid name
    for pid in $(pgrep -x dnsmasq); do
        name=$(tr '\0' '\n' <"/proc/$pid/cmdline" 2>/dev/null |
            sed -nE "s|^--conf-file=$incus_dir/networks/([^/]+)/.*|\1|p")
        if [ -z "$name" ] || [ -e "$incus_dir/networks/$name" ]; then continue; fi
        kill "$pid" && say "stopped the dnsmasq of $name, a network that is gone"
    done
}
