-- Browsers that are signed in. A cookie is kept as its hash only.
CREATE TABLE sessions (
    id_hash    bytea PRIMARY KEY,       -- SHA-256 of the cookie's value
    caller     jsonb NOT NULL,          -- Caller, without its roles: they are looked up for each request
    credential text NOT NULL,           -- what it was made with; it ends with it
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);
