# Estimates the jobs of $JOBS against the base branch: the table in $RUNNER_TEMP, the summary and the outputs.
set -euo pipefail
table="$RUNNER_TEMP/greentrain.md"
base="$RUNNER_TEMP/greentrain-base.${JOBS##*.}"
options=(--format markdown)
if [ -n "${GITHUB_BASE_REF:-}" ] && git fetch --quiet --depth=1 origin "$GITHUB_BASE_REF" &&
    git show "FETCH_HEAD:$JOBS" > "$base" 2> /dev/null; then
    options+=(--base "$base")
fi
if [ -n "$MAX_KG" ]; then options+=(--max-kg "$MAX_KG"); fi
if [ -n "$MAX_KWH" ]; then options+=(--max-kwh "$MAX_KWH"); fi
if [ -n "$MAX_KG$MAX_KWH" ]; then options+=(--at "$AT"); fi
code=0
greentrain jobs "$JOBS" "${options[@]}" > "$table" 2> "$RUNNER_TEMP/greentrain.err" || code=$?
cat "$RUNNER_TEMP/greentrain.err" >&2
if [ -s "$RUNNER_TEMP/greentrain.err" ]; then
    printf '\n```\n%s\n```\n' "$(cat "$RUNNER_TEMP/greentrain.err")" >> "$table"
fi
cat "$table" >> "$GITHUB_STEP_SUMMARY"
mark="greentrain-$RANDOM$RANDOM$RANDOM"
{
    echo "code=$code"
    echo "table<<$mark"
    cat "$table"
    echo "$mark"
} >> "$GITHUB_OUTPUT"
