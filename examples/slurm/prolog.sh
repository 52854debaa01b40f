#!/bin/bash
# Prolog of a node: reads the power of its GPUs while the job runs.
folder=${POWER_FOLDER:-/var/log/power}
mkdir -p "$folder"
nvidia-smi --query-gpu=timestamp,index,uuid,name,power.draw --format=csv -l 5 > "$folder/$SLURM_JOB_ID.csv" 2> /dev/null &
echo $! > "$folder/$SLURM_JOB_ID.pid"
