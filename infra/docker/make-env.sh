#!/usr/bin/env bash
# Writes .env beside docker-compose.yml with generated passwords, unless it is there. It never goes into git.
set -euo pipefail
cd "$(dirname "$0")/../.."
[ -e .env ] && exit 0
secret() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }
(umask 077; printf 'POSTGRES_PASSWORD=%s\nRABBITMQ_PASSWORD=%s\nHV_PORT=8080\n' "$(secret)" "$(secret)" > .env)
echo 'wrote .env'
