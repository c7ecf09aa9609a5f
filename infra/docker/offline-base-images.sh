#!/usr/bin/env bash
# Makes the base images that docker-compose.yml and the Dockerfile name, out of Debian packages and this machine's own .NET 10 SDK and Node, for a machine
# that reaches no image registry. They stand in for the official images: same names, same ports, and those environment variables that the compose file uses.
# For a proof, not for production. Needs root, debootstrap, a Docker engine, and the package caches of NuGet (~/.nuget/packages) and
# npm (~/.npm) with what the build needs: ./hv build fills both.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
suite=${SUITE:-bookworm}
dotnet=$(dirname "$(readlink -f "$(command -v dotnet)")")

debootstrap --variant=minbase --include=ca-certificates,libstdc++6,libssl3,zlib1g "$suite" "$work/root" > "$work/debootstrap.log" || { tail "$work/debootstrap.log"; exit 1; }
# The package sources of this machine, so that the images' own installations find what this machine finds.
cp -a /etc/apt/sources.list* /etc/apt/apt.conf.d "$work/root/etc/apt/"
tar -C "$work/root" -c . | docker import - hvplatform-offline/debian > /dev/null

mkdir -p "$work/runtime/dotnet" "$work/sdk/packages"
cp -a "$dotnet"/{dotnet,host,shared} "$work/runtime/dotnet/"
cat > "$work/runtime/Dockerfile" <<'D'
FROM hvplatform-offline/debian
COPY dotnet /usr/share/dotnet
RUN ln -s /usr/share/dotnet/dotnet /usr/bin/dotnet && useradd -u 1654 -m app
ENV DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1
D
docker build -q -t mcr.microsoft.com/dotnet/aspnet:10.0 "$work/runtime"

cp -a "$dotnet" "$work/sdk/dotnet"
cp -a ~/.nuget/packages/. "$work/sdk/packages/"
cat > "$work/sdk/NuGet.Config" <<'D'
<configuration><packageSources><clear /><add key="offline" value="/packages" /></packageSources></configuration>
D
cat > "$work/sdk/Dockerfile" <<'D'
FROM hvplatform-offline/debian
COPY dotnet /usr/share/dotnet
COPY packages /packages
COPY NuGet.Config /root/.nuget/NuGet/NuGet.Config
RUN ln -s /usr/share/dotnet/dotnet /usr/bin/dotnet
ENV DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 NUGET_XMLDOC_MODE=skip
D
docker build -q -t mcr.microsoft.com/dotnet/sdk:10.0 "$work/sdk"

# Node of this machine under the name of the image; npm takes everything from its cache.
mkdir -p "$work/node/npm-cache"
cp -a "$(readlink -f "$(command -v node)")" "$work/node/node"
cp -a "$(dirname "$(readlink -f "$(command -v npm)")")/.." "$work/node/npm"
cp -a ~/.npm/_cacache "$work/node/npm-cache/"
cat > "$work/node/Dockerfile" <<D
FROM hvplatform-offline/debian
COPY node /usr/bin/node
COPY npm /usr/lib/node_modules/npm
COPY npm-cache /root/.npm
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/bin/npm
ENV npm_config_offline=true npm_config_registry=$(npm config get registry)
D
docker build -q -t node:22 "$work/node"

mkdir "$work/postgres"
cat > "$work/postgres/entry" <<'S'
#!/bin/bash
set -eu
bin=$(echo /usr/lib/postgresql/*/bin); data=/var/lib/postgresql/data
chown -R postgres: $data; chmod 700 $data
as() { setpriv --reuid=postgres --regid=postgres --init-groups "$@"; }
if [ ! -e $data/PG_VERSION ]; then
  printf %s "$POSTGRES_PASSWORD" > /tmp/pw; chown postgres: /tmp/pw
  as $bin/initdb -D $data -U "${POSTGRES_USER:-postgres}" --auth=scram-sha-256 --pwfile=/tmp/pw --encoding=UTF8 --locale=C.UTF-8; rm /tmp/pw
  echo 'host all all all scram-sha-256' >> $data/pg_hba.conf
  [ "${POSTGRES_DB:-postgres}" = postgres ] || echo "create database \"$POSTGRES_DB\"" | as $bin/postgres --single -D $data postgres
fi
exec setpriv --reuid=postgres --regid=postgres --init-groups $bin/postgres -D $data -c listen_addresses='*' -c unix_socket_directories=/tmp
S
cat > "$work/postgres/Dockerfile" <<'D'
FROM hvplatform-offline/debian
RUN printf '#!/bin/sh\nexit 101\n' > /usr/sbin/policy-rc.d && chmod 755 /usr/sbin/policy-rc.d && apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql
RUN mkdir -p /var/lib/postgresql/data && chown postgres: /var/lib/postgresql/data
COPY entry /entry
ENTRYPOINT ["bash", "/entry"]
D
docker build -q --network host -t postgres:15 "$work/postgres"

mkdir "$work/rabbitmq"
cat > "$work/rabbitmq/entry" <<'S'
#!/bin/bash
set -eu
printf 'loopback_users = none\ndefault_user = %s\ndefault_pass = %s\nlog.console = true\nlog.file = false\n' "${RABBITMQ_DEFAULT_USER:-guest}" "${RABBITMQ_DEFAULT_PASS:-guest}" > /etc/rabbitmq/rabbitmq.conf
chown -R rabbitmq: /var/lib/rabbitmq /etc/rabbitmq
export HOME=/var/lib/rabbitmq
exec setpriv --reuid=rabbitmq --regid=rabbitmq --init-groups /usr/lib/rabbitmq/bin/rabbitmq-server
S
cat > "$work/rabbitmq/Dockerfile" <<'D'
FROM hvplatform-offline/debian
RUN printf '#!/bin/sh\nexit 101\n' > /usr/sbin/policy-rc.d && chmod 755 /usr/sbin/policy-rc.d && apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends rabbitmq-server
COPY entry /entry
ENTRYPOINT ["bash", "/entry"]
D
docker build -q --network host -t rabbitmq:3 "$work/rabbitmq"
docker images
