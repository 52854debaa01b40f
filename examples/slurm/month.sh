#!/bin/bash
# For a crontab, every night: the jobs of the last three days; what is known already adds nothing.
set -euo pipefail
fields=JobID,JobIDRaw,JobName,User,Account,Cluster,Partition,State,Start,End,ElapsedRaw,NNodes,NCPUS,AllocTRES,ConsumedEnergyRaw,NodeList
file=$(mktemp)
TZ=UTC sacct --allusers --allocations --parsable2 --noconvert --starttime now-3days --format="$fields" > "$file"
greentrain import "$file" --location "${SITE_LOCATION:-FR}"
rm "$file"
