#!/bin/sh
# Installs what is beside this script where no package does: below DESTDIR (/ where nothing is said), as root. A
# configuration that is there stays, and the new one is put beside it as nscollector.conf.new. Nothing is started.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
destination=${DESTDIR:-}
configuration=$destination/etc/nscollector/nscollector.conf

mkdir -p "$destination/usr" "$destination/etc"
# An agent that runs keeps its own file: it cannot be written to, only replaced.
cp -R -P -p --remove-destination "$here/usr/." "$destination/usr/"
mkdir -p "$destination/etc/nscollector/conf.d" "$destination/etc/logrotate.d"
install -d -m 0700 "$destination/etc/nscollector/credentials"
cp -p "$here/etc/logrotate.d/nscollector" "$destination/etc/logrotate.d/"
if [ ! -e "$configuration" ]; then
    cp -p "$here/etc/nscollector/nscollector.conf" "$configuration"
elif ! cmp -s "$here/etc/nscollector/nscollector.conf" "$configuration"; then
    cp -p "$here/etc/nscollector/nscollector.conf" "$configuration.new"
    echo "kept $configuration; the new one is $configuration.new"
fi

if [ -z "$destination" ] && [ -d /run/systemd/system ]; then
    systemd-sysusers nscollector.conf
    systemctl daemon-reload
    systemctl try-restart nscollector.service
    echo "installed; systemctl enable --now nscollector starts it"
else
    echo "installed below ${destination:-/}; the user it runs as: systemd-sysusers nscollector.conf"
fi
