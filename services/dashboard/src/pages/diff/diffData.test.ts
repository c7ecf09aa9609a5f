import { expect, test } from 'vitest';
import { fromLocal, toLocal, valueText } from './diffData';

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
  ['disks', [{ target: 'vda', format: 'qcow2' }, { target: 'vdb' }], 'vda, vdb'],
  ['facets', [], 'none'],
])('%s %j is written %s', (field, value, text) => expect(valueText(field, value)).toBe(text));
