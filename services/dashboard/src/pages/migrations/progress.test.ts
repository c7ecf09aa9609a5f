import { expect, it } from 'vitest';
import { etaWords, forward, progressOf } from './progress';

it('never goes back, and takes the other figures as they come', () => {
  expect(forward({ percent: 40 }, { percent: 38, bytesPerSecond: 7 })).toEqual({ percent: 40, bytesPerSecond: 7 });
  expect(forward({ percent: 40 }, { percent: 41 })).toEqual({ percent: 41 });
  expect(forward({ percent: 40 }, undefined)).toEqual({ percent: 40 });
});

it('is whole when it succeeded, whatever the last figure was', () => expect(progressOf({ status: 'Succeeded' })).toEqual({ percent: 100 }));

it('says how long it takes as an interval', () => {
  expect(etaWords({ etaLowSeconds: 2, etaHighSeconds: 75 })).toBe('2.0 s to 1 min 15 s left');
  expect(etaWords({ etaLowSeconds: 20, etaHighSeconds: null })).toBe('at least 20 s left, may not end');
  expect(etaWords({ etaLowSeconds: 20, etaHighSeconds: 20.2 })).toBe('about 20 s left');
  expect(etaWords(undefined)).toBe('end not foreseeable yet');
});
