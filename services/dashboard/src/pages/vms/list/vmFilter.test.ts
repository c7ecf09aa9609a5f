import { expect, it } from 'vitest';
import { nextSort, queryOf, readFilter } from './vmFilter';

it('reads an address and leaves out what does not fit', () =>
  expect(readFilter({ q: 42, state: 'Running,Dancing', generation: '3', missing: 'true', stale: false, sort: '-memoryMiB', other: 1 })).toEqual({ q: '42', state: ['Running'], missing: true, stale: false, sort: '-memoryMiB' }));

it('asks the server with its own names', () => expect(queryOf({ q: 'web', state: ['Running', 'Off'], sort: '-name' })).toEqual({ search: 'web', state: 'Running,Off', sort: '-name' }));

it('turns the order round at the second click and back at the third', () => {
  expect(nextSort(undefined, 'name')).toBe('-name');
  expect(nextSort('-name', 'name')).toBeUndefined();
  expect(nextSort(undefined, 'state')).toBe('state');
  expect(nextSort('state', 'state')).toBe('-state');
});
