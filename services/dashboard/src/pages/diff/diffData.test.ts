import { expect, test } from 'vitest';
import { fieldText, fromLocal, shownFields, toLocal, valueText } from './diffData';

test('a picked moment survives the way through the picker to the second', () => {
  const at = new Date(2026, 0, 31, 9, 5, 7);
  expect(toLocal(at)).toBe('2026-01-31T09:05:07');
  expect(fromLocal(toLocal(at))).toEqual(at);
  expect(fromLocal('')).toBeUndefined();
  expect(fromLocal('not a moment')).toBeUndefined();
});

test.each([
  ['memoryMiB', 2048, '2.0 GiB'],
  ['vcpus', 4, '4'],
  ['persistent', false, 'no'],
  ['stateReason', undefined, '–'],
  ['disks.vdb', { target: 'vdb', source: '/images/b.qcow2', format: 'qcow2', capacityBytes: 10_737_418_240, shared: false }, '/images/b.qcow2, qcow2, 10.0 GiB'],
  ['disks.vdb', { target: 'vdb', shared: true }, 'shared'],
  ['nics.52:54:00:00:00:01', { macAddress: '52:54:00:00:00:01' }, 'there'],
  ['disks.vda.capacityBytes', 2_147_483_648, '2.0 GiB'],
  ['maintenance', { since: '2026-01-31T12:00:00Z', requestedBy: 'ada' }, `${new Date('2026-01-31T12:00:00Z').toLocaleString(undefined, { year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false })}, ada`],
  ['facets', [], 'none'],
])('%s %j is written %s', (field, value, text) => expect(valueText(field, value)).toBe(text));

test.each([
  ['memoryMiB', 'memory'],
  ['agentVersion', "agent's version"],
  ['bootOrder', 'boot order'],
  ['vcpus', 'processors'],
  ['disks.vdb', 'disk vdb'],
  ['disks.vda.capacityBytes', 'disk vda, capacity'],
  ['nics.52:54:00:00:00:01.network', 'adapter 52:54:00:00:00:01, network'],
])('the field %s is called %s', (field, text) => expect(fieldText(field)).toBe(text));

test('a host is named once, and of what is gone only what it had is said', () => {
  const fields = (change: string, ...named: [string, unknown][]) => shownFields(change, named.map(([field, before]) => ({ field, before, after: before }))).map(f => f.field);
  expect(fields('Moved', ['hostId', 'x'], ['hostName', 'kvm1'])).toEqual(['hostName']);
  expect(fields('Changed', ['hostId', 'x'], ['persistent', false])).toEqual(['hostId', 'persistent']);
  expect(fields('Removed', ['name', 'web'], ['duplicateRunning', false], ['missingSince', null], ['disks', []], ['state', 'Off'])).toEqual(['state']);
});
