#!/bin/bash
# Installs what is missing of the named packages: says what, and uses sudo only where it must.
set -euo pipefail
if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
  echo "This is no Debian or Ubuntu: please install by hand what corresponds to: $*" >&2
  exit 0
fi
missing=()
for package in "$@"; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q '^install ok installed$' || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

sudo=()
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null; then
    echo "error: packages are missing and there is no sudo" >&2
    echo "hint: as root, run: apt-get install ${missing[*]}" >&2
    exit 1
  fi
  sudo=(sudo)
fi
echo "Installing: ${missing[*]}"
run() { "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive "$@"; }
# The package lists may be missing (a fresh container) or old; one refresh is enough.
run apt-get install -y --no-install-recommends "${missing[@]}" >/dev/null 2>&1 ||
  { run apt-get update -q >/dev/null && run apt-get install -y -q --no-install-recommends "${missing[@]}"; }
