# Finds a compiler of another version, for `.ci/run msrv`: a rustup toolchain, or Debian's, unpacked below target/.
# Sourced by .ci/run, whose say, has, apt_get and TARGET it uses.

# Sets RUST to the words that, put before a command, run it with this version of Rust.
find_rust() {
    local msrv=$1 toolchain root=$TARGET/msrv/toolchain
    RUST=(env CARGO_TARGET_DIR="$TARGET/msrv")
    toolchain=$(rustup toolchain list 2>/dev/null | grep -oE "^${msrv//./\\.}(\.[0-9]+)?-[^ ]+" | head -n 1) || true
    if [[ -n $toolchain ]]; then
        RUST+=(RUSTUP_TOOLCHAIN="$toolchain")
        return
    fi
    unpack_debian_rust "$msrv" "$root" || return 1
    local libraries
    libraries=$(find "$root" -name '*.so*' -printf '%h\n' | sort -u | paste -sd :)
    RUST+=(PATH="$root/usr/bin:$PATH" LD_LIBRARY_PATH="$libraries")
}

# Debian keeps the compilers of its browsers beside its own, as rustc-web. Unpacked, not installed: the machine's Rust
# stays what it is. apt-get picks the libraries that this machine lacks as well.
unpack_debian_rust() {
    local msrv=$1 root=$2 archives=$2.debs version
    [[ -x $root/usr/bin/cargo ]] && return
    has apt-get && has dpkg || return 1
    version=$(debian_version "$msrv")
    if [[ -z $version ]]; then
        apt_get update || say "apt-get update failed"
        version=$(debian_version "$msrv")
    fi
    [[ -n $version ]] || return 1
    say "downloading rustc-web $version"
    rm -rf "$archives" "$root.part"
    mkdir -p "$archives/partial" "$root.part" || return 1
    apt_get install --download-only --reinstall --allow-downgrades --yes --no-install-recommends \
        -o Dir::Cache::archives="$archives" -o APT::Sandbox::User=root \
        "rustc-web=$version" "cargo-web=$version" "libstd-rust-web-dev=$version" "libstd-rust-web-$msrv=$version" ||
        return 1
    local package
    for package in "$archives"/*.deb; do
        dpkg -x "$package" "$root.part" || return 1
    done
    rm -rf "$archives" "$root" && mv "$root.part" "$root"
}

# debian_version 1.85: the newest version of the package that is of this release of Rust.
debian_version() {
    apt-cache madison rustc-web 2>/dev/null | awk -F ' *[|] *' -v prefix="$1." 'index($2, prefix) == 1 { print $2; exit }'
}
