import { Badge } from '@mantine/core';
import { words } from './format';

const colors: Record<string, string> = {
  Running: 'green', Online: 'green', Succeeded: 'green', Completed: 'green',
  Paused: 'yellow', Saved: 'yellow', Suspended: 'yellow', InDoubt: 'orange', Stopping: 'yellow', Starting: 'cyan', Accepted: 'cyan', Migrating: 'cyan',
  Moved: 'green', Moving: 'cyan', Waiting: 'gray', NotMoved: 'red', CompletedWithFailures: 'orange', Gone: 'gray', Cancelling: 'orange',
  Crashed: 'red', Failed: 'red', RolledBack: 'orange', Cancelled: 'gray', Unreachable: 'red', HypervisorUnreachable: 'red', AgentStopped: 'orange',
};

/** A state by its name; colour helps, the word tells. */
export function StateBadge({ state }: { state: string }) {
  return (
    <Badge color={colors[state] ?? 'gray'} variant="light" autoContrast>
      {words(state)}
    </Badge>
  );
}
