import type { ReactNode } from 'react';
import { mebibytes, percent } from '../../../shared/format';
import type { SortKey } from './vmFilter';
import type { VmRow } from './VmRows';

/** A column of the list: what it needs of the API, how wide it is, how it is written. */
export interface Column {
  key: string;
  label: string;
  sort?: SortKey;
  fields: string[];
  width: string;
  right?: boolean;
  cell: (vm: VmRow) => ReactNode;
}

/** Columns beside name and state, which are always there. */
export const columns: readonly Column[] = [
  { key: 'host', label: 'Host', sort: 'hostName', fields: [], width: 'minmax(110px, 1.2fr)', cell: vm => vm.hostName ?? '–' },
  { key: 'vcpus', label: 'vCPUs', sort: 'vcpus', fields: ['vcpus'], width: '72px', right: true, cell: vm => vm.vcpus },
  { key: 'memory', label: 'Memory', sort: 'memoryMiB', fields: ['memoryMiB'], width: '96px', right: true, cell: vm => mebibytes(vm.memoryMiB) },
  { key: 'cpu', label: 'CPU now', fields: ['figures'], width: '84px', right: true, cell: vm => percent(vm.figures?.cpuUsagePercent) },
  { key: 'guest', label: 'Guest', fields: ['details'], width: 'minmax(120px, 1.4fr)', cell: vm => vm.details?.guest?.operatingSystem ?? '–' },
  { key: 'addresses', label: 'Addresses', fields: ['details'], width: 'minmax(120px, 1.2fr)', cell: vm => vm.details?.guest?.networks?.flatMap(n => n.addresses ?? []).join(', ') || '–' },
  { key: 'generation', label: 'Gen.', fields: ['details'], width: '60px', right: true, cell: vm => vm.details?.hardware?.generation ?? '–' },
  { key: 'notes', label: 'Notes', fields: ['details'], width: 'minmax(120px, 1.5fr)', cell: vm => vm.details?.notes ?? '–' },
  { key: 'id', label: 'Id', fields: [], width: '290px', cell: vm => <span className="mono">{vm.id}</span> },
];

/** Where the browser keeps which columns are shown. */
export const columnsKey = 'hv-vm-columns';

export const defaultColumns = ['host', 'vcpus', 'memory', 'cpu', 'guest'];

/** The members of a VM that the list needs with these columns. */
export const fieldsOf = (shown: readonly string[]) => [
  ...new Set(['version', 'name', 'state', 'hostId', 'hostName', 'missingSince', 'duplicateRunning', 'migrationId', 'stale', ...columns.filter(c => shown.includes(c.key)).flatMap(c => c.fields)]),
];
