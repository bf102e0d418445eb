# shellcheck shell=bash
# Stand-in for the programs that touch disks, sourced under their names: a container has volumes as folders, not as
# disks. Volume vol-1 lies at /var/lib/ebs/vol-1; its file system is the folder fs in it, its disk /dev/ebs-vol-1.
set -euo pipefail
shelf=/var/lib/ebs
name=${0##*/}
last=${*: -1}
volume=
for word in "$@"; do case $word in /dev/ebs-vol-*) volume=${word#/dev/ebs-} ;; esac; done

# Of anything else the program itself is asked.
[ -n "$volume" ] || [ "$name" = lsblk ] || PATH=/usr/sbin:/usr/bin exec "$name" "$@"

case $name in
lsblk)
    shopt -s nullglob
    for folder in "$shelf"/vol-*; do
        mountpoint --quiet "$folder" || continue
        id=${folder##*/}
        echo "/dev/ebs-$id ${id/-/}"
    done
    ;;
# 2: nothing is on it.
blkid) [ -d "$shelf/$volume/fs" ] || exit 2 ;;
mkfs.ext4) mkdir -p "$shelf/$volume/fs/lost+found" ;;
mount) exec /usr/bin/mount --bind "$shelf/$volume/fs" "$last" ;;
resize2fs) ;;
esac
