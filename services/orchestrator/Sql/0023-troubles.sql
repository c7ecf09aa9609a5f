-- What other services may read of the orchestrator, for their alerts: published (docs/howto/alerts.md), additive changes only. No secrets.

-- The newest certificate of every agent that is not revoked.
CREATE VIEW agent_certificate_view AS
SELECT a.id AS agent_id, a.host_name, a.name, c.issued_at, c.expires_at
FROM agents a
CROSS JOIN LATERAL (SELECT issued_at, expires_at FROM agent_certificates c WHERE c.agent_id = a.id ORDER BY expires_at DESC LIMIT 1) c
WHERE a.revoked_at IS NULL;

-- Webhooks with deliveries that were given up.
CREATE INDEX webhook_deliveries_dead ON webhook_deliveries (webhook_id) WHERE status = 'Dead';
CREATE VIEW webhook_dead_view AS
SELECT w.id AS webhook_id, coalesce(w.description, regexp_replace(w.url, '^(https?://[^/?#]*).*$', '\1')) AS name, w.paused_reason, d.dead
FROM webhooks w
JOIN (SELECT webhook_id, count(*) AS dead FROM webhook_deliveries WHERE status = 'Dead' GROUP BY webhook_id) d ON d.webhook_id = w.id;
