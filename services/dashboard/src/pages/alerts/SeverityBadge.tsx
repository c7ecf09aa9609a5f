import { Badge } from '@mantine/core';
import type { Schema } from '../../api/client';

/** How bad an alert is. */
export function SeverityBadge({ severity }: { severity: Schema<'AlertView'>['severity'] }) {
  return (
    <Badge color={severity === 'Critical' ? 'red' : 'orange'} variant={severity === 'Critical' ? 'filled' : 'light'} autoContrast miw={88}>
      {severity}
    </Badge>
  );
}
