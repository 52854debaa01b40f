#!/bin/bash
# Prolog of a node: reads the power of the job's GPUs while it runs; of all of the node where Slurm names none.
folder=${POWER_FOLDER:-/var/log/power}
mkdir -p "$folder"
nvidia-smi ${SLURM_JOB_GPUS:+-i "$SLURM_JOB_GPUS"} --query-gpu=timestamp,index,uuid,name,power.draw --format=csv -l 5 \
  > "$folder/$SLURM_JOB_ID.csv" 2> /dev/null &
echo $! > "$folder/$SLURM_JOB_ID.pid"
