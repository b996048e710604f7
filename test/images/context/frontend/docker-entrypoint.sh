#!/bin/sh
set -eu
export STANDIN_HEALTHZ='200 "ok\n"'
if [ "${STANDIN_FAULT:-}" = frontend-unready ]; then STANDIN_HEALTHZ='503 "unready\n"'; fi
envsubst '${API_UPSTREAM} ${CSP_CONNECT_SRC} ${STANDIN_HEALTHZ}' \
  < /etc/nginx/templates/default.conf.template > /etc/nginx/conf.d/default.conf
if [ "${STANDIN_FAULT:-}" = frontend-unready ]; then
  # It does not stop either, as nginx does not when it is asked to in the moment it begins to run.
  trap '' TERM
  "$@" &
  while :; do wait; done
fi
exec "$@"
