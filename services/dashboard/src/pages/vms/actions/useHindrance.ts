import { useQuery } from '@tanstack/react-query';
import { api, data, type Schema } from '../../../api/client';
import { useDenied } from '../../../shared/useMay';
import type { Vm } from '../vm/useVm';
import { hindrance } from './vmActions';

/** What the driver of a host can do; undefined while it is not known. */
export const useFacets = (hostId: string): readonly string[] | undefined =>
  useQuery({ queryKey: ['host', hostId], queryFn: ({ signal }) => data(api.GET('/v1/hosts/{id}', { params: { path: { id: hostId } }, signal })) }).data?.facets;

/** Tells why something cannot be done to a VM now: the page shows the past, the role does not allow it, its state or its host's driver does not; undefined if it can. */
export function useHindrance(vm: Vm, past: boolean) {
  const denied = useDenied('Operator');
  const facets = useFacets(vm.hostId);
  const over = past ? 'This is the past.' : denied;
  return (label: string, allowed: readonly Schema<'VmState'>[], facet?: string) => over ?? hindrance(vm, label, allowed, facet, facets);
}
