#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# release.sh SOURCE VERSION PYTHON: a release without programs, made twice, has the same bytes, the sums that it says, and
# an SBOM to which its check says yes; the check says no to one that lacks what the specification requires.
set -eu
source=$1
version=$2
python=$3
if [ ! -e "$source/.git" ] || ! command -v git >/dev/null || [ -z "$python" ]; then
  echo "Skipped: this is no clone, or there is no git or Python"
  exit 77
fi
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
fail() {
  echo "$*" >&2
  exit 1
}

sh "$source/cmake/packaging/release.sh" --check "$scratch/release" none >"$scratch/log" 2>&1 || {
  cat "$scratch/log" >&2
  exit 1
}

# An archive that cannot be made is no release.
mkdir "$scratch/bin"
cat >"$scratch/bin/tar" <<TAR
#!/bin/sh
case "\$*" in *--sort=name*) exit 2 ;; esac
exec $(command -v tar) "\$@"
TAR
chmod +x "$scratch/bin/tar"
if PATH=$scratch/bin:$PATH sh "$source/cmake/packaging/release.sh" "$scratch/broken" none >"$scratch/log" 2>&1; then
  fail "a release without its archive"
fi

cd "$scratch/release"
sha256sum --check --quiet SHA256SUMS
[ "$(wc -l <SHA256SUMS)" -eq 4 ] || fail "not four files: $(cat SHA256SUMS)"

archive=secure_tunneling-$version.tar.gz
tar -tzf "$archive" | sed "s|^secure_tunneling-$version/||; /\/\$/d; /^\$/d" | LC_ALL=C sort >"$scratch/found"
git -C "$source" ls-tree -r --name-only HEAD | LC_ALL=C sort >"$scratch/wanted"
diff -u "$scratch/wanted" "$scratch/found"
tar --numeric-owner -tvzf "$archive" | awk '$2 != "0/0"' | grep . && fail "files of others than root"
[ "$(tar --full-time -tvzf "$archive" | awk '{ print $4, $5 }' | sort -u | wc -l)" -eq 1 ] || fail "different times"
grep -q '^#define SECURE_TUNNELING_VERSION ' secure_tunneling_core.hpp || fail "the single file has no version"

check="$source/cmake/packaging/sbom.py"
sbom=secure_tunneling-$version.spdx.json
"$python" "$check" check "$sbom"
# Each with a piece of a member that goes, and what the check then names.
for mutation in spdxVersion documentNamespace SHA1 DESCRIBES downloadLocation fileName Tool: created; do
  sed "s/$mutation/lacking/" "$sbom" >"$scratch/broken.json"
  if "$python" "$check" check "$scratch/broken.json" 2>"$scratch/said"; then
    fail "an SBOM without $mutation is let pass"
  fi
  [ -s "$scratch/said" ] || fail "nothing is said about $mutation"
done
