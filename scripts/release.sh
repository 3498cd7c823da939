#!/usr/bin/env bash
# Build a release and tag it, or stop at the first thing that is wrong.   scripts/release.sh 0.2.0
set -euo pipefail
cd "$(dirname "$0")/.."
version=${1:?which version? scripts/release.sh 0.2.0}
stop() { echo "release.sh: $1" >&2; exit 1; }

[[ $version =~ ^[0-9]+\.[0-9]+\.[0-9]+$ ]] || stop "expected a version such as 0.2.0, got $version"
[[ -z $(git status --porcelain) ]] || stop "the checkout has changes; commit or stash them"
git rev-parse -q --verify "refs/tags/v$version" >/dev/null && stop "the tag v$version exists already"
grep -qx "version = \"$version\"" pyproject.toml || stop "pyproject.toml has another version"
grep -qx "version: $version" CITATION.cff || stop "CITATION.cff has another version"
grep -qx "  version: $version" packaging/recipe.yaml || stop "packaging/recipe.yaml has another version"
grep -q "^## $version" CHANGELOG.md || stop "CHANGELOG.md has no part for $version"
[[ -z $(sed -n '/^## Unreleased/,/^## [0-9]/p' CHANGELOG.md | grep '^- ' || true) ]] || stop "CHANGELOG.md still lists unreleased changes"

make test docs
rm -rf dist
.venv/bin/python -m hatchling build -d dist
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/pip" install --quiet --only-binary=:all: dist/*.whl
(cd "$place" && venv/bin/peakscape demo-data data && venv/bin/peakscape fit data/fapbi3-mapbbr3 --label x \
  --pattern 'x([0-9.]+)\.xy' --wavelength 1.5406 -o series.space)
[[ $("$place/venv/bin/peakscape" --version) == "peakscape $version" ]] || stop "the built program tells another version"
git tag -a "v$version" -m "peakscape $version"
echo "built, tested and tagged: dist/*, v$version; now: git push origin v$version, and upload dist/*"
