import type { CSSProperties } from 'react';
import { words } from './format';
import styles from './StateBadge.module.css';

const colors: Record<string, string> = {
  Running: 'green', Online: 'green', Succeeded: 'green', Completed: 'green',
  Paused: 'yellow', Saved: 'yellow', Suspended: 'yellow', InDoubt: 'orange', Stopping: 'yellow', Starting: 'cyan', Accepted: 'cyan', Migrating: 'cyan',
  Moved: 'green', Moving: 'cyan', Waiting: 'gray', NotMoved: 'red', CompletedWithFailures: 'orange', Gone: 'gray', Cancelling: 'orange',
  Crashed: 'red', Failed: 'red', RolledBack: 'orange', Cancelled: 'gray', AgentSilent: 'red', HypervisorUnreachable: 'red', AgentStopped: 'orange',
};

/** A state by its name; colour helps, the word tells. */
export function StateBadge({ state }: { state: string }) {
  const color = colors[state] ?? 'gray';
  return (
    <span className={styles.badge} style={{ '--badge-word': `var(--mantine-color-${color}-light-color)`, '--badge-ground': `var(--mantine-color-${color}-light)` } as CSSProperties}>
      {words(state)}
    </span>
  );
}
