#!/bin/bash
# N independent libvirt hosts on one machine, without systemd: each its own libvirtd, host name, host UUID and PID namespace.
#
#   hosts.sh up N          start hosts 1..N (creates what they need)
#   hosts.sh uri I         the libvirt URI by which this machine's programs reach host I (a unix socket: no network needed)
#   hosts.sh migration-uri I   the URI by which another host's libvirtd reaches host I
#   hosts.sh crash I       power loss of host I: its libvirtd and all its guests die together
#   hosts.sh kill-daemon I [SIGNAL] kill -9 of host I's libvirtd alone, which starts again at once; guests survive. STOP and CONT hold it up
#   hosts.sh start I N     host I of N starts again
#   hosts.sh link I up|down   with PERHOST: plugs or cuts host I's network link
#   hosts.sh down [clean]  stop all; "clean" also removes $BASE
#   hosts.sh guard         waits for SIGTERM, then "down clean": for a program that may be killed before it can clean up
#
# BASE     folder of this set of hosts (default $TMPDIR/hv-libvirt-hosts). Two sets with different folders do not meet. Shared disks: $BASE/shared.
# NS       network namespace of the set (default: made from BASE); empty: none, the machine's own network with one port per host
# PERHOST  1: a network namespace per host on a switch namespace (10.77.0.I), so that links can be cut or slowed (tc on pI)
#
# Needs root, libvirt-daemon, libvirt-daemon-driver-qemu, libvirt-clients, qemu-system-x86, iproute2, util-linux.
set -u
BASE=${BASE:-${TMPDIR:-/tmp}/hv-libvirt-hosts}
TAG=$(printf '%s' "$BASE" | cksum | awk '{printf "%08x", $1}')
NS=${NS-hv$TAG}
SHARED=$BASE/shared

# A private /dev without kvm: only emulation is seen, on every machine alike. Nested or partial KVM differs from machine to machine (on some SeaBIOS takes
# seconds). Binding /dev/null over /dev/kvm would not do: libvirt then probes QEMU anew, 5-8 s, at every call.
# Pseudo-terminals of its own: a container's /dev/ptmx and /dev/pts may belong to different instances, and QEMU then finds no terminal.
DEVICES='D=/run/libvirt/dev; mkdir -p $D; mount -t tmpfs -o mode=755 none $D; mkdir -p $D/pts $D/shm $D/net
for f in null zero full random urandom tty net/tun; do [ -e /dev/$f ] && touch $D/$f && mount --bind /dev/$f $D/$f; done
mount -t devpts -o newinstance,mode=620,ptmxmode=666 none $D/pts; ln -s pts/ptmx $D/ptmx; mount --bind /dev/shm $D/shm; ln -s /proc/self/fd $D/fd; mount --rbind $D /dev'

address() { if [ -n "${PERHOST:-}" ]; then echo "10.77.0.$1"; elif [ -n "$NS" ]; then echo "127.0.1.$1"; else echo 127.0.0.1; fi; }
port() { if [ -z "${PERHOST:-}$NS" ]; then echo $((16509 + $1)); else echo 16509; fi; }
host_ns() { if [ -n "${PERHOST:-}" ]; then echo "$NS-h$1"; else echo "$NS"; fi; }
uri() { echo "qemu+unix:///system?socket=$BASE/host-$1/run/libvirt-sock"; }
migration_uri() { echo "qemu+tcp://$(address "$1"):$(port "$1")/system"; }

configure() { # host, number of hosts
  local i=$1 n=$2 h=$BASE/host-$1
  mkdir -p "$h"/{etc/qemu,lib,cache,log,run} "$SHARED"
  { echo '127.0.0.1 localhost'; for j in $(seq 1 "$n"); do echo "$(address "$j") host-$j"; done; } > "$h/hosts"
  # The host UUID must differ: libvirt refuses to migrate to "itself", and takes the machine's own UUID if none is set.
  cat > "$h/etc/libvirtd.conf" <<C
host_uuid = "$(printf '%s-0000-4000-8000-%012d' "$TAG" "$i")"
unix_sock_rw_perms = "0700"
auth_unix_ro = "none"
auth_unix_rw = "none"
listen_tls = 0
listen_tcp = 1
listen_addr = "$(address "$i")"
tcp_port = "$(port "$i")"
auth_tcp = "none"
log_outputs = "2:file:/var/log/libvirt/libvirtd.log"
C
  # migration_address: without it the destination names itself by its host name, which the source may resolve to another address.
  cat > "$h/etc/qemu.conf" <<C
user = "root"
group = "root"
dynamic_ownership = 0
remember_owner = 0
security_driver = "none"
namespaces = []
cgroup_controllers = []
stdio_handler = "file"
$([ "$(address "$i")" != 127.0.0.1 ] && echo "migration_address = \"$(address "$i")\"")
migration_port_min = $((49152 + i * 100))
migration_port_max = $((49152 + i * 100 + 99))
remote_display_port_min = $((5900 + i * 100))
remote_display_port_max = $((5900 + i * 100 + 99))
C
  : > "$h/etc/libvirt.conf"
  # Debian's QEMU driver insists that its compiled-in user exists even when qemu.conf names root, so each host gets its own passwd and group.
  { cat /etc/passwd; getent passwd libvirt-qemu > /dev/null || echo 'libvirt-qemu:x:64055:64055::/var/lib/libvirt:/usr/sbin/nologin'; } > "$h/passwd"
  { cat /etc/group; getent group libvirt-qemu > /dev/null || echo 'libvirt-qemu:x:64055:'; getent group kvm > /dev/null || echo 'kvm:x:64056:'; } > "$h/group"
  mkdir -p /etc/libvirt /var/lib/libvirt /var/cache/libvirt /var/log/libvirt /run/libvirt
}

start() { # host, number of hosts
  local i=$1 h=$BASE/host-$1 in_ns=()
  configure "$i" "$2"
  [ -n "$NS" ] && in_ns=(nsenter "--net=/run/netns/$(host_ns "$i")")
  # PID namespace: bash is process 1 there and reaps dead QEMUs at once (process 1 of a container or CI machine may reap late, and libvirt waits for
  # zombies); killing that process 1 is the host's power loss. The loop starts libvirtd again after a kill -9, as systemd would.
  setsid "${in_ns[@]}" unshare -m -u -p -f --mount-proc --propagation private bash -c "
    hostname host-$i
    mount --bind '$h/etc' /etc/libvirt; mount --bind '$h/lib' /var/lib/libvirt; mount --bind '$h/cache' /var/cache/libvirt
    mount --bind '$h/log' /var/log/libvirt; mount --bind '$h/run' /run/libvirt; mount --bind '$h/hosts' /etc/hosts
    mount --bind '$h/passwd' /etc/passwd; mount --bind '$h/group' /etc/group
    $DEVICES
    trap 'kill \$L; wait \$L; exit 0' TERM
    while :; do
      /usr/sbin/libvirtd --listen --pid-file /run/libvirt/libvirtd.pid & L=\$!
      wait \$L; sleep 0.2; rm -f /run/libvirt/libvirtd.pid
    done" > "$h/log/stdout" 2>&1 < /dev/null &
  local outer=$! inner=
  for _ in $(seq 100); do read -r inner _ < "/proc/$outer/task/$outer/children" && break; sleep .02; done
  echo "$inner" > "$h/init.pid"
  ln -sfn "/proc/$inner/root" "$h/root" # the host's files as it sees them
  for _ in $(seq 200); do
    [ -S "$h/run/libvirt-sock" ] && virsh -c "$(uri "$i")" version > /dev/null 2>&1 && return 0
    sleep .05
  done
  echo "host $i did not start" >&2
  tail -n 5 "$h/log/libvirtd.log" "$h/log/stdout" >&2
  return 1
}

make_ns() {
  [ -e "/run/netns/$1" ] || ip netns add "$1" || return 1
  # IPv6 off: with a bridge's link-local address and no other IPv4 one, libvirtd's look-up of its listen_addr (AI_ADDRCONFIG) fails and the daemon exits.
  ip netns exec "$1" bash -c 'for i in all default; do echo 1 > /proc/sys/net/ipv6/conf/$i/disable_ipv6; done' 2> /dev/null
  ip -n "$1" link set lo up
}

up() {
  local n=$1
  if [ -n "$NS" ]; then make_ns "$NS" || return 1; fi
  if [ -n "${PERHOST:-}" ]; then
    ip -n "$NS" link add br0 type bridge 2> /dev/null; ip -n "$NS" link set br0 up
    for i in $(seq 1 "$n"); do
      make_ns "$NS-h$i" || return 1
      ip -n "$NS" link add "p$i" type veth peer name eth0 netns "$NS-h$i"; ip -n "$NS" link set "p$i" master br0 up
      ip -n "$NS-h$i" addr add "10.77.0.$i/24" dev eth0; ip -n "$NS-h$i" link set eth0 up
    done
  fi
  start 1 "$n" || return 1
  # libvirt's first look at QEMU takes seconds; the others take over what host 1 found.
  for i in $(seq 2 "$n"); do mkdir -p "$BASE/host-$i/cache"; cp -a "$BASE/host-1/cache/." "$BASE/host-$i/cache/"; start "$i" "$n" || return 1; done
}

crash() { kill -9 "$(cat "$BASE/host-$1/init.pid")"; rm -f "$BASE/host-$1/init.pid"; }

kill_daemon() {
  local init child
  init=$(cat "$BASE/host-$1/init.pid")
  for child in $(cat "/proc/$init/task/$init/children"); do
    [ "$(cat "/proc/$child/comm")" = libvirtd ] && kill "-${2:-9}" "$child" && return 0
  done
  return 1
}

down() {
  for d in "$BASE"/host-*; do
    [ -s "$d/init.pid" ] && kill -9 "$(cat "$d/init.pid")" 2> /dev/null
    rm -f "$d/init.pid"
  done
  for x in $(ip netns list 2> /dev/null | awk -v n="$NS" 'n != "" && ($1 == n || index($1, n "-h") == 1) { print $1 }'); do ip netns del "$x"; done
  [ "${1:-}" = clean ] && rm -rf "$BASE"
  true
}

case ${1:-} in
  up) up "${2:-2}" ;;
  down) down "${2:-}" ;;
  crash) crash "$2" ;;
  kill-daemon) kill_daemon "$2" "${3:-9}" ;;
  link) ip -n "$NS" link set "p$2" "$3" ;;
  start) start "$2" "$3" ;;
  guard)
    trap 'down clean; exit 0' TERM
    while :; do sleep 3600 & wait $!; done
    ;;
  uri) uri "$2" ;;
  migration-uri) migration_uri "$2" ;;
  *) sed -n '2,21p' "$0"; exit 2 ;;
esac
