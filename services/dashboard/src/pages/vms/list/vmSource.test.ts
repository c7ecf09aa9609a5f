import { beforeEach, expect, it, vi } from 'vitest';
import { defaultColumns } from './columns';
import { firstPage } from './VmRows';
import { keyOf, readEarly, vmSource } from './vmSource';

const get = vi.hoisted(() => vi.fn());
vi.mock('../../../api/client', async original => ({ ...(await original<object>()), api: { GET: get } }));
vi.stubGlobal('localStorage', { getItem: () => null });

const page = { items: [] };
const show = () => vmSource.list(keyOf({}, defaultColumns), firstPage, undefined, new AbortController().signal);
beforeEach(() => void get.mockReset().mockResolvedValue({ data: page }));

it('shows the page that was asked for early, and asks for it again the next time', async () => {
  await readEarly({});
  expect(await show()).toBe(page);
  expect(get).toHaveBeenCalledTimes(1);
  await show();
  expect(get).toHaveBeenCalledTimes(2);
});

it('asks again for what failed early, as when nobody was signed in yet', async () => {
  get.mockRejectedValueOnce(new Error('This needs a token.'));
  await expect(readEarly({})).rejects.toThrow();
  expect(await show()).toBe(page);
});
