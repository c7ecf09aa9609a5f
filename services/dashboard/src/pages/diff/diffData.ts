import { mebibytes } from '../../shared/format';

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

/** A field's value in words. */
export function valueText(field: string, value: unknown): string {
  if (value === null || value === undefined || value === '') {
    return '–';
  }

  if (typeof value === 'boolean') {
    return value ? 'yes' : 'no';
  }

  if (typeof value === 'number') {
    return field.endsWith('MiB') ? mebibytes(value) : value.toLocaleString('en');
  }

  if (Array.isArray(value)) {
    return value.length === 0 ? 'none' : value.map(v => valueText('', v)).join(', ');
  }

  if (typeof value === 'object') {
    const named = value as Record<string, unknown>;
    return String(named.target ?? named.macAddress ?? named.name ?? JSON.stringify(value));
  }

  return String(value);
}

/** The compared moments that need no picker. */
export const presets = [
  { label: '15 minutes ago', minutes: 15 },
  { label: 'An hour ago', minutes: 60 },
  { label: 'A day ago', minutes: 1_440 },
  { label: 'A week ago', minutes: 10_080 },
];
