-- Alerts: docs/howto/alerts.md is the published contract of this table. One open alert per rule and subject; what is cleared stays for ninety days.
CREATE TABLE alerts (
    id              uuid PRIMARY KEY,
    rule            text NOT NULL,
    severity        text NOT NULL,
    subject_kind    text NOT NULL,
    subject_id      uuid,
    subject_name    text,
    vm_id           uuid,
    host_id         uuid,
    message         text NOT NULL,
    advice          text NOT NULL,
    raised_at       timestamptz NOT NULL,
    acknowledged_at timestamptz,
    acknowledged_by text,
    cleared_at      timestamptz
);
CREATE UNIQUE INDEX alerts_open ON alerts (rule, subject_id) NULLS NOT DISTINCT WHERE cleared_at IS NULL;
CREATE INDEX alerts_by_time ON alerts (raised_at DESC, id DESC);
CREATE INDEX alerts_by_end ON alerts (cleared_at) WHERE cleared_at IS NOT NULL;
