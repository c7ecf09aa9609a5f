import { api, data } from '../../api/client';

/** The open alerts, newest first: one read for all that shows them. */
export const openAlerts = { queryKey: ['alerts', 'open'], queryFn: () => readAlerts(true) };

export const readAlerts = (open: boolean) => data(api.GET('/v1/alerts', { params: { query: { open, limit: 200 } } }));
