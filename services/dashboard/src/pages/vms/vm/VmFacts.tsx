import { Facts, Section } from '../../../shared/Fact';
import { ago, bytes, duration, instant, mebibytes, percent, words, yesNo } from '../../../shared/format';
import { HostLink } from '../../../shared/links';
import type { Vm } from './useVm';

export function PlacementFacts({ vm, past, now }: { vm: Vm; past: boolean; now: number }) {
  const figures = vm.figures;
  return (
    <Section title="State and placement">
      <Facts
        items={[
          ['State', `${words(vm.state)}${vm.stateReason ? ` (${vm.stateReason})` : ''}`],
          ['Host', <HostLink key="h" id={vm.hostId} name={vm.hostName} />],
          ['Hypervisor', vm.hostKind],
          ['Up for', figures?.uptimeSeconds ? duration(figures.uptimeSeconds) : undefined],
          ['CPU now', figures?.cpuUsagePercent === undefined || figures.cpuUsagePercent === null ? undefined : percent(figures.cpuUsagePercent)],
          ['Memory now', figures?.memoryAssignedMiB ? mebibytes(figures.memoryAssignedMiB) : undefined],
          ['Heartbeat', figures?.heartbeat],
          ['Last backup', figures?.lastBackupAt ? instant(figures.lastBackupAt) : undefined],
          ['Changed', `${instant(vm.changedAt)} (${ago(vm.changedAt, past ? Date.parse(vm.asOf ?? vm.changedAt) : now)}${past ? ' then' : ''})`],
          ['Confirmed', vm.observedAt ? ago(vm.observedAt, now) : undefined],
          ['Known since', instant(vm.discoveredAt)],
          ['Notes', vm.details?.notes],
        ]}
      />
    </Section>
  );
}

export function HardwareFacts({ vm }: { vm: Vm }) {
  const hardware = vm.details?.hardware;
  return (
    <Section title="Hardware">
      <Facts
        items={[
          ['Processors', `${vm.vcpus} vCPU`],
          ['Memory', `${mebibytes(vm.memoryMiB)}${hardware?.dynamicMemory ? `, dynamic ${mebibytes(hardware.memoryMinimumMiB)} to ${mebibytes(hardware.memoryMaximumMiB)}` : ''}`],
          ['Disks', vm.disks.length === 0 ? 'none' : `${vm.disks.length}, ${bytes(vm.disks.reduce((sum, d) => sum + (d.capacityBytes ?? 0), 0))}`],
          ['Network', vm.nics.length === 0 ? 'none' : vm.nics.map(n => n.network ?? n.macAddress).join(', ')],
          ['Generation', hardware?.generation],
          ['Version', hardware?.version],
          ['Persistent', vm.persistent ? undefined : 'no: it is gone when it stops'],
          ['Replication', vm.details?.replication?.state && `${words(vm.details.replication.state)}, ${vm.details.replication.health ?? 'health unknown'}`],
        ]}
      />
    </Section>
  );
}

export function GuestFacts({ vm }: { vm: Vm }) {
  const guest = vm.details?.guest;
  if (!guest) {
    return null;
  }

  return (
    <Section title="Guest">
      <Facts
        items={[
          ['System', [guest.operatingSystem, guest.operatingSystemVersion].filter(Boolean).join(' ')],
          ['Host name', guest.hostName],
          ['Architecture', guest.architecture],
          ['Addresses', guest.networks?.flatMap(n => n.addresses ?? []).join(', ')],
          ['Integration services', guest.integrationServicesVersion],
        ]}
      />
    </Section>
  );
}

export function SecurityFacts({ vm }: { vm: Vm }) {
  const security = vm.details?.security;
  if (!security) {
    return null;
  }

  return (
    <Section title="Firmware and security">
      <Facts
        items={[
          ['Secure Boot', security.secureBoot ? `yes${security.secureBootTemplate ? `, ${security.secureBootTemplate}` : ''}` : yesNo(security.secureBoot)],
          ['Virtual TPM', yesNo(security.tpm)],
          ['Shielded', yesNo(security.shielded)],
          ['State encrypted', yesNo(security.encryptState)],
          ['Isolation', security.isolation],
        ]}
      />
    </Section>
  );
}
