#!/bin/sh
# Starts as root and drops by itself, like the real worker: so it needs SETUID and SETGID and nothing more.
set -eu
exec setpriv --reuid app --regid app --init-groups /app/server
