#!/usr/bin/env bash
# Builds virsh with libvirt's own Hyper-V driver, which Debian leaves out, to try hvsim with a client that others wrote.
#
#   build-virsh.sh LIBVIRT_SOURCE OPENWSMAN_SOURCE DESTINATION
#
# LIBVIRT_SOURCE is an unpacked libvirt (apt-get source libvirt, or https://download.libvirt.org), OPENWSMAN_SOURCE an unpacked or cloned
# https://github.com/Openwsman/openwsman. Needs meson ninja-build cmake pkg-config gettext xsltproc libxml2-dev libxml2-utils libgnutls28-dev libtirpc-dev
# libglib2.0-dev libcurl4-openssl-dev libreadline-dev libssl-dev python3-docutils. Nothing is written outside DESTINATION, nothing is installed.
# Tests use the result if HV_VIRSH_HYPERV names it.
set -euo pipefail
[ $# = 3 ] || { sed -n '2,11s/^# \{0,1\}//p' "$0"; exit 2; }
libvirt=$(readlink -f "$1") openwsman=$(readlink -f "$2")
mkdir -p "$3"
to=$(readlink -f "$3")
jobs=${JOBS:-$(nproc)}

# The client library expects its program to define where syslog messages go; virsh does not.
cat > "$to/facility.c" <<'C'
#include <syslog.h>
int facility __attribute__((weak)) = LOG_DAEMON;
C
cc -fPIC -shared -o "$to/libfacility.so" "$to/facility.c"

off=()
for part in LIBCIM EXAMPLES BINDINGS PYTHON3 RUBY RUBY_GEM PERL JAVA CSHARP TESTS SWIG_PLUGIN; do off+=("-DBUILD_$part=NO"); done
cmake -S "$openwsman" -B "$to/openwsman" -DCMAKE_INSTALL_PREFIX="$to/prefix" -DLIB=lib -DDISABLE_SERVER=YES -DDISABLE_PLUGINS=YES -DCMAKE_POLICY_VERSION_MINIMUM=3.5 \
  -DCMAKE_C_FLAGS=-w -DCMAKE_SHARED_LINKER_FLAGS="-L$to -Wl,--no-as-needed -lfacility -Wl,-rpath,$to" "${off[@]}"
cmake --build "$to/openwsman" -j "$jobs"
cmake --install "$to/openwsman"

export PKG_CONFIG_PATH=$to/prefix/lib/pkgconfig
(cd "$libvirt" && meson setup "$to/libvirt" --auto-features=disabled -Ddriver_hyperv=enabled -Dopenwsman=enabled -Ddriver_remote=disabled -Ddriver_libvirtd=disabled \
  -Ddriver_test=disabled -Ddocs=disabled -Dtests=disabled -Dnls=disabled -Dreadline=enabled --prefix="$to/prefix")
ninja -C "$to/libvirt" -j "$jobs" tools/virsh
"$to/libvirt/tools/virsh" -V | grep -q 'Hyper-V'
echo "export HV_VIRSH_HYPERV=$to/libvirt/tools/virsh"
