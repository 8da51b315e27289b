# SPDX-License-Identifier: Apache-2.0
# Sourced by the scripts that are to work on a fresh Debian: installs what is missing, and nothing else. Debian starts the
# services of packages when they are installed; here they are only programs to run by hand, so that is kept from happening.

packages_build="cmake ninja-build gcc libc6-dev libssl-dev libpcre2-dev libmaxminddb-dev libcjson-dev libcrypt-dev libnghttp2-dev libyaml-dev pkg-config"
packages_run="python3 openssl curl nginx"
packages_test="rsyslog rsyslog-gnutls clang libclang-rt-14-dev llvm libcmocka-dev python3-pytest python3-pytest-xdist python3-jsonschema
               nghttp2-client python3-h2 python3-websockets python3-grpcio python3-protobuf chromium clang-tidy clang-format cppcheck util-linux procps
               modsecurity-crs prometheus"
packages_bench="haproxy wrk nghttp2-client libnginx-mod-http-modsecurity modsecurity-crs valgrind"

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

is_installed() {
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# install_missing PACKAGE...
install_missing() {
    local missing=() name policy=/usr/sbin/policy-rc.d made=no result
    for name in "$@"; do
        is_installed "$name" || missing+=("$name")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    echo "installing: ${missing[*]}"
    if [ ! -e "$policy" ]; then
        printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null && as_root chmod 755 "$policy" && made=yes
    fi
    as_root apt-get -q update >/dev/null &&
        as_root env DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends "${missing[@]}" >/dev/null
    result=$?
    [ "$made" = no ] || as_root rm -f "$policy"
    [ $result = 0 ] || echo "could not install: ${missing[*]}" >&2
    return $result
}
