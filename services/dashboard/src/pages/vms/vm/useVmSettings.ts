import { useQuery } from '@tanstack/react-query';
import { api, data } from '../../../api/client';

/** A VM's settings, asked of its host; again after every event about the VM. */
export const useVmSettings = (id: string, enabled = true) =>
  useQuery({
    queryKey: ['vm', id, 'settings'],
    queryFn: ({ signal }) => data(api.GET('/v1/vms/{id}/settings', { params: { path: { id } }, signal })),
    enabled,
    retry: false,
    refetchInterval: false,
  });
