import { ActionIcon, Box, Code, CopyButton, Tooltip } from '@mantine/core';
import { IconCheck, IconCopy } from '@tabler/icons-react';

/** Text to be copied whole: a command, a secret, a document. */
export function CodeBlock({ children, label }: { children: string; label: string }) {
  return (
    <Box pos="relative">
      <Code block pr={44} mah={420} tabIndex={0} aria-label={label} className="wrapped">
        {children}
      </Code>
      <CopyButton value={children} timeout={2_000}>
        {({ copied, copy }) => (
          <Tooltip label={copied ? 'Copied' : 'Copy'}>
            <ActionIcon pos="absolute" top={6} right={6} variant="default" onClick={copy} aria-label={copied ? `${label} is copied` : `Copy: ${label}`}>
              {copied ? <IconCheck size={16} /> : <IconCopy size={16} />}
            </ActionIcon>
          </Tooltip>
        )}
      </CopyButton>
    </Box>
  );
}
