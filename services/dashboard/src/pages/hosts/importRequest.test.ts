import { expect, test } from 'vitest';
import { importRequest, networksOf } from './importRequest';

const draft = { directory: ' /exports/a ', newId: true, vmId: '', newName: ' ', copy: true, diskDirectory: '', start: false, diskPaths: [] };

test('an import says only what differs from the export', () => {
  const request = importRequest(draft, [{ from: 'lan', to: 'lan' }, { from: 'dmz', to: '' }, { from: '', to: 'x' }]);
  expect(request).toEqual({ settings: { directory: '/exports/a', newId: true, newName: undefined, copy: true, diskDirectory: undefined, start: false, networks: [{ from: 'dmz', to: '' }], diskPaths: [] } });
});

test('a VM that keeps its identity is named, and files that are used in place go into no directory', () => {
  const request = importRequest({ ...draft, newId: false, vmId: 'v', copy: false, diskDirectory: '/srv' }, []);
  expect(request.vmId).toBe('v');
  expect(request.settings.diskDirectory).toBeUndefined();
});

test('each network of an export is offered once', () => {
  const nic = (network?: string) => ({ macAddress: '', network });
  expect(networksOf({ vm: { nics: [nic('lan'), nic('lan'), nic()] } } as never)).toEqual([{ from: 'lan', to: 'lan' }]);
});
