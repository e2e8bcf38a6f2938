#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A real Slurm of one node (munged, slurmctld, slurmd) in build/slurm, on ports of its own and known to
# nobody: a job array sweeps the tiny space in two shards, and the joined result must be the whole one.
# Ends what it started. Not installed, changed or needed anywhere else on the system.
. tests/e2e/lib.sh

room=$(pwd)/build/slurm
space=designs/spaces/tiny.yaml
program=$(cd "$(dirname "$program")" && pwd)/$(basename "$program")
rm -rf "$room"
mkdir -p "$room/state" "$room/spool"
chmod 700 "$room"
PATH=$PATH:/usr/sbin:/sbin
user=$(id -un)
host=$(hostname -s)
# Two ports that nobody listens on.
port=$(python3 -c 'import socket
a, b = socket.socket(), socket.socket()
a.bind(("", 0)); b.bind(("", 0))
print(a.getsockname()[1], b.getsockname()[1])')
# A socket's path is short; the project's folder may not be.
sockets=$(mktemp -d /tmp/tritium-slurm-XXXXXX)
chmod 755 "$sockets"

pids=
finish_all() {
    for pid in $pids; do kill "$pid" 2>/dev/null; done
    for pid in $pids; do
        for _ in $(seq 50); do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done
        kill -9 "$pid" 2>/dev/null
    done
    rm -rf "$sockets"
}
trap finish_all EXIT
trap 'exit 130' INT TERM

cat >"$room/slurm.conf" <<CONF
ClusterName=tritium
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=${port% *}
SlurmdPort=${port#* }
SlurmUser=$user
SlurmdUser=$user
AuthType=auth/munge
AuthInfo=socket=$sockets/munge
CredType=cred/munge
StateSaveLocation=$room/state
SlurmdSpoolDir=$room/spool
SlurmctldPidFile=$room/slurmctld.pid
SlurmdPidFile=$room/slurmd.pid
SlurmctldLogFile=$room/slurmctld.log
SlurmdLogFile=$room/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SchedulerType=sched/builtin
SelectType=select/cons_tres
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
JobCompType=jobcomp/none
MpiDefault=none
SwitchType=switch/none
ReturnToService=2
SlurmdTimeout=60
NodeName=$host NodeAddr=127.0.0.1 CPUs=2 State=UNKNOWN
PartitionName=all Nodes=$host Default=YES MaxTime=10 State=UP
CONF
export SLURM_CONF="$room/slurm.conf"

head -c 1024 /dev/urandom >"$room/munge.key"
chmod 600 "$room/munge.key"
munged --foreground --force --socket="$sockets/munge" --key-file="$room/munge.key" \
    --pid-file="$room/munged.pid" --log-file="$room/munged.log" --seed-file="$room/munged.seed" \
    >"$room/munged.out" 2>&1 &
pids="$pids $!"
for _ in $(seq 50); do [ -S "$sockets/munge" ] && break; sleep 0.1; done
slurmctld -D >"$room/slurmctld.out" 2>&1 &
pids="$pids $!"
sleep 1
slurmd -D -N "$host" >"$room/slurmd.out" 2>&1 &
pids="$pids $!"
state=
for _ in $(seq 150); do
    state=$(sinfo --noheader --format %T 2>/dev/null || true)
    [ "$state" != idle ] || break
    sleep 0.2
done
verdict "one idle node, got '$state'; logs in build/slurm" [ "$state" = idle ]

# The sweeps themselves are quick: no tool is called at this effort.
efforts="--effort model --front-effort model"
export TRITIUM="$program"
# shellcheck disable=SC2086 # $efforts is a list of words
verdict 'the whole sweep' "$program" explore run $space $efforts --cache "$room/cache" \
    -o "$room/whole.jsonl"
# shellcheck disable=SC2086 # $efforts is a list of words
verdict 'the job array ends well' timeout 120 sbatch --wait --array=1-2 --cpus-per-task=1 \
    --output="$room/task-%a.log" tools/explore.sbatch $space "$room/parts" $efforts \
    --cache "$room/cache"
for shard in 1 2; do
    verdict "shard $shard was a task of Slurm's: $(tail -n 3 "$room/task-$shard.log" 2>&1)" \
            grep -q "8 points: 8 done" "$room/task-$shard.log"
done
# One task sent again finds its shard done.
# shellcheck disable=SC2086
SHARDS=2 verdict 'a task sent again' timeout 120 sbatch --wait --array=2 --cpus-per-task=1 \
    --output="$room/again.log" tools/explore.sbatch $space "$room/parts" $efforts \
    --cache "$room/cache"
verdict 'goes on with its shard' grep -q "8 points: 8 done" "$room/again.log"
tritium 0 explore merge "$room"/parts/shard-1.jsonl "$room"/parts/shard-2.jsonl \
    -o "$room/merged.jsonl"
for file in whole merged; do
    sed -E 's/"(sweep_)?seconds":[0-9.e+-]+/"\1seconds":0/g; s/,"command":"[^"]*"//' \
        "$room/$file.jsonl" >"$room/$file.plain"
done
verdict 'byte for byte the same, apart from times and the command line' \
    cmp "$room/whole.plain" "$room/merged.plain"
finish
