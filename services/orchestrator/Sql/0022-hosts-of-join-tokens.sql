-- Hosts that the platform knows and that whoever joins with the token is given.
ALTER TABLE join_tokens ADD COLUMN hosts uuid[] NOT NULL DEFAULT '{}';
