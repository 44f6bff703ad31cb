#!/bin/sh
# Brings what the browser tests need: a Chromium and axe-core.
#
# Takes what is there. Otherwise installs Debian's chromium where this is allowed
# without asking (root, or sudo without a password) and fetches axe-core with npm
# into .cache/axe. What cannot be had is named, and the tests that need it skip.
# PKIMM_NO_INSTALL=1 changes nothing on this machine.
set -eu
cd "$(dirname "$0")/../.."

axe_version=4.14.1
axe=.cache/axe/node_modules/axe-core

has() { command -v "$1" >/dev/null 2>&1; }

has_browser() {
    [ -n "${PKIMM_CHROMIUM:-}" ] || has chromium || has chromium-browser \
        || has google-chrome || has google-chrome-stable
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

may_install() {
    [ -z "${PKIMM_NO_INSTALL:-}" ] && has apt-get && as_root true 2>/dev/null
}

install_chromium() {
    for attempt in 1 2 3; do
        as_root apt-get update -qq \
            && as_root env DEBIAN_FRONTEND=noninteractive \
                apt-get install -y -qq --no-install-recommends \
                chromium chromium-sandbox fonts-liberation fonts-dejavu-core \
            && return 0
        echo "Installing chromium failed (attempt $attempt of 3)." >&2
        sleep 5
    done
    return 1
}

if has_browser; then
    :
elif may_install; then
    echo "Installing Debian's chromium for the browser tests ..."
    install_chromium >/dev/null </dev/null || echo "There is no Chromium: the browser tests will be skipped." >&2
else
    echo "There is no Chromium and it cannot be installed here: the browser tests will be skipped." >&2
fi

if grep -qs "\"version\": \"$axe_version\"" "$axe/package.json"; then
    :
elif [ -z "${PKIMM_NO_INSTALL:-}" ] && has npm; then
    mkdir -p .cache/axe
    npm install --prefix .cache/axe --no-save --no-package-lock --ignore-scripts --no-audit --no-fund \
        --loglevel=error "axe-core@$axe_version" </dev/null \
        || echo "axe-core could not be fetched: the accessibility tests will be skipped." >&2
else
    echo "There is no npm to fetch axe-core: the accessibility tests will be skipped." >&2
fi
