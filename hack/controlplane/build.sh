#!/usr/bin/env bash
# Puts etcd, kube-apiserver and kubectl into bin/k8s, for `tribune up`, the tests and the benchmarks.
#
#   1. from $KUBEBUILDER_ASSETS, if it is set and has all three;
#   2. else downloaded by setup-envtest, if its index answers within seconds;
#   3. else built from Go modules, which needs nothing but Go and takes minutes, once.
#
# The versions are those of go.mod beside this script. A second call finds the work done and says
# nothing. CONTROLPLANE_SOURCE=assets|download|modules tries that one way alone; CONTROLPLANE_INDEX is
# the address of another index for setup-envtest.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
target=${CONTROLPLANE_DIR:-$root/bin/k8s}
source=${CONTROLPLANE_SOURCE:-any}
go=${GO:-go}
index_timeout=10     # seconds that setup-envtest's index has to answer
download_timeout=300 # seconds that its download may take
say() { echo "controlplane: $*"; }

version_of() { # the version that go.mod requires of a module
	awk -v module="$1" '$1 == "require" { $1 = ""; $0 = $0 } $1 == module && $2 ~ /^v/ { print $2; exit }' "$here/go.mod"
}

kubernetes=$(version_of k8s.io/kubernetes)
etcd=$(version_of go.etcd.io/etcd/server/v3)
names=(etcd kube-apiserver kubectl)
packages=(go.etcd.io/etcd/server/v3 k8s.io/kubernetes/cmd/kube-apiserver k8s.io/kubernetes/cmd/kubectl)
stamp=$target/.stamp

complete() { # whether a directory has all three programs
	local name
	for name in "${names[@]}"; do
		[[ -f $1/$name && -x $1/$name ]] || return 1
	done
}

# What this script itself made is no source, if the variable names it for the tests.
[[ ${KUBEBUILDER_ASSETS:-} -ef $target ]] && KUBEBUILDER_ASSETS=

# The stamp says what was asked for, so that a change of versions or of the assets is seen.
wanted="kubernetes $kubernetes etcd $etcd"
if [[ $source == assets || ($source == any && -n ${KUBEBUILDER_ASSETS:-}) ]]; then
	wanted="assets ${KUBEBUILDER_ASSETS:-}"
fi
[[ -f $stamp && $(<"$stamp") == "$wanted" ]] && complete "$target" && exit 0

mkdir -p "$target"
work=$(mktemp -d "$target/.work.XXXXXX") # on the same file system, so that a rename is atomic
child=
finish() {
	if [[ -n $child ]]; then
		kill "$child" 2>/dev/null || true
		wait "$child" 2>/dev/null || true
	fi
	rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT TERM

# One call at a time: tests and `make run` in two terminals must not both build for minutes. The
# lock ends with the shell; systems without flock build twice, and the renames still leave no half.
if command -v flock >/dev/null; then
	exec 9>"$target/.lock"
	if ! flock --nonblock 9; then
		say "another call is at work; waiting for it"
		flock 9
	fi
	[[ -f $stamp && $(<"$stamp") == "$wanted" ]] && complete "$target" && exit 0
	find "$target" -maxdepth 1 -name '.work.*' ! -path "$work" -exec rm -rf {} + # of calls that were killed
fi

install_from() { # moves the three programs from $work/out to their places
	local name
	rm -f "$stamp" || return 1
	for name in "${names[@]}"; do
		mv -f "$work/out/$name" "$target/$name" || return 1
	done
	printf '%s\n' "$wanted" >"$work/stamp" && mv -f "$work/stamp" "$stamp" || return 1
	say "ready in $target ($1)"
}

from_assets() {
	local name
	if ! complete "$KUBEBUILDER_ASSETS"; then
		say "KUBEBUILDER_ASSETS=$KUBEBUILDER_ASSETS has not all of: ${names[*]}"
		return 1
	fi
	mkdir "$work/out"
	for name in "${names[@]}"; do
		ln -s "$(cd "$KUBEBUILDER_ASSETS" && pwd)/$name" "$work/out/$name" || return 1
	done
	install_from "links to KUBEBUILDER_ASSETS"
}

# limited SECONDS LOG COMMAND...: the command's status, or 124 when the time is over.
limited() {
	local seconds=$1 log=$2
	shift 2
	"$@" >"$log" 2>&1 9>&- &
	child=$!
	local status=0 begin=$SECONDS
	while kill -0 "$child" 2>/dev/null; do
		if ((SECONDS - begin >= seconds)); then
			kill "$child" 2>/dev/null || true
			status=124
			break
		fi
		sleep 0.2
	done
	wait "$child" || status=$((status ? status : $?))
	child=
	return "$status"
}

from_download() {
	local wants=${kubernetes#v} tool=$work/setup-envtest index=() line found
	[[ -z ${CONTROLPLANE_INDEX:-} ]] || index=(--index "$CONTROLPLANE_INDEX")
	say "asking setup-envtest for Kubernetes $wants (at most ${index_timeout} s)"
	if ! "$go" -C "$root/hack/tools/setup-envtest" build -o "$tool" sigs.k8s.io/controller-runtime/tools/setup-envtest >"$work/log" 2>&1; then
		say "setup-envtest could not be built: $(tail -n 1 "$work/log")"
		return 1
	fi
	if ! limited "$index_timeout" "$work/log" "$tool" list ${index[@]+"${index[@]}"} --os "$("$go" env GOOS)" --arch "$("$go" env GOARCH)" "$wants"; then
		say "its index does not answer from here"
		return 1
	fi
	if ! line=$(grep -m 1 -F "$wants" "$work/log"); then
		say "it does not have $wants"
		return 1
	fi
	say "downloading (at most ${download_timeout} s): $line"
	if ! limited "$download_timeout" "$work/path" "$tool" use ${index[@]+"${index[@]}"} --bin-dir "$work/envtest" -p path "$wants"; then
		say "the download failed: $(tail -n 1 "$work/path")"
		return 1
	fi
	found=$(tail -n 1 "$work/path")
	if ! complete "$found"; then
		say "the download has not all of: ${names[*]}"
		return 1
	fi
	mv "$found" "$work/out"
	chmod -R u+w "$work/out"
	install_from "downloaded by setup-envtest"
}

from_modules() {
	local i minor flags="" package pair begin next
	minor=${kubernetes#v1.}
	minor=${minor%%.*}
	for package in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
		for pair in "gitVersion=$kubernetes" gitMajor=1 "gitMinor=$minor" gitTreeState=clean; do
			flags+=" -X $package.$pair"
		done
	done
	say "building etcd $etcd and Kubernetes $kubernetes from Go modules, with $("$go" version | cut -d ' ' -f 3)"
	say "this happens once; with cold caches on two cores it takes about 7 minutes and 4 GB of disk"
	mkdir "$work/out"
	begin=$SECONDS
	for i in "${!names[@]}"; do
		say "building ${names[i]} ($((i + 1)) of ${#names[@]}, $((SECONDS - begin)) s)"
		CGO_ENABLED=0 GOFLAGS=${GOFLAGS:-} "$go" -C "$here" build -trimpath -ldflags "-s -w$flags" \
			-o "$work/out/${names[i]}" "${packages[i]}" >"$work/log" 2>&1 9>&- &
		child=$!
		next=$((SECONDS + 30))
		while kill -0 "$child" 2>/dev/null; do
			if ((SECONDS >= next)); then
				say "building ${names[i]}: $((SECONDS - begin)) s"
				next=$((SECONDS + 30))
			fi
			sleep 0.5
		done
		if ! wait "$child"; then
			child=
			cat "$work/log" >&2
			say "building ${names[i]} failed; its output is above" >&2
			return 1
		fi
		child=
	done
	install_from "built from Go modules in $((SECONDS - begin)) s"
}

case $source in
any)
	if [[ -n ${KUBEBUILDER_ASSETS:-} ]]; then
		from_assets && exit 0
		wanted="kubernetes $kubernetes etcd $etcd"
		[[ -f $stamp && $(<"$stamp") == "$wanted" ]] && complete "$target" && exit 0
	fi
	from_download || from_modules
	;;
assets)
	: "${KUBEBUILDER_ASSETS:?must name the directory of the programs}"
	from_assets
	;;
download) from_download ;;
modules) from_modules ;;
*)
	say "CONTROLPLANE_SOURCE=$source is not one of: any, assets, download, modules" >&2
	exit 2
	;;
esac
