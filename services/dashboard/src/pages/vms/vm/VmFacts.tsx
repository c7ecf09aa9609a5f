import { Table, Text } from '@mantine/core';
import { Facts, Section } from '../../../shared/Fact';
import { ago, bytes, duration, instant, mebibytes, percent, words } from '../../../shared/format';
import { HostLink } from '../../../shared/links';
import type { Vm } from './useVm';

const yesNo = (value: boolean | null | undefined) => (value === true ? 'yes' : value === false ? 'no' : undefined);

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

/** Disks and adapters, one a row. */
export function Devices({ vm }: { vm: Vm }) {
  return (
    <>
      <Section title="Disks">
        {vm.disks.length === 0 ? (
          <Text size="sm" c="dimmed">
            The VM has no disk.
          </Text>
        ) : (
          <Table.ScrollContainer minWidth={560}>
            <Table>
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>Target</Table.Th>
                  <Table.Th>Source</Table.Th>
                  <Table.Th>Format</Table.Th>
                  <Table.Th ta="right">Capacity</Table.Th>
                  <Table.Th ta="right">On disk</Table.Th>
                  <Table.Th>Shared</Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {vm.disks.map(disk => (
                  <Table.Tr key={disk.target}>
                    <Table.Td>{disk.target}</Table.Td>
                    <Table.Td ff="monospace" fz="xs" style={{ overflowWrap: 'anywhere' }}>
                      {disk.source ?? '–'}
                    </Table.Td>
                    <Table.Td>{disk.format ?? '–'}</Table.Td>
                    <Table.Td ta="right">{bytes(disk.capacityBytes)}</Table.Td>
                    <Table.Td ta="right">{bytes(disk.allocatedBytes)}</Table.Td>
                    <Table.Td>{yesNo(disk.shared) ?? '–'}</Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </Table.ScrollContainer>
        )}
      </Section>
      <Section title="Network adapters">
        {vm.nics.length === 0 ? (
          <Text size="sm" c="dimmed">
            The VM has no network adapter.
          </Text>
        ) : (
          <Table>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>MAC address</Table.Th>
                <Table.Th>Network</Table.Th>
                <Table.Th>Model</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {vm.nics.map(nic => (
                <Table.Tr key={nic.macAddress}>
                  <Table.Td ff="monospace" fz="xs">
                    {nic.macAddress}
                  </Table.Td>
                  <Table.Td>{nic.network ?? '–'}</Table.Td>
                  <Table.Td>{nic.model ?? '–'}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        )}
      </Section>
    </>
  );
}
