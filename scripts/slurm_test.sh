#!/usr/bin/env bash
# Run the ways of docs/cluster.md onto a SLURM of one machine, started here and ended here: what they write must have the bits of
# one core.
#
#   scripts/slurm_test.sh                  (PYTHON names an interpreter with peakscape and its extra cluster, .venv/bin/python
#                                          by default; dask-jobqueue is tried where it is installed)
#
# Needs root, and Debian's slurm-wlm and munge (apt-get install slurm-wlm). Touches nothing of /etc: the configuration, the key
# and all that is written lie in a folder of its own, which is removed. About two minutes.
set -euo pipefail

cd "$(dirname "$0")/.."
python=$(realpath -s "${PYTHON:-.venv/bin/python}")
root=$(pwd)
[ "$(id -u)" = 0 ] || { echo "slurm_test.sh: run it as root (slurmd starts jobs for users)" >&2; exit 2; }
for tool in munged slurmctld slurmd sbatch; do
  command -v $tool >/dev/null || { echo "slurm_test.sh: $tool is missing; apt-get install slurm-wlm" >&2; exit 2; }
done

work=$(mktemp -d /tmp/slurm-test.XXXXXX)
chmod 755 "$work"
daemons=()
finish() {
  scancel --full --quiet --user root 2>/dev/null || true
  sleep 2
  for ((at = ${#daemons[@]} - 1; at >= 0; at--)); do kill "${daemons[$at]}" 2>/dev/null || true; done
  wait
  if [ "${KEEP:-}" ]; then echo "kept: $work"; else rm -rf "$work"; fi
}
trap finish EXIT

mkdir -p "$work"/{munge,state,spool,job}
dd if=/dev/urandom of="$work/munge/key" bs=1024 count=1 status=none
chmod 700 "$work/munge"
chmod 400 "$work/munge/key"
munged --foreground --force --key-file="$work/munge/key" --socket="$work/munge.socket" --pid-file="$work/munge/pid" \
  --log-file="$work/munge/log" --seed-file="$work/munge/seed" >"$work/daemons.log" 2>&1 &
daemons+=($!)
host=$(hostname -s)
cores=$(nproc)
cat >"$work/slurm.conf" <<CONF
ClusterName=onebox
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=16817
SlurmdPort=16818
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=$work/munge.socket
StateSaveLocation=$work/state
SlurmdSpoolDir=$work/spool
SlurmctldPidFile=$work/slurmctld.pid
SlurmdPidFile=$work/slurmd.pid
SlurmctldLogFile=$work/slurmctld.log
SlurmdLogFile=$work/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
MpiDefault=none
ReturnToService=2
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
# cores are shared out twice, so that a job of a scheduler and two workers fits a machine of two
NodeName=$host NodeAddr=127.0.0.1 CPUs=$((2 * cores)) State=UNKNOWN
PartitionName=all Nodes=$host Default=YES MaxTime=INFINITE State=UP
SlurmdParameters=config_overrides
CONF
export SLURM_CONF=$work/slurm.conf
for _ in $(seq 20); do [ -S "$work/munge.socket" ] && break; sleep 0.5; done
slurmctld -D -f "$SLURM_CONF" >>"$work/daemons.log" 2>&1 &
daemons+=($!)
slurmd -D -f "$SLURM_CONF" >>"$work/daemons.log" 2>&1 &
daemons+=($!)
for _ in $(seq 60); do sinfo -h -o %T 2>/dev/null | grep -q idle && break; sleep 0.5; done
sinfo

export PYTHONPATH=$root/src OMP_NUM_THREADS=1
peakscape() { "$python" -m peakscape "$@"; }
cd "$work/job"
"$python" - <<'PY'
from ase.build import bulk
bulk("Cu", cubic=True).write("cu.cif")
bulk("Al", cubic=True).write("al.cif")
PY
wave=(--wavelength 1.5406 --two-theta 20:101.9:0.02)
peakscape simulate cu.cif al.cif "${wave[@]}" --variants 2500 --cluster local:1 -o many.zarr
peakscape fit many.zarr --label zero_shift --map pca --landmarks 100 -o many.space >/dev/null
peakscape place many.space many.zarr --only coordinates -o calm.zarr
same() {
  "$python" - "$@" <<'PY'
import sys
import numpy as np, xarray as xr
calm = xr.open_zarr("calm.zarr", consolidated=False, chunks=None).load()
parts = [xr.open_zarr(path, consolidated=False, chunks=None).load() for path in sys.argv[1:]]
got = np.concatenate([part["coordinates"].values for part in parts])
assert np.array_equal(calm["coordinates"].values, got), "other bits"
PY
}

echo "1. a scheduler and its workers as one job"
cat >one.sh <<JOB
#!/bin/bash
#SBATCH --ntasks=3 --cpus-per-task=1 --time=0:10:00
trap 'kill \$(jobs -p)' EXIT
rm -f scheduler.json
"$python" -m dask scheduler --port 0 --no-dashboard --scheduler-file scheduler.json &
while [ ! -f scheduler.json ]; do sleep 0.5; done
srun --ntasks=2 "$python" -m dask worker --nthreads 1 --no-dashboard --scheduler-file scheduler.json --death-timeout 60 &
"$python" -m peakscape place many.space many.zarr --only coordinates --cluster scheduler.json -o places.zarr
JOB
sbatch --wait --output=one.log one.sh || { cat one.log; exit 1; }
same places.zarr
echo "   same bits; workers that the scheduler had: $(grep -c 'Register worker' one.log)"

echo "2. an array of plain jobs, each with a store of its own"
"$python" - <<'PY'
from peakscape import spectra
whole = spectra.open("many.zarr")
for number in range(4):
    spectra.save(whole.isel(sample=slice(number * 1250, number * 1250 + 1250)).load(), f"part-{number}.zarr")
PY
cat >array.sh <<JOB
#!/bin/bash
#SBATCH --array=0-3 --time=0:10:00
"$python" -m peakscape place many.space part-\$SLURM_ARRAY_TASK_ID.zarr --only coordinates -o places-\$SLURM_ARRAY_TASK_ID.zarr
JOB
sbatch --wait --output=array-%a.log array.sh || { cat array-*.log; exit 1; }
same places-{0,1,2,3}.zarr
echo "   same bits"

if "$python" -c "import dask_jobqueue" 2>/dev/null; then
  echo "3. dask-jobqueue"
  "$python" - <<'PY'
from dask_jobqueue import SLURMCluster
from distributed import Client
from peakscape import cluster
with SLURMCluster(cores=1, processes=1, memory="1GB", walltime="00:10:00", job_directives_skip=["--mem"]) as workers:
    workers.scale(jobs=2)
    with Client(workers) as client:
        client.wait_for_workers(2, timeout=90)
        cluster.place("many.space", "many.zarr", "queued.zarr", only="coordinates", client=client)
PY
  same queued.zarr
  echo "   same bits"
else
  echo "3. dask-jobqueue is not installed: left out"
fi
