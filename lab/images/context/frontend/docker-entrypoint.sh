#!/bin/sh
set -eu
export STANDIN_HEALTHZ='200 "ok\n"'
if [ "${STANDIN_FAULT:-}" = frontend-unready ]; then STANDIN_HEALTHZ='503 "unready\n"'; fi
# As the official image: each template becomes a file beside what is there already.
for template in /etc/nginx/templates/*.template; do
  envsubst '${API_UPSTREAM} ${CSP_CONNECT_SRC} ${STANDIN_HEALTHZ}' < "$template" > "/etc/nginx/conf.d/$(basename "$template" .template)"
done
if [ "${STANDIN_FAULT:-}" = frontend-unready ]; then
  # It does not stop either, as nginx does not when it is asked to in the moment it begins to run.
  trap '' TERM
  "$@" &
  while :; do wait; done
fi
exec "$@"
