import { Anchor, type AnchorProps } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { createLink, type LinkComponent } from '@tanstack/react-router';
import { type AnchorHTMLAttributes, forwardRef, useCallback } from 'react';
import { api, data, type Schema } from '../api/client';

const RouterAnchor = forwardRef<HTMLAnchorElement, AnchorProps & Omit<AnchorHTMLAttributes<HTMLAnchorElement>, keyof AnchorProps>>((props, ref) => <Anchor ref={ref} {...props} />);
const Routed = createLink(RouterAnchor);

/** A link to another page in the look of the component library. */
export const PageLink: LinkComponent<typeof RouterAnchor> = props => <Routed preload="intent" inherit {...props} />;

const hostsQuery = { queryKey: ['hosts', 'all'], queryFn: ({ signal }: { signal: AbortSignal }) => allHosts(signal) };

/** The fleet's hosts, read once for all that shows their names. */
export const useHosts = () => useQuery(hostsQuery);

const namesOf = (hosts: Schema<'HostView'>[]) => new Map(hosts.map(h => [h.id, h.name]));

async function allHosts(signal: AbortSignal) {
  const hosts: Schema<'HostView'>[] = [];
  let cursor: string | undefined;
  do {
    const page = await data(api.GET('/v1/hosts', { params: { query: { limit: 500, cursor } }, signal }));
    hosts.push(...page.items);
    cursor = page.nextCursor ?? undefined;
  } while (cursor);
  return hosts;
}

/** A host's name by its id; the beginning of the id while the name is not known. */
export function useHostName(): (id: string | null | undefined) => string {
  const names = useQuery({ ...hostsQuery, select: namesOf }).data;
  return useCallback((id: string | null | undefined) => (id ? (names?.get(id) ?? id.slice(0, 8)) : '–'), [names]);
}

export function VmLink({ id, name, at }: { id: string; name?: string | null; at?: string }) {
  return (
    <PageLink to={`/vms/${id}` as string} search={at ? { at } : undefined}>
      {name || id.slice(0, 8)}
    </PageLink>
  );
}

export function HostLink({ id, name }: { id: string; name?: string | null }) {
  const nameOf = useHostName();
  return (
    <PageLink to={`/hosts/${id}` as string}>
      {name || nameOf(id)}
    </PageLink>
  );
}

/** The page of an operation; a migration has its own. */
export const operationPath = (id: string, kind?: string | null) => `/${kind === 'MigrateVm' ? 'migrations' : 'operations'}/${id}`;

export function OperationLink({ id, kind, children }: { id: string; kind?: string | null; children?: React.ReactNode }) {
  return (
    <PageLink to={operationPath(id, kind)}>
      {children ?? `operation ${id.slice(0, 8)}`}
    </PageLink>
  );
}
