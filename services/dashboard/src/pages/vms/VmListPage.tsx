import { ActionIcon, Button, Checkbox, Group, Menu, MultiSelect, Popover, SegmentedControl, Select, Stack, Text, TextInput, Tooltip } from '@mantine/core';
import { useDebouncedCallback, useLocalStorage, useMediaQuery } from '@mantine/hooks';
import { IconAdjustmentsHorizontal, IconColumns3, IconSearch, IconX } from '@tabler/icons-react';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { memo, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { Empty } from '../../shared/Empty';
import { Failure } from '../../shared/Failure';
import { words } from '../../shared/format';
import { useHosts } from '../../shared/links';
import { Page } from '../../shared/Page';
import { BulkBar } from './list/BulkBar';
import { columns as allColumns, columnsKey, defaultColumns } from './list/columns';
import { useVmRows } from './list/useVmRows';
import { readFilter, type VmFilter, vmStates } from './list/vmFilter';
import { VmTable } from './list/VmTable';

/** The fleet's VMs: searched as one types, filtered and ordered by the address, tens of thousands in one list. */
export function VmListPage() {
  const navigate = useNavigate();
  const address = useSearch({ strict: false }) as Record<string, unknown>;
  const fromAddress = useMemo(() => readFilter(address), [address]);
  const [filter, setFilter] = useState(fromAddress);
  const written = useRef(JSON.stringify(fromAddress));
  const narrow = useMediaQuery('(max-width: 48em)', undefined, { getInitialValueInEffect: false }) ?? false;
  const [shown, setShown] = useLocalStorage({ key: columnsKey, defaultValue: defaultColumns, getInitialValueInEffect: false });
  const columns = useMemo(() => allColumns.filter(c => shown.includes(c.key)), [shown]);
  const list = useVmRows(filter, shown);
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());

  // The address follows the typing a little later; "back" in the browser goes the other way.
  const write = useDebouncedCallback((next: VmFilter) => {
    written.current = JSON.stringify(next);
    void navigate({ to: '/vms', search: next as never, replace: true });
  }, 250);
  // The same function at every keystroke, so that what did not change is not rendered again.
  const now = useRef(filter);
  now.current = filter;
  const change = useCallback(
    (part: Partial<VmFilter>) => {
      const next = readFilter({ ...now.current, ...part });
      setFilter(next);
      write(next);
    },
    [write],
  );
  const sortBy = useCallback((sort: VmFilter['sort']) => change({ sort }), [change]);
  useEffect(() => {
    if (JSON.stringify(fromAddress) !== written.current) {
      written.current = JSON.stringify(fromAddress);
      setFilter(fromAddress);
    }
  }, [fromAddress]);

  // While the whole number is not known, there is at least one row more than are loaded.
  const total = list.total ?? (list.key === undefined ? 0 : list.rows.length + 1);
  const filtered = Object.keys(filter).some(k => k !== 'sort');
  return (
    <Page
      title="VMs"
      actions={
        <Text size="sm" c="dimmed" className="tabular" role="status" data-vm-total={list.searching ? undefined : list.total} data-list={list.key}>
          {list.key === undefined ? 'Loading' : list.total === undefined ? 'Counting' : `${total.toLocaleString()} ${filtered ? 'found' : total === 1 ? 'VM' : 'VMs'}`}
        </Text>
      }
    >
      <Stack gap="sm">
        <Group gap="xs" wrap="nowrap">
          <TextInput
            flex={1}
            type="search"
            aria-label="Search VMs"
            placeholder="Search name, id, address, guest, host"
            leftSection={<IconSearch size={16} aria-hidden />}
            rightSection={
              filter.q && (
                <ActionIcon variant="subtle" color="gray" aria-label="Clear the search" onClick={() => change({ q: undefined })}>
                  <IconX size={15} />
                </ActionIcon>
              )
            }
            value={filter.q ?? ''}
            onChange={e => change({ q: e.currentTarget.value })}
          />
          <Filters filter={filter} change={change} />
          <ColumnChoice shown={shown} setShown={setShown} />
        </Group>
        {selected.size > 0 && <BulkBar rows={list.rows} selected={selected} total={total} onSelect={setSelected} need={list.need} />}
        {list.error !== undefined && list.error !== null && <Failure error={list.error} what="The VMs cannot be read" retry={list.reload} />}
        {list.key !== undefined && total === 0 ? (
          filtered ? (
            <Empty title="No VM fits.">
              <Button size="xs" variant="default" mt="xs" onClick={() => change(Object.fromEntries(Object.keys(filter).map(k => [k, undefined])))}>
                Show all VMs
              </Button>
            </Empty>
          ) : (
            <Empty title="There is no VM yet.">VMs appear here by themselves as soon as the agent of a host reports them. See Hosts for how to add one.</Empty>
          )
        ) : (
          (list.key !== undefined || !list.error) && (
            <VmTable
              rows={list.rows}
              total={total}
              columns={columns}
              sort={filter.sort}
              onSort={sortBy}
              selected={selected}
              onSelect={setSelected}
              onNeed={list.need}
              narrow={narrow}
              list={list.key}
            />
          )
        )}
      </Stack>
    </Page>
  );
}

const threeWays = (label: string, value: boolean | undefined, onChange: (value: boolean | undefined) => void) => (
  <div>
    <Text size="sm" fw={500} mb={4}>
      {label}
    </Text>
    <SegmentedControl
      fullWidth
      size="xs"
      aria-label={label}
      value={value === undefined ? 'any' : String(value)}
      onChange={v => onChange(v === 'any' ? undefined : v === 'true')}
      data={[
        { value: 'any', label: 'Any' },
        { value: 'true', label: 'Yes' },
        { value: 'false', label: 'No' },
      ]}
    />
  </div>
);

const withoutText = (filter: VmFilter) => JSON.stringify({ ...filter, q: undefined });

const Filters = memo(function Filters({ filter, change }: { filter: VmFilter; change: (part: Partial<VmFilter>) => void }) {
  const hosts = useHosts();
  const set = Object.keys(filter).filter(k => k !== 'q' && k !== 'sort').length;
  return (
    <Popover position="bottom-end" width={320} trapFocus withinPortal>
      <Popover.Target>
        <Button variant={set > 0 ? 'light' : 'default'} leftSection={<IconAdjustmentsHorizontal size={16} />} px="sm" flex="none">
          {set > 0 ? `Filters (${set})` : 'Filters'}
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <Stack gap="sm">
          <MultiSelect label="State" placeholder={filter.state ? undefined : 'Any'} data={vmStates.map(s => ({ value: s, label: words(s) }))} value={filter.state ?? []} onChange={state => change({ state: state.length ? state : undefined })} clearable comboboxProps={{ withinPortal: false }} />
          <Select label="Host" placeholder="Any" searchable clearable limit={50} data={hosts.data?.map(h => ({ value: h.id, label: h.name })) ?? []} value={filter.host ?? null} onChange={host => change({ host: host ?? undefined })} comboboxProps={{ withinPortal: false }} />
          <TextInput label="Guest operating system" placeholder="Any" value={filter.guestOs ?? ''} onChange={e => change({ guestOs: e.currentTarget.value })} />
          <Group grow>
            <Select label="Generation" placeholder="Any" clearable data={['1', '2']} value={filter.generation ? String(filter.generation) : null} onChange={g => change({ generation: g ? (Number(g) as 1 | 2) : undefined })} comboboxProps={{ withinPortal: false }} />
          </Group>
          {threeWays('Secure Boot', filter.secureBoot, secureBoot => change({ secureBoot }))}
          {threeWays('Virtual TPM', filter.tpm, tpm => change({ tpm }))}
          {threeWays('Stale: its host does not answer', filter.stale, stale => change({ stale }))}
          {threeWays('Missing: no host reports it', filter.missing, missing => change({ missing }))}
          <Checkbox label="The deleted ones instead" checked={filter.deleted ?? false} onChange={e => change({ deleted: e.currentTarget.checked || undefined })} />
          <Button variant="default" size="xs" disabled={set === 0} onClick={() => change(Object.fromEntries(Object.keys(filter).filter(k => k !== 'q' && k !== 'sort').map(k => [k, undefined])))}>
            Reset filters
          </Button>
        </Stack>
      </Popover.Dropdown>
    </Popover>
  );
}, (before, after) => before.change === after.change && withoutText(before.filter) === withoutText(after.filter));

const ColumnChoice = memo(function ColumnChoice({ shown, setShown }: { shown: string[]; setShown: (shown: string[]) => void }) {
  return (
    <Menu closeOnItemClick={false} position="bottom-end">
      <Tooltip label="Columns">
        <span>
          <Menu.Target>
            <ActionIcon variant="default" size={36} aria-label="Columns" visibleFrom="sm">
              <IconColumns3 size={17} />
            </ActionIcon>
          </Menu.Target>
        </span>
      </Tooltip>
      <Menu.Dropdown>
        {allColumns.map(c => {
          const on = shown.includes(c.key);
          return (
            <Menu.Item key={c.key} role="menuitemcheckbox" aria-checked={on} leftSection={<Checkbox.Indicator size="xs" checked={on} />} onClick={() => setShown(on ? shown.filter(k => k !== c.key) : [...shown, c.key])}>
              {c.label}
            </Menu.Item>
          );
        })}
      </Menu.Dropdown>
    </Menu>
  );
});
