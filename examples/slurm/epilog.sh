#!/bin/bash
# Epilog of a node: ends what the prolog began. `greentrain import /var/log/power` reads the files.
folder=${POWER_FOLDER:-/var/log/power}
if [ -f "$folder/$SLURM_JOB_ID.pid" ]; then
  kill "$(cat "$folder/$SLURM_JOB_ID.pid")"
  rm "$folder/$SLURM_JOB_ID.pid"
fi
