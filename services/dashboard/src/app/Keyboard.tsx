import { Kbd, Modal, Table, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useRouter } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { Keys, takesText } from './keys';
import { navigation } from './navigation';
import { Palette, paletteOpener } from './Palette';

/** The keys that work on every page, the list of them, and the palette. */
export function Keyboard() {
  const router = useRouter();
  const [palette, { open: openPalette, close: closePalette }] = useDisclosure();
  const [help, { open: openHelp, close: closeHelp }] = useDisclosure();
  const [keys] = useState(() => new Keys());
  useEffect(() => {
    paletteOpener.open = openPalette;
    const listen = (event: KeyboardEvent) => {
      // A dialog has its own keys.
      const inDialog = document.querySelector('[role=dialog]') !== null;
      const wish = keys.press(event, takesText(event.target) || inDialog, event.timeStamp);
      if (!wish || event.defaultPrevented) {
        return;
      }

      const page = wish.kind === 'go' ? navigation.find(n => n.key === wish.key) : undefined;
      if (wish.kind === 'go' && !page) {
        return;
      }

      event.preventDefault();
      if (page) {
        void router.navigate({ to: page.to as string });
      } else if (wish.kind === 'help') {
        openHelp();
      } else {
        const search = wish.kind === 'search' ? document.querySelector<HTMLInputElement>('main input[data-search]') : null;
        if (search) {
          search.focus();
          search.select();
        } else {
          openPalette();
        }
      }
    };
    window.addEventListener('keydown', listen);
    return () => window.removeEventListener('keydown', listen);
  }, [keys, router, openPalette, openHelp]);

  return (
    <>
      <Palette opened={palette} close={closePalette} />
      <Modal opened={help} onClose={closeHelp} title="Keys" closeButtonProps={{ 'aria-label': 'Close' }}>
        <Table withRowBorders={false} highlightOnHover={false}>
          <Table.Tbody>
            <KeyRow keys={['Ctrl', 'K']} what="Find a VM, a host or a page" />
            <KeyRow keys={['/']} what="Search on this page" />
            <KeyRow keys={['?']} what="These keys" />
            {navigation.map(({ key, label }) => (
              <KeyRow key={key} keys={['g', key]} what={label} />
            ))}
          </Table.Tbody>
        </Table>
      </Modal>
    </>
  );
}

function KeyRow({ keys, what }: { keys: string[]; what: string }) {
  return (
    <Table.Tr>
      <Table.Td w={110}>
        {keys.map((k, i) => (
          <span key={k}>
            {i > 0 && ' '}
            <Kbd>{k}</Kbd>
          </span>
        ))}
      </Table.Td>
      <Table.Td>
        <Text size="sm">{what}</Text>
      </Table.Td>
    </Table.Tr>
  );
}
