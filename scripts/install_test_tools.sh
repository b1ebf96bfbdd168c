#!/usr/bin/env bash
# Sees to the programs that tests use and pip does not bring: a Chromium, a Firefox, a Redis server and nginx.
set -euo pipefail

has_any() {
    local name
    for name in "$@"; do
        if command -v "$name" >/dev/null 2>&1; then return 0; fi
    done
    return 1
}

missing=()
has_any chromium-headless-shell chromium chromium-browser google-chrome || missing+=(chromium)
has_any firefox-esr firefox || missing+=(firefox-esr)
has_any redis-server || missing+=(redis-server)
# Not on the path of everybody, and of everybody's package manager under this name: Debian's small one.
has_any nginx /usr/sbin/nginx || missing+=(nginx-light)

# Debian's Chromium without windows: the same pages cost it a third of the work. Elsewhere the usual one does as well.
SHELL_PACKAGE=chromium-headless-shell
has_package() { apt-cache show "$1" >/dev/null 2>&1; }
if [ ${#missing[@]} -eq 0 ]; then
    if ! has_any $SHELL_PACKAGE && [ "$(id -u)" -eq 0 ] && has_any apt-get && has_package $SHELL_PACKAGE; then
        printf '[set-up] Installing %s, for quicker tests …\n' $SHELL_PACKAGE
        DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $SHELL_PACKAGE \
            >/dev/null 2>&1 </dev/null || printf '[set-up] That failed. Tests use the Chromium that is there.\n'
    fi
    exit 0
fi

by_hand() {
    printf '[set-up] The tests need %s, and %s.\n' "${missing[*]}" "$1" >&2
    printf '[set-up] Install by hand and try again: %s\n' "$2" >&2
    exit 1
}

if ! has_any apt-get; then
    by_hand "this system has no apt-get" "with its own package manager; Chrome does as well as Chromium"
elif [ "$(id -u)" -eq 0 ]; then
    as_root=()
elif has_any sudo && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
    as_root=(sudo)
else
    by_hand "installing them needs root" "sudo apt-get install ${missing[*]}"
fi

printf '[set-up] Installing %s with apt-get …\n' "${missing[*]}"
SECONDS=0
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
choose_chromium() {
    if has_package $SHELL_PACKAGE; then missing=("${missing[@]/%chromium/$SHELL_PACKAGE}"); fi
}
if ! {
    ${as_root[@]+"${as_root[@]}"} apt-get update -q &&
        choose_chromium &&
        ${as_root[@]+"${as_root[@]}"} apt-get install -q -y --no-install-recommends "${missing[@]}"
} >"$log" 2>&1 </dev/null; then
    tail -n 15 "$log" >&2
    by_hand "apt-get failed (above)" "apt-get install ${missing[*]}"
fi
printf '[set-up] Done in %s s.\n' "$SECONDS"
