#!/bin/bash
#SBATCH --job-name=bert
#SBATCH --gres=gpu:a100:4
#SBATCH --time=24:00:00
# One run of the history, called by the job; `srun` in front of greentrain makes it one of several nodes too.
export GREENTRAIN_HOME=${GREENTRAIN_HOME:-$HOME/greentrain}
greentrain track --name "${SLURM_JOB_NAME:-bert}" --location FR -- ${TRAIN:-python train.py}
