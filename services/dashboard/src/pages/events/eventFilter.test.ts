import { expect, test } from 'vitest';
import { merged, passes } from './eventFilter';

const moved = { seq: 7, type: 'vm_moved', streamId: 'vm-1', data: { vmId: 'vm-1', fromHostId: 'a', toHostId: 'b' } };

test('an event passes a filter of its VM, of either host, and of its kind, and no other', () => {
  expect(passes(moved, { kinds: [] })).toBe(true);
  expect(passes(moved, { kinds: ['vm_'], vm: 'vm-1', host: 'a' })).toBe(true);
  expect(passes(moved, { kinds: [], host: 'b' })).toBe(true);
  expect(passes(moved, { kinds: [], host: 'c' })).toBe(false);
  expect(passes(moved, { kinds: [], vm: 'vm-2' })).toBe(false);
  expect(passes(moved, { kinds: ['host_'] })).toBe(false);
});

test('what was read back and what came live is shown once, newest first, and bounded', () => {
  const at = (seq: number) => ({ ...moved, seq });
  expect(merged([at(5), at(4)], [at(3), at(4), at(2)], 3).map(e => e.seq)).toEqual([5, 4, 3]);
});
