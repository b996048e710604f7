#!/bin/sh
# The official image is built with protected-mode off; Debian's is not, and would refuse every other container.
set -eu
case "${1:-}" in
  '' | --*) exec /usr/bin/redis-server --protected-mode no "$@" ;;
  *) config=$1; shift; exec /usr/bin/redis-server "$config" --protected-mode no "$@" ;;
esac
