import { Badge } from '@mantine/core';

/** How bad an alert is. */
export function SeverityBadge({ severity }: { severity: 'Warning' | 'Critical' }) {
  return (
    <Badge color={severity === 'Critical' ? 'red' : 'orange'} variant={severity === 'Critical' ? 'filled' : 'light'} autoContrast miw={88}>
      {severity}
    </Badge>
  );
}
