#!/usr/bin/env bash
# make run: the plugin on a simulated tenant, or with a configuration of yours.
#
#   tests/run.sh          a simulated tenant on a free port of this machine
#   tests/run.sh CONF     that configuration, without simulator
#
# Needs what `make build` makes. Both programs run in sessions of their own, so
# that Ctrl-C reaches only this script, which ends them one after the other.
set -euo pipefail
top=$(cd "$(dirname "$0")/.." && pwd)
conf=${1:-}
host='' host_pid='' simulator_pid='' dir=''

say() { echo "make run: $*" >&2; }
die() {
	say "$*"
	exit 1
}

# choose_host picks the program that loads the plugin, and says which.
choose_host() {
	if [ -n "${FLUENT_BIT:-}" ]; then
		host=$(command -v "$FLUENT_BIT") || die "FLUENT_BIT is $FLUENT_BIT, which is no program"
		if [ "$(basename "$host")" = host ]; then
			say "in the test host, $host (by \$FLUENT_BIT)"
		else
			say "in Fluent Bit, $host (by \$FLUENT_BIT)"
		fi
	elif host=$(command -v fluent-bit); then
		say "in Fluent Bit, $host (on the PATH)"
	elif [ -x /opt/fluent-bit/bin/fluent-bit ]; then
		host=/opt/fluent-bit/bin/fluent-bit
		say "in Fluent Bit, $host"
	else
		host=$top/bin/host
		say "there is no Fluent Bit in \$FLUENT_BIT, the PATH or /opt/fluent-bit: in the test host, $host"
		case $conf in
		*.yaml | *.yml) die "the test host reads the classic format only, and $conf is YAML" ;;
		esac
	fi
}

# end_group stops a session with SIGTERM and waits for it; what bash has to say
# about it goes nowhere. Another Ctrl-C kills it.
end_group() {
	local pid=$1
	[ -n "$pid" ] || return 0
	trap 'kill -KILL -- "-$pid" 2>/dev/null || true' INT
	kill -TERM -- "-$pid" 2>/dev/null || true
	while kill -0 "$pid" 2>/dev/null; do
		wait "$pid" 2>/dev/null || true
	done
}

clean_up() {
	trap '' TERM HUP # they may come twice, from the terminal and from make
	end_group "$host_pid"
	end_group "$simulator_pid"
	[ -z "$dir" ] || rm -rf "$dir"
}

# simulate starts the simulator, with a little content and a little more every
# few seconds, and writes a configuration for it.
simulate() {
	local tenant_id=11111111-2222-3333-4444-555555555555 client_id=66666666-7777-8888-9999-aaaaaaaaaaaa client_secret=made~up.secret
	local tries=300 url # of 0.1 s each
	setsid "$top/bin/o365sim" --listen 127.0.0.1:0 --ca-out "$dir/ca.pem" --ready-file "$dir/url" \
		--tenant "$tenant_id" --client-id "$client_id" --client-secret "$client_secret" \
		--blobs 2 --records 5 --rate 12 </dev/null >"$dir/log" 2>&1 &
	simulator_pid=$!
	until [ -s "$dir/url" ]; do
		if ! kill -0 "$simulator_pid" 2>/dev/null || ((--tries == 0)); then
			cat "$dir/log" >&2
			die 'the simulator did not start'
		fi
		sleep 0.1
	done
	url=$(<"$dir/url")
	say "a simulated tenant answers at $url; records come at once, and new ones every minute"
	conf=$dir/fluent-bit.conf
	cat >"$conf" <<-END
		[SERVICE]
		    Flush          1
		    Grace          1
		    storage.path   $dir/storage
		    storage.sync   full
		[INPUT]
		    Name           office365
		    Tag            office365
		    storage.type   filesystem
		    tenant_id      $tenant_id
		    client_id      $client_id
		    client_secret  $client_secret
		    tenant_name    simulated
		    authority      $url
		    api_url        $url
		    ca_file        $dir/ca.pem
		    db             $dir/office365.db
		    start_from     earliest
		    interval       1m
		[OUTPUT]
		    Name           stdout
		    Match          *
		    Format         json_lines
		    Retry_Limit    no_limits
	END
}

run_host() {
	local load=(-e "$top/bin/in_office365.so")
	if grep -qiE '^[[:space:]]*(-[[:space:]]*)?(plugins_file|plugins:|[^#]*in_office365\.so)' "$conf"; then
		say "$conf loads plugins itself; in_office365.so is not loaded from bin/"
		load=()
	fi
	setsid "$host" "${load[@]}" -c "$conf" </dev/null &
	host_pid=$!
	wait "$host_pid"
}

trap clean_up EXIT
trap 'exit 0' INT TERM HUP
choose_host
if [ -z "$conf" ]; then
	dir=$(mktemp -d)
	simulate
fi
[ -r "$conf" ] || die "$conf cannot be read"
say 'Ctrl-C ends it'
run_host
