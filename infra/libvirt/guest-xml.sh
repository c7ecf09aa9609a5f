#!/bin/bash
# guest-xml.sh NAME MEMORY_MIB DISK.qcow2 : libvirt domain XML of the test guest on stdout.
# Its serial port is a socket under the host's run folder and is logged to NAME.log in the host's log folder.
cat <<X
<domain type='qemu'>
  <name>$1</name>
  <memory unit='MiB'>$2</memory>
  <vcpu>1</vcpu>
  <os><type arch='x86_64' machine='q35'>hvm</type><boot dev='hd'/></os>
  <features><acpi/><apic/></features>
  <on_poweroff>destroy</on_poweroff><on_reboot>restart</on_reboot><on_crash>destroy</on_crash>
  <devices>
    <disk type='file' device='disk'><driver name='qemu' type='qcow2' cache='none' discard='unmap'/><source file='$3'/><target dev='vda' bus='virtio'/></disk>
    <controller type='scsi' index='0' model='virtio-scsi'/>
    <controller type='pci' model='pcie-root'/>
$(for _ in 1 2 3 4 5 6 7 8; do echo "    <controller type='pci' model='pcie-root-port'/>"; done)
    <serial type='unix'><source mode='bind' path='/run/libvirt/$1.serial'/><log file='/var/log/libvirt/$1.log' append='on'/><target port='0'/></serial>
    <graphics type='vnc'><listen type='socket' socket='/run/libvirt/$1.vnc'/></graphics>
    <video><model type='vga'/></video>
    <memballoon model='virtio'/>
  </devices>
</domain>
X
