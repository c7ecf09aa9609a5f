#!/bin/bash
# guest-build.sh OUT.qcow2 PAGES_PER_TICK MEMORY_MIB DISK_MIB [1] : assembles the two-sector test guest (needs binutils and qemu-utils)
# It boots in 0.1 s under emulation and dirties PAGES_PER_TICK pages of 4 KiB 18.2 times a second, round and round over its memory.
# serial out: R booted, '.' about once a second, '+' one full pass over memory, P power button, X a page does not hold the expected pass number (corruption)
# With a last argument of 1 it also keeps a counter in sector 64 of its disk and says so: '#' and 8 hexadecimal digits for each number once it is written;
# D the disk does not hold the number written last, E a disk error. At boot '=' and the number on the disk, from which it goes on.
# serial in : '0'..'9' set the rate to 0 or 4<<n pages per tick, 's' powers off
set -eu
here=$(cd "$(dirname "$0")" && pwd)
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
u32() { printf '\\x%02x\\x%02x\\x%02x\\x%02x' $(($1 & 255)) $(($1 >> 8 & 255)) $(($1 >> 16 & 255)) $(($1 >> 24 & 255)); }
as --32 -o "$tmp/guest.o" "$here/guest-dirty.S"
ld -m elf_i386 -Ttext 0x7c00 --oformat binary -e start -o "$tmp/guest.raw" "$tmp/guest.o"
# At 0x1e8: pages per tick, first and last byte of the dirtied range (from 2 MiB to 8 MiB below the end, clear of the firmware's tables).
# Then whether it counts.
printf "$(u32 "$2")$(u32 $((0x200000)))$(u32 $((($3 - 8) << 20)))$(u32 "${5:-0}")" | dd of="$tmp/guest.raw" bs=1 seek=$((0x1e8)) conv=notrunc status=none
truncate -s "$4M" "$tmp/guest.raw"
qemu-img convert -q -f raw -O qcow2 "$tmp/guest.raw" "$1"
