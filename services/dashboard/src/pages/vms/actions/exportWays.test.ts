import { expect, test } from 'vitest';
import { fullExport } from './exportWays';

test('a VM that is off is exported without memory, everywhere', () => {
  expect((['HyperV', 'Libvirt', 'Simulated'] as const).map(hostKind => fullExport({ state: 'Off', hostKind }))).toEqual([{ memory: false }, { memory: false }, { memory: false }]);
});

test('what runs is exported with its memory on Hyper-V, and not at all elsewhere', () => {
  expect(fullExport({ state: 'Running', hostKind: 'HyperV' })).toEqual({ memory: true });
  expect(fullExport({ state: 'Running', hostKind: 'Libvirt' })).toHaveProperty('why');
  expect(fullExport({ state: 'Paused', hostKind: 'Simulated' })).toHaveProperty('why');
});

test('a saved VM takes its memory along, but for libvirt, which keeps it where only the host finds it', () => {
  expect(fullExport({ state: 'Saved', hostKind: 'HyperV' })).toEqual({ memory: true });
  expect(fullExport({ state: 'Saved', hostKind: 'Libvirt' })).toHaveProperty('why');
});
