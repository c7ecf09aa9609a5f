import type { PlatformAlert } from '../../api/coming';
import { request } from '../../api/request';

/** The open alerts, newest first: one read for all that shows them. */
export const openAlerts = { queryKey: ['alerts', 'open'], queryFn: () => readAlerts(true) };

export const readAlerts = (open: boolean) => request<{ items: PlatformAlert[]; nextCursor?: string | null }>('GET', '/v1/alerts', { query: { open, limit: 200 } });
