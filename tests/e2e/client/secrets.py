#!/usr/bin/env python3
"""Looks for secrets where others on this host could read them. The secrets come as JSON on standard input.

Prints JSON: found (a line for each place, naming the secret by its label), loose (files that hold one behind a
closed folder, and would be open without it), kept (how many files that are root's or a daemon's alone have one:
proof that the search can find), searched (how many places).
"""
import json
import os
import re
import stat
import subprocess
import sys

secrets = [(label, text.encode()) for label, text in json.load(sys.stdin)]
found, loose, kept, searched = [], [], 0, 0
LARGEST = 16 << 20
# What shells and clients remember, and what is left of a crash, must not hold one, whoever may read it.
MEMORIES = re.compile(r"(^\..*history|^\.lesshst|^\.viminfo|^core(\.|$)|\.core(\.|$)|^core\.)")


def labels(data):
    return sorted({label for label, text in secrets if text in data})


def look(place, data):
    global searched
    searched += 1
    found.extend(f"{place}: {label}" for label in labels(data))


def read(path):
    try:
        with open(path, "rb") as file:
            return file.read(LARGEST)
    except OSError:
        return b""


def walk(folder, reachable):
    global kept
    try:
        entries = list(os.scandir(folder))
        open_to_all = bool(os.stat(folder).st_mode & stat.S_IXOTH)
    except OSError:
        return
    reachable = reachable and open_to_all
    for entry in entries:
        if entry.is_symlink():
            continue
        if entry.is_dir():
            walk(entry.path, reachable)
        elif entry.is_file():
            try:
                mode = entry.stat().st_mode
            except FileNotFoundError:
                continue
            if reachable and mode & stat.S_IROTH:
                look(entry.path, read(entry.path))
            elif labels(data := read(entry.path)):
                kept += 1
                if MEMORIES.search(entry.name):
                    look(entry.path, data)
                elif mode & 0o137:
                    loose.append(f"{entry.path} {mode & 0o777:o}: {labels(data)[0]}")


for process in filter(str.isdigit, os.listdir("/proc")):
    look(f"arguments of process {process}", read(f"/proc/{process}/cmdline"))
    look(f"environment of process {process}", read(f"/proc/{process}/environ"))
# Of all boots, with the command line of whoever wrote.
journal = subprocess.run(
    ["journalctl", "--no-pager", "--all", "--output=cat", "--output-fields=MESSAGE,_CMDLINE"], capture_output=True, check=False
).stdout
look("journal", journal)
units = subprocess.run(["systemctl", "show", "*"], capture_output=True, check=False).stdout
look("properties of units", units)
kernel = subprocess.run(["dmesg"], capture_output=True, check=False).stdout
look("messages of the kernel", kernel)
HERE = ("/etc", "/usr/local", "/srv", "/run", "/tmp", "/root", "/home", "/dev/shm")
THERE = ("testudo", "systemd/coredump", "haproxy", "nginx", "php", "sudo", "private")
for folder in (*HERE, "/var/log", "/var/tmp", "/var/cache", "/var/spool", "/var/backups", "/var/crash"):
    walk(folder, True)
for name in THERE:
    walk(f"/var/lib/{name}", True)
print(json.dumps({"found": found, "loose": loose, "kept": kept, "searched": searched}))
