#!/bin/sh
# A command that writes bytes of all kinds to both streams, and ends as it is told: wrapped.sh WAY
printf 'first\n\000\377\033[31m last without an end'
printf 'to stderr\n' >&2
case "$1" in
    code) exit "$2" ;;
    signal) kill -s "$2" $$ ;;
    input) cat ;;
    wait) printf '\nready\n'; exec sleep 30 ;;
    trap) trap 'printf "caught\n"; exit 5' TERM INT HUP USR1; printf '\nready\n'; while :; do sleep 0.05; done ;;
    children) sleep 30 & printf '\nready\n'; wait ;;
esac
