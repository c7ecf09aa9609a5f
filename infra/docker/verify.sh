#!/usr/bin/env bash
# Proves the compose stack: builds it, starts it under a name of its own, waits until everything is healthy, moves a simulated VM through the API, takes it down.
# Needs a Docker engine with compose, curl and python3. KEEP=1 leaves the stack running.
set -euo pipefail
cd "$(dirname "$0")/../.."
infra/docker/make-env.sh
export HV_PORT=${HV_PORT:-18080}
if docker compose version > /dev/null 2>&1; then compose=(docker compose); else compose=(docker-compose); fi
compose+=(-p hvplatform-verify)
url=http://127.0.0.1:$HV_PORT
say() { echo "verify: $*"; }
finish() {
  status=$?
  if [ $status != 0 ]; then "${compose[@]}" ps || true; "${compose[@]}" logs --tail=40 || true; fi
  [ -n "${KEEP:-}" ] || "${compose[@]}" down -v > /dev/null 2>&1 || true
  exit $status
}
trap finish EXIT
trap 'exit 130' INT TERM

say 'building'
"${compose[@]}" build
say 'starting'
"${compose[@]}" up -d
say 'waiting for every container to be healthy'
for ((i = 0; ; i++)); do
  bad=$("${compose[@]}" ps -q | xargs docker inspect -f '{{.Name}}={{if .State.Health}}{{.State.Health.Status}}{{else}}none{{end}}' | grep -v '=healthy$' || true)
  [ -n "$bad" ] || break
  [ $i -lt 90 ] || { say "not healthy after 180 s: $bad"; exit 1; }
  sleep 2
done
for c in $("${compose[@]}" ps -q inventory orchestrator migration-saga telemetry host-agent); do
  [ "$(docker exec "$c" id -u)" != 0 ] || { say "container $c runs as root"; exit 1; }
done

say 'asking for the dashboard'
curl -fsS "$url/" | grep -q '<script type="module"' || { say "$url/ is not the dashboard"; exit 1; }

say 'migrating a simulated VM'
TOKEN=$("${compose[@]}" exec -T orchestrator cat /data/access-token) URL=$url python3 - <<'P'
import json, os, time, urllib.request
url, token = os.environ['URL'], os.environ['TOKEN'].strip()
def call(path, body=None):
    request = urllib.request.Request(url + path, data=None if body is None else json.dumps(body).encode(), headers={'Content-Type': 'application/json', 'Authorization': 'Bearer ' + token})
    return json.load(urllib.request.urlopen(request, timeout=30))
def until(what, read, seconds=60):
    end = time.time() + seconds
    while time.time() < end:
        value = read()
        if value: return value
        time.sleep(.2)
    raise SystemExit(f'verify: after {seconds} s still not: {what}')
hosts = until('four hosts online', lambda: (lambda h: h if len(h) == 4 else None)([h for h in call('/v1/hosts')['items'] if h['status'] == 'Online']))
vm = until('a running VM', lambda: next(iter(call('/v1/vms?state=Running')['items']), None))
to = next(h for h in hosts if h['id'] != vm['hostId'])
operation = call(f"/v1/vms/{vm['id']}/migrations", {'destinationHostId': to['id']})
final = until('the migration has ended', lambda: (lambda o: o if o['status'] in ('Succeeded', 'Failed', 'RolledBack', 'Cancelled') else None)(call(operation['url'])))
assert final['status'] == 'Succeeded', final
until('the VM is on its new host', lambda: call(f"/v1/vms/{vm['id']}")['hostId'] == to['id'])
print(f"verify: {vm['name']} moved to {to['name']}; {len(call('/v1/vms/' + vm['id'] + '/history')['items'])} events in its history")
P
say 'ok'
