#!/bin/sh
# Installs the files beside this script below DESTDIR (default: /), on hosts without a .deb or .rpm. Run as root. An existing
# configuration is kept, and the new one is written beside it as nscollector.conf.new. Starts nothing, but restarts a running
# agent.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
destination=${DESTDIR:-}
configuration=$destination/etc/nscollector/nscollector.conf

mkdir -p "$destination/usr" "$destination/etc"
# The executable of a running agent cannot be written to, only replaced.
cp -R -P -p --remove-destination "$here/usr/." "$destination/usr/"
mkdir -p "$destination/etc/nscollector/conf.d" "$destination/etc/logrotate.d"
install -d -m 0700 "$destination/etc/nscollector/credentials"
cp -p "$here/etc/logrotate.d/nscollector" "$destination/etc/logrotate.d/"
if [ ! -e "$configuration" ]; then
    cp -p "$here/etc/nscollector/nscollector.conf" "$configuration"
elif ! cmp -s "$here/etc/nscollector/nscollector.conf" "$configuration"; then
    cp -p "$here/etc/nscollector/nscollector.conf" "$configuration.new"
    echo "kept $configuration; the new version is $configuration.new"
fi

if [ -z "$destination" ] && [ -d /run/systemd/system ]; then
    systemd-sysusers nscollector.conf
    systemctl daemon-reload
    systemctl try-restart nscollector.service
    echo "installed; to start: systemctl enable --now nscollector"
else
    echo "installed below ${destination:-/}; to create the user it runs as: systemd-sysusers nscollector.conf"
fi
