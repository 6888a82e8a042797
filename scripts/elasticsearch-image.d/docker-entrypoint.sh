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
fi

if [[ $(ulimit -n) != unlimited ]] && (($(ulimit -n) < 65535)); then
  export LD_PRELOAD=/usr/local/lib/nofile.so
fi
exec bin/elasticsearch "${settings[@]}" "$@"
