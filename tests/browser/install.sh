#!/bin/sh
# Installs Chromium for the tests in a browser, where Debian's packages can be installed; says so where it cannot.
command -v chromium >/dev/null && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium >/dev/null && exit 0
fi
echo "Chromium is not here and cannot be installed; the tests in tests/browser are skipped, or fail with CDKD_NEED_CHROMIUM." >&2
