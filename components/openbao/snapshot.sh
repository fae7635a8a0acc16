#!/bin/sh
# Takes a snapshot with a token that is revoked when this script ends.
#
#   TOKEN    file with the pod's service account token
#   ROLE     role of the Kubernetes auth method
#   FOLDER   directory of the snapshot, which is named after the time
set -eu
umask 077

# Neither token is passed as an argument, which other processes could read.
BAO_TOKEN="$(bao write -field=token auth/kubernetes/login role="$ROLE" jwt="@$TOKEN")"
export BAO_TOKEN
trap 'bao token revoke -self >/dev/null || true' EXIT

# Only a complete snapshot gets the name that is uploaded.
bao operator raft snapshot save "$FOLDER/partial"
mv "$FOLDER/partial" "$FOLDER/openbao-$(date -u +%Y-%m-%dT%H-%M-%SZ).snap"
