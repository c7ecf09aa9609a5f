import { expect, it, vi } from 'vitest';
import { type VmPage, type VmRow, VmRows, type VmSource } from './VmRows';

const row = (i: number, state = 'Running') => ({ id: `id-${i}`, version: 1, name: `vm-${i}`, state }) as VmRow;
const settled = () => new Promise(resolve => setTimeout(resolve, 0));

/** A list of `size` VMs whose pages come at once; `asked` keeps what was asked. */
function list(size: number) {
  const asked: string[] = [];
  const source: VmSource = {
    list: (key, limit, cursor) => {
      asked.push(`${key} ${limit} ${cursor ?? 'start'}`);
      const from = Number(cursor ?? 0);
      const to = Math.min(from + limit, size);
      return Promise.resolve({ items: Array.from({ length: to - from }, (_, i) => row(from + i)), nextCursor: to < size ? String(to) : undefined });
    },
    count: () => Promise.resolve(size),
    one: (_, id) => Promise.resolve({ ...row(Number(id.slice(3))), state: 'Off' } as VmRow),
  };
  return { source, asked };
}

it('shows a small first page with the whole number, and loads large pages only as far as someone looks', async () => {
  const { source, asked } = list(25_000);
  const rows = new VmRows(source);
  rows.show('a');
  await settled();
  expect(rows.state).toMatchObject({ total: 25_000, searching: false });
  expect(rows.state.rows).toHaveLength(100);

  rows.need(24_999);
  await vi.waitFor(() => expect(rows.state.rows).toHaveLength(25_000));
  expect(asked).toHaveLength(6);
  expect(rows.state.rows[24_999]!.name).toBe('vm-24999');
});

it('shows the rows before they are counted, and does not take the number of another list', async () => {
  const counts = new Map<string, (total: number) => void>();
  const rows = new VmRows({ ...list(500).source, count: key => new Promise(resolve => counts.set(key, resolve)) });
  rows.show('a');
  await settled();
  expect(rows.state).toMatchObject({ key: 'a', total: undefined, searching: false });
  expect(rows.state.rows).toHaveLength(100);
  rows.show('b');
  await settled();
  counts.get('a')!(7);
  await settled();
  expect(rows.state).toMatchObject({ key: 'b', total: undefined });
  counts.get('b')!(500);
  await settled();
  expect(rows.state).toMatchObject({ key: 'b', total: 500 });
});

it('keeps the rows of the list before until the new one answers, and takes no answer of a list that is no longer asked for', async () => {
  const answers = new Map<string, (page: VmPage) => void>();
  const ended: string[] = [];
  const rows = new VmRows({
    list: (key, _limit, _cursor, signal) => {
      signal.addEventListener('abort', () => ended.push(key));
      return new Promise(resolve => answers.set(key, resolve));
    },
    count: () => Promise.reject(new Error('a whole list is not counted')),
    one: () => Promise.resolve(undefined),
  });
  rows.show('a');
  answers.get('a')!({ items: [row(1)] });
  await settled();
  rows.show('ab');
  rows.show('abc');
  expect(rows.state).toMatchObject({ key: 'a', searching: true });
  answers.get('abc')!({ items: [row(3)] });
  await settled();
  answers.get('ab')!({ items: [row(2)] });
  await settled();
  expect(rows.state).toMatchObject({ key: 'abc', searching: false, rows: [row(3)] });
  expect(ended).toContain('ab');
});

it('reads a changed row again and leaves the others and their order alone', async () => {
  const rows = new VmRows(list(3).source);
  rows.show('a');
  await settled();
  const before = rows.state.rows;
  rows.touch('id-1', false);
  await vi.waitFor(() => expect(rows.state.rows.map(r => r.state)).toEqual(['Running', 'Off', 'Running']));
  expect(rows.state.rows[0]).toBe(before[0]);
  rows.close();
});

it('lets no older answer overwrite a newer one', async () => {
  const answers: ((row: VmRow) => void)[] = [];
  const rows = new VmRows({ ...list(1).source, one: () => new Promise(resolve => answers.push(resolve)) });
  rows.show('a');
  await settled();
  rows.touch('id-0', false);
  await vi.waitFor(() => expect(answers).toHaveLength(1));
  rows.touch('id-0', false);
  await vi.waitFor(() => expect(answers).toHaveLength(2));
  answers[1]!({ ...row(0, 'Off'), version: 3 });
  await settled();
  answers[0]!({ ...row(0, 'Running'), version: 2 });
  await settled();
  expect(rows.state.rows[0]!.state).toBe('Off');
  rows.close();
});

it('shows rows that cannot be counted without an error', async () => {
  const { source } = list(500);
  const rows = new VmRows({ ...source, count: () => Promise.reject(new Error('too slow')) });
  rows.show('a');
  await settled();
  expect(rows.state).toMatchObject({ key: 'a', searching: false, error: undefined, total: undefined });
  expect(rows.state.rows).toHaveLength(100);
  rows.close();
});

it('says why a list cannot be read, and keeps what it shows', async () => {
  let broken = false;
  const { source } = list(2);
  const rows = new VmRows({ ...source, list: (...args) => (broken ? Promise.reject(new Error('gone')) : source.list(...args)) });
  rows.show('a');
  await settled();
  broken = true;
  rows.show('b');
  await settled();
  expect(rows.state).toMatchObject({ key: 'a', searching: false, error: new Error('gone') });
  expect(rows.state.rows).toHaveLength(2);
});
