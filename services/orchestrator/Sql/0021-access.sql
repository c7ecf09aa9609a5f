-- Who may do what. Tokens are kept as their hashes only.
CREATE TABLE api_tokens (
    id           uuid PRIMARY KEY,
    name         text NOT NULL,
    hash         bytea NOT NULL UNIQUE,       -- SHA-256 of the secret
    role         text NOT NULL,
    groups       text[] NOT NULL,             -- '*' is all
    created_by   text NOT NULL,
    created_at   timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL,
    last_used_at timestamptz,                 -- to the minute
    revoked_at   timestamptz
);

-- Roles of people and of the issuer's groups.
CREATE TABLE grants (
    id         uuid PRIMARY KEY,
    subject    text NOT NULL,                 -- user:SUB or group:CLAIM
    group_name text NOT NULL,                 -- '*' is all
    role       text NOT NULL,
    created_by text NOT NULL,
    created_at timestamptz NOT NULL,
    UNIQUE (subject, group_name)
);

-- A host is in one group, a VM in the one it is given or else in its host's; whatever is in none is in the group 'default'.
CREATE TABLE resource_groups (
    name       text PRIMARY KEY,
    created_at timestamptz NOT NULL
);
CREATE TABLE group_hosts (
    host_id uuid PRIMARY KEY,
    name    text NOT NULL REFERENCES resource_groups ON DELETE CASCADE
);
CREATE INDEX group_hosts_by_name ON group_hosts (name);
CREATE TABLE group_vms (
    vm_id uuid PRIMARY KEY,
    name  text NOT NULL REFERENCES resource_groups ON DELETE CASCADE
);
CREATE INDEX group_vms_by_name ON group_vms (name);
