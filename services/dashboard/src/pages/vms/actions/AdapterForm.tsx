import { Autocomplete, NumberInput, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api, data } from '../../../api/client';
import { CommandForm } from '../../../shared/CommandForm';
import type { Adapter } from '../vm/Adapters';
import type { Vm } from '../vm/useVm';
import { deviceLimits } from './deviceLimits';
import { change } from './DiskForms';

const macAddress = /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/;

/** Adds a network adapter, or changes the one that is given: where it is connected, its VLAN, its MAC address. */
export function AdapterForm({ vm, adapter, names = [], close }: { vm: Vm; adapter?: Adapter; names?: readonly string[]; close: () => void }) {
  const { vlan: vlans } = deviceLimits(vm.hostKind);
  const before = { name: adapter?.name ?? '', to: adapter?.switch ?? '', vlan: adapter?.vlanId ?? 0, mac: adapter?.macAddress ?? '' };
  const [name, setName] = useState(before.name);
  const [to, setTo] = useState(before.to);
  const [vlan, setVlan] = useState(before.vlan);
  const [mac, setMac] = useState(before.mac);
  const switches = useQuery({ queryKey: ['host', vm.hostId, 'switches'], queryFn: () => data(api.GET('/v1/hosts/{id}/switches', { params: { path: { id: vm.hostId } } })), retry: false, refetchInterval: false });
  const address = mac.trim().toLowerCase().replaceAll('-', ':');
  const taken = !adapter && names.includes(name.trim());
  const wrong = address !== '' && !macAddress.test(address);
  const asked = { ...(to.trim() !== before.to && { switch: to.trim() }), ...(vlan !== before.vlan && { vlanId: vlan }), ...(address !== before.mac && { macAddress: address }) };
  return (
    <CommandForm
      label={adapter ? 'Change' : 'Add'}
      ready={!wrong && !taken && (adapter ? Object.keys(asked).length > 0 : Boolean(name.trim()) && (vlans || Boolean(to.trim())))}
      close={close}
      command={() =>
        adapter
          ? change(vm, `Change adapter ${adapter.name || adapter.id} of ${vm.name}`, { adapters: [{ action: 'Change', adapter: adapter.id, ...asked }] })
          : change(vm, `Add adapter ${name.trim()} to ${vm.name}`, { adapters: [{ action: 'Add', adapter: name.trim(), ...asked }] })
      }
    >
      {!adapter && <TextInput label="Name" description="By which it is told from the VM's other adapters." error={taken && 'The VM has an adapter of this name.'} value={name} onChange={e => setName(e.currentTarget.value)} maxLength={255} required data-autofocus autoComplete="off" />}
      <Autocomplete
        label={vlans ? 'Switch' : 'Network or bridge'}
        description={switches.isError ? 'The host does not list what it has: write the name.' : vlans ? 'Empty: connected to nothing.' : undefined}
        data={[...new Set(switches.data?.switches.map(s => s.name))]}
        value={to}
        onChange={setTo}
        required={!vlans}
        maxLength={255}
        data-autofocus={adapter ? true : undefined}
      />
      {vlans && <NumberInput label="VLAN" description="1 to 4094; 0 is none." min={0} max={4094} allowDecimal={false} value={vlan} onChange={v => setVlan(typeof v === 'number' ? v : 0)} />}
      <TextInput label="MAC address" description="Empty: the host gives one." placeholder="52:54:00:12:34:56" error={wrong && 'Six pairs of hexadecimal digits, with colons between them.'} value={mac} onChange={e => setMac(e.currentTarget.value)} ff="monospace" autoComplete="off" />
    </CommandForm>
  );
}
