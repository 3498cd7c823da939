#!/usr/bin/env bash
# Make the environment .venv-gpaw: peakscape with the extra gpaw, and the setups that core-hole spectra of boron nitride need.
#
#   scripts/install_gpaw.sh [FOLDER]        (FOLDER defaults to .venv-gpaw; PYTHON names the interpreter)
#
# GPAW is built from its source on PyPI, without MPI and for one thread; it needs a C++ compiler, libxc, FFTW and BLAS with
# their headers, which apt provides (run as root or with sudo; skipped where they are there). The setups of the elements come with
# it from PyPI (gpaw-data). Core-hole setups are made here, in FOLDER/share/gpaw-setups, which peakscape.absorption finds by
# itself. About two minutes.
set -euo pipefail

cd "$(dirname "$0")/.."
folder=${1:-.venv-gpaw}
python=${PYTHON:-$(command -v python3.11 || command -v python3)}
gpaw_version=${GPAW_VERSION:->=26.7,<27}

if ! dpkg -s libxc-dev libopenblas-dev libfftw3-dev g++ >/dev/null 2>&1; then
  asroot=$([ "$(id -u)" = 0 ] || echo sudo)
  $asroot apt-get update -qq
  $asroot apt-get install -y -qq --no-install-recommends libxc-dev libopenblas-dev libfftw3-dev g++
fi

test -x "$folder/bin/python" || "$python" -m venv "$folder"
siteconfig=$(mktemp --suffix=.py)
trap 'rm -f "$siteconfig"' EXIT
cat > "$siteconfig" <<'CONFIG'
mpi = False
scalapack = False
fftw = True
compiler = "g++"
libraries = ["xc", "openblas", "fftw3"]
CONFIG
CC=g++ GPAW_CONFIG=$siteconfig "$folder/bin/pip" install --quiet --disable-pip-version-check "gpaw$gpaw_version"
"$folder/bin/pip" install --quiet --disable-pip-version-check --constraint constraints.txt --editable . pytest pytest-timeout hypothesis

setups=$folder/share/gpaw-setups
mkdir -p "$setups"
programs=$(cd "$folder/bin" && pwd)
for element in B N; do
  test -e "$setups/$element.fch1s.PBE" && continue
  # it writes into the current folder
  (cd "$setups" && "$programs/gpaw-setup" -f PBE "$element" --name fch1s --core-hole=1s,1.0 >"$element.log" 2>&1)
done
ls "$setups"
"$folder/bin/python" -c "import gpaw, peakscape; print('gpaw', gpaw.__version__, 'in $folder')"
