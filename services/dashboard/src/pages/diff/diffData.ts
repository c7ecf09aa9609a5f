import { bytes, instant, mebibytes, words } from '../../shared/format';

/** A moment in the form that `<input type="datetime-local">` takes: local time, to the second. */
export function toLocal(at: Date): string {
  const two = (n: number) => String(n).padStart(2, '0');
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}T${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

/** The other way; undefined while what was typed is no moment. */
export function fromLocal(text: string): Date | undefined {
  const at = new Date(text);
  return text && !Number.isNaN(at.getTime()) ? at : undefined;
}

const names: Record<string, string> = { vcpus: 'processors', hostName: 'host', hostId: 'host', missingSince: 'missing since', duplicateRunning: 'runs twice', stateReason: 'reason of its state', nics: 'adapters', agentVersion: "agent's version", cpuModel: 'processor', cpuCount: 'cores', maxConcurrentMigrations: 'migrations at a time', migrationUri: 'migration address', facets: 'what its driver can do' };

/** Without the unit, which the value is written with. */
const plain = (name: string) => names[name] ?? words(name.replace(/(Bytes|MiB)$/, '')).toLowerCase();

/** A field's name in words: `disks.vda.capacityBytes` → "disk vda, capacity", `nics.52:54:00:00:00:01` → "adapter 52:54:00:00:00:01". */
export function fieldText(field: string): string {
  const [list, device, member] = field.split('.');
  const kind = list === 'disks' ? 'disk' : list === 'nics' ? 'adapter' : undefined;
  return kind && device ? `${kind} ${device}${member ? `, ${plain(member)}` : ''}` : plain(field);
}

/** A field's value in words. */
export function valueText(field: string, value: unknown): string {
  if (value === null || value === undefined || value === '') {
    return '–';
  }

  if (typeof value === 'boolean') {
    return value ? 'yes' : 'no';
  }

  if (typeof value === 'number') {
    return field.endsWith('MiB') ? mebibytes(value) : field.endsWith('Bytes') ? bytes(value) : value.toLocaleString('en');
  }

  if (Array.isArray(value)) {
    return value.length === 0 ? 'none' : value.map(v => valueText('', v)).join(', ');
  }

  if (typeof value === 'object') {
    // A device as a whole: everything it has beside what its field is named after.
    const said = Object.entries(value).filter(([name, v]) => name !== 'target' && name !== 'macAddress' && v !== null && v !== false);
    return said.map(([name, v]) => (v === true ? words(name) : valueText(name, v))).join(', ') || 'there';
  }

  return typeof value === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/.test(value) ? instant(value) : String(value);
}

interface Field {
  field: string;
  before?: unknown;
  after?: unknown;
}

/** The fields worth reading: a host once, by its name; of what came or went only what there is to say. */
export function shownFields<F extends Field>(change: string, fields: readonly F[]): readonly F[] {
  const named = fields.some(f => f.field === 'hostName');
  const says = (value: unknown) => value !== undefined && value !== null && value !== false && value !== '' && !(Array.isArray(value) && value.length === 0);
  return fields.filter(f => !(named && f.field === 'hostId') && (change === 'Added' ? f.field !== 'name' && says(f.after) : change === 'Removed' ? f.field !== 'name' && says(f.before) : true));
}

/** The compared moments that need no picker. */
export const presets = [
  { label: '15 minutes ago', minutes: 15 },
  { label: 'An hour ago', minutes: 60 },
  { label: 'A day ago', minutes: 1_440 },
  { label: 'A week ago', minutes: 10_080 },
];
