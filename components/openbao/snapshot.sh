#!/bin/sh
# Takes a snapshot with a token that lasts no longer than this script.
#
#   TOKEN    file with the pod's service-account token
#   ROLE     role of the Kubernetes auth method
#   FOLDER   where the snapshot goes; its name is the time
set -eu
umask 077

# Neither token is ever an argument, which others could read.
BAO_TOKEN="$(bao write -field=token auth/kubernetes/login role="$ROLE" jwt="@$TOKEN")"
export BAO_TOKEN
trap 'bao token revoke -self >/dev/null || true' EXIT

# The name tells what it is only once it is whole.
bao operator raft snapshot save "$FOLDER/partial"
mv "$FOLDER/partial" "$FOLDER/openbao-$(date -u +%Y-%m-%dT%H-%M-%SZ).snap"
