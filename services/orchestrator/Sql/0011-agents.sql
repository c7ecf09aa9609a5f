-- Tokens that agents join with: one use each.
CREATE TABLE join_tokens (
    id         uuid PRIMARY KEY,
    hash       bytea NOT NULL UNIQUE,      -- SHA-256 of the token
    name       text,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at    timestamptz,
    agent_id   uuid                        -- who joined with it
);
CREATE INDEX join_tokens_by_time ON join_tokens (created_at DESC, id DESC);

-- Agents that have joined, for ever.
CREATE TABLE agents (
    id                     uuid PRIMARY KEY,
    host_name              text NOT NULL,  -- of the machine it runs on; in its certificate
    name                   text,           -- of the token it joined with
    joined_at              timestamptz NOT NULL,
    certificate_expires_at timestamptz NOT NULL,
    seen_at                timestamptz NOT NULL,  -- when it last asked the API for something
    revoked_at             timestamptz,
    revoked_by             text,
    at_broker              boolean NOT NULL       -- false: the broker does not know yet what is here
);
CREATE UNIQUE INDEX agents_by_host_name ON agents (host_name) WHERE revoked_at IS NULL;
CREATE INDEX agents_by_time ON agents (joined_at DESC, id DESC);
CREATE INDEX agents_to_tell ON agents (id) WHERE NOT at_broker;

-- Every certificate the CA gave an agent.
CREATE TABLE agent_certificates (
    serial      text PRIMARY KEY,          -- upper-case hex
    agent_id    uuid NOT NULL REFERENCES agents,
    certificate text NOT NULL,             -- PEM
    issued_at   timestamptz NOT NULL,
    expires_at  timestamptz NOT NULL
);
CREATE INDEX agent_certificates_of ON agent_certificates (agent_id);

-- Which agent manages a host: the first that claimed it, until it is revoked.
CREATE TABLE agent_hosts (
    host_id  uuid PRIMARY KEY,
    agent_id uuid NOT NULL REFERENCES agents,
    name     text NOT NULL,
    bound_at timestamptz NOT NULL
);
CREATE INDEX agent_hosts_of ON agent_hosts (agent_id);
