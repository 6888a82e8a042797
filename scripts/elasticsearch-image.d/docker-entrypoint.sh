#!/bin/bash
# Reads the settings from the same places as the official image: environment variables
# with a dot in their name, and ELASTIC_PASSWORD for the first password of the user
# elastic.
set -euo pipefail
cd /usr/share/elasticsearch

settings=()
while IFS='=' read -r -d '' name value; do
  if [[ $name =~ ^[a-z0-9_]+(\.[a-z0-9_]+)+$ ]]; then settings+=("-E$name=$value"); fi
done < <(env -0)

if [[ -n ${ELASTIC_PASSWORD:-} ]]; then
  if [[ ! -f config/elasticsearch.keystore ]]; then
    bin/elasticsearch-keystore create >/dev/null
  fi
  printf '%s' "$ELASTIC_PASSWORD" |
    bin/elasticsearch-keystore add --stdin --force bootstrap.password >/dev/null
  # Elasticsearch configures its security when it first starts. From version 9.5 on, that
  # adds passwords for a module that the stand-in lacks, and the server would refuse them.
  # Where security needs no configuration, the command fails and changes nothing.
  CLI_NAME=auto-configure-node \
    CLI_LIBS=modules/x-pack-core,modules/x-pack-security,lib/tools/security-cli \
    bin/elasticsearch-cli "${settings[@]}" >/dev/null 2>&1 || true
  bin/elasticsearch-keystore list | { grep '^cluster\.state\.encryption\.' || true; } |
    xargs -r bin/elasticsearch-keystore remove
fi

if [[ $(ulimit -n) != unlimited ]] && (($(ulimit -n) < 65535)); then
  export LD_PRELOAD=/usr/local/lib/nofile.so
fi
exec bin/elasticsearch "${settings[@]}" "$@"
