-- No secret of an address leaves the table, however the address is written: scheme and host only.
CREATE OR REPLACE VIEW webhook_dead_view AS
SELECT w.id AS webhook_id, coalesce(w.description, lower(substring(w.url FROM '^[Hh][Tt][Tt][Pp][Ss]?://[^/?#\\\s]+')), 'webhook ' || w.id) AS name, w.paused_reason, d.dead
FROM webhooks w
JOIN (SELECT webhook_id, count(*) AS dead FROM webhook_deliveries WHERE status = 'Dead' GROUP BY webhook_id) d ON d.webhook_id = w.id;

-- The secret from before the first of several replacements within the time in which an old one signs along.
ALTER TABLE webhooks ADD COLUMN kept_secret text;
ALTER TABLE webhooks ADD COLUMN kept_until timestamptz;

COMMENT ON TABLE agent_hosts IS 'Which agent manages a host: the first that claimed it, or the one that an administrator gave it to. After its revocation only an administrator gives it away.';
