import { Button, type ButtonProps, Tooltip } from '@mantine/core';
import type { MouseEventHandler, ReactNode } from 'react';

/** A button that, when it cannot be used, says why: to the pointer, to the keyboard (it stays reachable) and to screen readers. */
export function ActionButton({ why, onClick, children, ...rest }: ButtonProps & { why?: string; onClick: MouseEventHandler; children: ReactNode }) {
  return (
    <Tooltip label={why} disabled={!why} multiline maw={320}>
      <Button
        size="xs"
        variant="default"
        flex="none"
        {...rest}
        data-disabled={why ? true : undefined}
        aria-disabled={why ? true : undefined}
        onClick={event => {
          if (why) {
            event.preventDefault();
          } else {
            onClick(event);
          }
        }}
      >
        {children}
      </Button>
    </Tooltip>
  );
}
