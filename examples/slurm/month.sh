#!/bin/bash
# For a crontab, every night: the jobs of the last three days; what is known already adds nothing.
set -euo pipefail
: "${SITE_LOCATION:?the place of the cluster, such as FR or US-CA}"
fields=JobID,JobIDRaw,JobName,User,Account,Cluster,Partition,State,Start,End,ElapsedRaw,TotalCPU,NNodes,NCPUS,AllocTRES,ConsumedEnergyRaw,NodeList
file=$(mktemp)
TZ=UTC sacct --allusers --allocations --parsable2 --noconvert --starttime now-3days --format="$fields" > "$file"
greentrain import "$file" --location "$SITE_LOCATION"
rm "$file"
