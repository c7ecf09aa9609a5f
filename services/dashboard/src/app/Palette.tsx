import { Group, Modal, Text, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconDeviceDesktop, IconSearch, IconServer } from '@tabler/icons-react';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { type KeyboardEvent, useEffect, useId, useState } from 'react';
import { api, data } from '../api/client';
import { words } from '../shared/format';
import { useHosts } from '../shared/links';
import { navigation } from './navigation';

interface Hit {
  id: string;
  to: string;
  label: string;
  detail: string;
  icon: typeof IconSearch;
}

const mostVms = 8;
const mostHosts = 5;

/** Set by the page's keyboard; opens the palette from elsewhere. */
export const paletteOpener = { open: () => {} };

/** Goes anywhere by typing: pages, hosts and VMs. */
export function Palette({ opened, close }: { opened: boolean; close: () => void }) {
  return (
    <Modal.Root opened={opened} onClose={close} padding="sm" size="lg" yOffset="12vh" transitionProps={{ duration: 0 }}>
      <Modal.Overlay />
      <Modal.Content aria-label="Find a VM, a host or a page">
        <Modal.Body pt="sm">
          <Search close={close} />
        </Modal.Body>
      </Modal.Content>
    </Modal.Root>
  );
}

function Search({ close }: { close: () => void }) {
  const [text, setText] = useState('');
  const [active, setActive] = useState(0);
  const navigate = useNavigate();
  const list = useId();
  const hits = useHits(text.trim());
  const current = Math.min(active, Math.max(0, hits.length - 1));
  useEffect(() => {
    void document.getElementById(`${list}-${current}`)?.scrollIntoView({ block: 'nearest' });
  }, [list, current]);
  const go = (hit: Hit | undefined) => {
    if (hit) {
      close();
      void navigate({ to: hit.to });
    }
  };
  const keys = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step !== 0 && hits.length > 0) {
      event.preventDefault();
      setActive((current + step + hits.length) % hits.length);
    } else if (event.key === 'Enter') {
      event.preventDefault();
      go(hits[current]);
    }
  };
  return (
    <>
      <TextInput
        size="md"
        leftSection={<IconSearch size={18} aria-hidden />}
        placeholder="Find a VM, a host or a page"
        aria-label="Find a VM, a host or a page"
        role="combobox"
        aria-expanded
        aria-controls={list}
        aria-activedescendant={hits.length > 0 ? `${list}-${current}` : undefined}
        autoComplete="off"
        data-autofocus
        value={text}
        onChange={e => {
          setText(e.currentTarget.value);
          setActive(0);
        }}
        onKeyDown={keys}
      />
      <div id={list} role="listbox" aria-label="Found" className="palette-list">
        {hits.map(({ id, label, detail, icon: Icon, ...hit }, i) => (
          <div key={id} id={`${list}-${i}`} role="option" aria-selected={i === current} className="palette-hit" onClick={() => go({ id, label, detail, icon: Icon, ...hit })} onMouseMove={() => setActive(i)}>
            <Group gap="sm" wrap="nowrap">
              <Icon size={17} stroke={1.6} aria-hidden />
              <Text size="sm" truncate flex={1}>
                {label}
              </Text>
              <Text size="xs" className="palette-detail">
                {detail}
              </Text>
            </Group>
          </div>
        ))}
      </div>
      {hits.length === 0 && (
        <Text size="sm" c="dimmed" p="sm" role="status">
          Nothing fits “{text}”.
        </Text>
      )}
    </>
  );
}

function useHits(text: string): Hit[] {
  const [searched] = useDebouncedValue(text, 80);
  const hosts = useHosts();
  const vms = useQuery({
    queryKey: ['vms', 'palette', searched],
    queryFn: ({ signal }) => data(api.GET('/v1/vms', { params: { query: { search: searched, limit: mostVms } }, signal })),
    enabled: searched !== '',
    placeholderData: keepPreviousData,
  });
  const low = text.toLowerCase();
  const pages = navigation.filter(n => n.label.toLowerCase().includes(low)).map(n => ({ id: `page ${n.to}`, to: n.to as string, label: n.label, detail: `g ${n.key}`, icon: n.icon as typeof IconSearch }));
  if (low === '') {
    return pages;
  }

  const foundHosts = (hosts.data ?? [])
    .filter(h => h.name.toLowerCase().includes(low) || h.id.startsWith(low))
    .slice(0, mostHosts)
    .map(h => ({ id: h.id, to: `/hosts/${h.id}`, label: h.name, detail: `host, ${words(h.status).toLowerCase()}`, icon: IconServer }));
  const foundVms = (vms.data?.items ?? []).map(v => ({ id: v.id, to: `/vms/${v.id}`, label: v.name, detail: `${words(v.state).toLowerCase()} on ${v.hostName ?? 'an unknown host'}`, icon: IconDeviceDesktop }));
  return [...pages, ...foundHosts, ...foundVms];
}
