import { expect, test } from 'vitest';
import { Keys } from './keys';

const press = (key: string, more = {}) => ({ key, ctrlKey: false, metaKey: false, altKey: false, ...more });

test('g and a letter soon after it is one wish, a letter alone or too late is none', () => {
  const keys = new Keys();
  expect(keys.press(press('g'), false, 0)).toBeUndefined();
  expect(keys.press(press('v'), false, 500)).toEqual({ kind: 'go', key: 'v' });
  expect(keys.press(press('v'), false, 600)).toBeUndefined();
  keys.press(press('g'), false, 1_000);
  expect(keys.press(press('v'), false, 9_000)).toBeUndefined();
});

test('what is typed into a field is text, only the palette opens from there', () => {
  const keys = new Keys();
  expect(keys.press(press('/'), true, 0)).toBeUndefined();
  expect(keys.press(press('?'), true, 0)).toBeUndefined();
  expect(keys.press(press('k', { ctrlKey: true }), true, 0)).toEqual({ kind: 'palette' });
  expect(keys.press(press('/'), false, 0)).toEqual({ kind: 'search' });
  expect(keys.press(press('?'), false, 0)).toEqual({ kind: 'help' });
});
