import { useSyncExternalStore } from 'react';
import { ago, instant } from './format';

// One clock for all of a page's "12 s ago".
let now = Date.now();
const watchers = new Set<() => void>();
let timer: number | undefined;

function watch(watcher: () => void) {
  watchers.add(watcher);
  timer ??= window.setInterval(() => {
    now = Date.now();
    watchers.forEach(w => w());
  }, 5_000);
  return () => {
    watchers.delete(watcher);
    if (watchers.size === 0) {
      window.clearInterval(timer);
      timer = undefined;
    }
  };
}

/** How long ago an instant was, kept up to date; the instant itself on demand. */
export function Ago({ at }: { at: string | null | undefined }) {
  const clock = useSyncExternalStore(watch, () => now);
  return at ? (
    <time dateTime={at} title={instant(at)}>
      {ago(at, Math.max(clock, Date.parse(at)))}
    </time>
  ) : (
    '–'
  );
}
