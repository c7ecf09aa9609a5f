import { expect, test } from 'vitest';
import { ago, bytes, duration, percent, words } from './format';

test.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [1536, '1.5 KiB'],
  [123 * 1024 * 1024, '123 MiB'],
  [undefined, '–'],
])('bytes %s are written %s', (value, text) => expect(bytes(value)).toBe(text));

test.each([
  [0.25, '250 ms'],
  [5, '5.0 s'],
  [59.7, '1 min 0 s'],
  [3725, '1 h 2 min'],
  [90_000, '1 d 1 h'],
])('%s seconds are written %s', (value, text) => expect(duration(value)).toBe(text));

test('a moment that the other clock puts into the future is just now', () => expect(ago('2026-01-01T00:00:05Z', Date.parse('2026-01-01T00:00:00Z'))).toBe('just now'));

test('small percentages keep a digit', () => expect([percent(3.14), percent(42.4)]).toEqual(['3.1 %', '42 %']));

test('names of the API become words', () => expect([words('MigrateVm'), words('vm_state_changed'), words('HypervisorUnreachable')]).toEqual(['Migrate VM', 'vm state changed', 'Hypervisor Unreachable']));

test('how long ago something was is said as exactly as one wants to know', () => {
  const said = (seconds: number) => ago(new Date(1e12).toISOString(), 1e12 + seconds * 1000);
  expect([12, 59, 60, 3_179, 3_725].map(said)).toEqual(['12 s ago', '59 s ago', '1 min ago', '52 min ago', '1 h 2 min ago']);
});
