#!/bin/sh
# Decides whether this server may initialise itself, before it starts. OpenBao
# itself asks nobody: a server with an empty volume and an `initialize` stanza
# begins a cluster of its own, whether there is one or not (openbao/openbao#2274).
#
# Exactly one may: the first, while it is told to, and while no other server is
# there. Where that can't be told for sure, this ends with an error, and Kubernetes
# tries again.
#
#   POD_NAME   name of this pod, openbao-0
#   PEERS      highest number of servers
#   SERVICE    DNS name under which each server has its own
#   OFFERED    file with the stanza; it is there while bastide:openbaoBootstrap is on
#   ACCEPTED   folder that the server reads; empty unless this puts the file there
#   METADATA   URL of GKE's metadata server
set -eu

# What an earlier start of this pod accepted does not count.
rm -f "$ACCEPTED/self-init.json"

say() { echo "gate: $*" >&2; }

# The metadata server answers a new pod only after some seconds, and without it
# there is no unseal key.
waited=0
until wget -q -T 2 -O /dev/null --header 'Metadata-Flavor: Google' "$METADATA"; do
	waited=$((waited + 1))
	if [ "$waited" -ge 30 ]; then
		say "the metadata server does not answer; NetworkPolicy or Workload Identity keeps this pod from it"
		exit 1
	fi
	sleep 1
done

if [ ! -f "$OFFERED" ]; then
	say "self-initialisation is off"
	exit 0
fi
if [ "${POD_NAME##*-}" != 0 ]; then
	say "$POD_NAME joins; only the first server initialises itself"
	exit 0
fi

# A name that does not resolve is a server that is not there, but only if names
# resolve at all: this pod's own does, as soon as the service knows it.
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
	# Its exit code alone does not tell a new server from a sealed one.
	told="$(bao status -format=json -address="https://$name:8200" 2>/dev/null || true)"
	case "$told" in
	*'"initialized": true'*)
		say "$name is initialised, so this server joins it"
		exit 0
		;;
	*'"initialized": false'*) ;; # it is there, and as new as this one
	*)
		say "$name is there but does not tell whether it is initialised"
		exit 1
		;;
	esac
done

cp "$OFFERED" "$ACCEPTED/self-init.json"
say "no server is initialised: this one begins"
