#!/bin/sh
# Writes a minimal Debian root file system to stdout as a tar archive.
# usage: make.sh <work dir> <suite> <mirror>, with APT_SOURCES and APT_CONF in the environment.
set -eu
dir=$1 suite=$2 mirror=$3
debootstrap --variant=minbase "$suite" "$dir" "$mirror" >&2

printf '%s\n' "$APT_SOURCES" > "$dir/etc/apt/sources.list"
printf '%s\n' "$APT_CONF" > "$dir/etc/apt/apt.conf.d/99host"
if [ -n "${APT_CA:-}" ]; then
  cp "$APT_CA" "$dir/etc/apt/host-ca.crt"
  echo 'Acquire::https::CAInfo "/etc/apt/host-ca.crt";' >> "$dir/etc/apt/apt.conf.d/99host"
fi
# Packages must not start daemons while an image is built.
printf '#!/bin/sh\nexit 101\n' > "$dir/usr/sbin/policy-rc.d"
chmod +x "$dir/usr/sbin/policy-rc.d"
echo 'APT::Install-Recommends "false";' > "$dir/etc/apt/apt.conf.d/90minimal"
cat > "$dir/etc/dpkg/dpkg.cfg.d/minimal" <<'EOF'
path-exclude /usr/share/doc/*
path-exclude /usr/share/man/*
path-exclude /usr/share/locale/*
path-include /usr/share/doc/*/copyright
EOF

rm -rf "$dir"/var/cache/apt/*.bin "$dir"/var/cache/apt/archives/*.deb "$dir"/var/lib/apt/lists/* \
  "$dir"/usr/share/man/* "$dir"/usr/share/locale/* "$dir"/var/log/*.log
find "$dir/usr/share/doc" -type f ! -name copyright -delete
# The host's resolver and name are not the container's.
: > "$dir/etc/resolv.conf"
: > "$dir/etc/hostname"
tar -C "$dir" --numeric-owner --one-file-system -cf - .
