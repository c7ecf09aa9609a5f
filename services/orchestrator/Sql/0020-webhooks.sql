-- Endpoints of other systems. The secret is kept readable: every delivery is signed with it.
CREATE TABLE webhooks (
    id              uuid PRIMARY KEY,
    url             text NOT NULL,
    types           text[] NOT NULL,
    vm              uuid,
    host            uuid,
    description     text,
    secret          text NOT NULL,
    old_secret      text,
    old_until       timestamptz,
    position        bigint NOT NULL,
    paused_at       timestamptz,
    paused_reason   text,
    failures        int NOT NULL DEFAULT 0,
    dead_in_a_row   int NOT NULL DEFAULT 0,
    resting_until   timestamptz,
    created_by      text NOT NULL,
    created_at      timestamptz NOT NULL,
    updated_at      timestamptz NOT NULL
);

-- One event for one endpoint. Delivered ones are forgotten after a while, dead ones stay until they are sent again or the endpoint goes.
CREATE TABLE webhook_deliveries (
    id              uuid PRIMARY KEY,
    webhook_id      uuid NOT NULL REFERENCES webhooks ON DELETE CASCADE,
    seq             bigint,
    type            text NOT NULL,
    body            text NOT NULL,
    status          text NOT NULL DEFAULT 'Pending',
    attempts        int NOT NULL DEFAULT 0,
    created_at      timestamptz NOT NULL,
    give_up_at      timestamptz NOT NULL,
    next_attempt_at timestamptz NOT NULL,
    last_attempt_at timestamptz,
    last_status     int,
    last_error      text,
    delivered_at    timestamptz,
    UNIQUE (webhook_id, seq)
);
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (webhook_id, next_attempt_at) WHERE status = 'Pending';
CREATE INDEX webhook_deliveries_listed ON webhook_deliveries (webhook_id, id DESC);
CREATE INDEX webhook_deliveries_delivered ON webhook_deliveries (delivered_at) WHERE status = 'Delivered';
