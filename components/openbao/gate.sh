#!/bin/sh
# Decides before a server starts whether it may initialise itself. OpenBao does not check
# for other servers: a server with an empty volume and an `initialize` stanza starts a
# cluster of its own, even if there is one already (openbao/openbao#2274).
#
# Only the first server may, only while bastide:openbaoBootstrap is on, and only while no
# other server is initialised. If that can't be determined, this script fails, and
# Kubernetes runs it again.
#
#   POD_NAME   name of this pod, openbao-0
#   PEERS      highest number of servers
#   SERVICE    domain of the servers' DNS names
#   OFFERED    file with the stanza; it exists while bastide:openbaoBootstrap is on
#   ACCEPTED   directory that the server reads; empty unless this script copies OFFERED there
#   METADATA   URL of GKE's metadata server
set -eu

# Remove what an earlier run in this pod accepted.
rm -f "$ACCEPTED/self-init.json"

say() { echo "gate: $*" >&2; }

# The metadata server answers a new pod only after some seconds. Without it the server
# can't use the unseal key.
waited=0
until wget -q -T 2 -O /dev/null --header 'Metadata-Flavor: Google' "$METADATA"; do
	waited=$((waited + 1))
	if [ "$waited" -ge 30 ]; then
		say "the metadata server does not answer; check this pod's NetworkPolicy and workload identity"
		exit 1
	fi
	sleep 1
done

if [ ! -f "$OFFERED" ]; then
	say "self-initialisation is off"
	exit 0
fi
if [ "${POD_NAME##*-}" != 0 ]; then
	say "$POD_NAME joins the others; only the first server initialises itself"
	exit 0
fi

# A name that does not resolve means that there is no such server, but only if DNS works:
# wait until this pod's own name resolves.
if ! getent hosts "$POD_NAME.$SERVICE" >/dev/null; then
	say "$POD_NAME.$SERVICE does not resolve yet"
	exit 1
fi

peer=1
while [ "$peer" -lt "$PEERS" ]; do
	name="${POD_NAME%-*}-$peer.$SERVICE"
	peer=$((peer + 1))
	if ! getent hosts "$name" >/dev/null; then
		continue
	fi
	# The exit code does not distinguish a new server from a sealed one.
	status="$(bao status -format=json -address="https://$name:8200" 2>/dev/null || true)"
	case "$status" in
	*'"initialized": true'*)
		say "$name is initialised, so this server joins it"
		exit 0
		;;
	*'"initialized": false'*) ;; # as new as this one
	*)
		say "$name exists but does not tell whether it is initialised"
		exit 1
		;;
	esac
done

cp "$OFFERED" "$ACCEPTED/self-init.json"
say "no server is initialised; this one initialises itself"
