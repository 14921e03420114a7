#!/usr/bin/env bash
# Publish on a disk that is full, then on the same disk with space. The home is copied to a small file system (tmpfs),
# and what is left of it is filled up to 1 MB; then the disk grows.
#   full_disk.sh FOLDER SIZE_KB BALLAST_BYTES PYTHON SCRIPT
set -e
mkdir -p "$1/disk"; mount -t tmpfs -o size="$2"k tmpfs "$1/disk"
cp -a "$1/ready" "$1/disk/home"
head -c "$3" /dev/zero > "$1/disk/ballast" || true
set +e
BANGDAN_HOME="$1/disk/home" "$4" "$5" > "$1/full.txt" 2>&1; echo $? > "$1/full.code"
find "$1/disk/home" -name '*.partial*' > "$1/left.txt"
rm "$1/disk/ballast"
BANGDAN_HOME="$1/disk/home" "$4" "$5" > "$1/free.txt" 2>&1; echo $? > "$1/free.code"
cp -a "$1/disk/home/releases" "$1/releases"
