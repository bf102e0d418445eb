# shellcheck shell=sh
# Source this to use the pinned Pulumi in this shell:   . tools/env.sh
#
# bash and zsh find the checkout from any directory; a plain sh has to stand in
# its root. It makes the toolchain if need be (see tools/toolchain) and changes
# PATH; of Pulumi's own variables it sets only those that you have not set.
# State (a file backend, its passphrase, a Pulumi home) is kept in
# ${TESTUDO_STATE:-${XDG_STATE_HOME:-~/.local/state}/testudo}.

_testudo_env() {
    _testudo_toolchain=$("$_testudo_root/tools/toolchain") || return 1
    _testudo_state=${TESTUDO_STATE:-${XDG_STATE_HOME:-$HOME/.local/state}/testudo}
    read -r _testudo_way <"$_testudo_toolchain/way" || return 1
    (umask 077 && mkdir -p "$_testudo_state") || return 1

    _testudo_path "$_testudo_root/node_modules/@pulumi/pulumi/dist"
    _testudo_path "$_testudo_toolchain/bin"
    _testudo_home || return 1
    _testudo_backend || return 1
    export PULUMI_SKIP_UPDATE_CHECK="${PULUMI_SKIP_UPDATE_CHECK:-true}"
    # Types are checked by `npm test`; checking them again in each run costs two seconds of processor.
    export PULUMI_NODEJS_TRANSPILE_ONLY="${PULUMI_NODEJS_TRANSPILE_ONLY:-true}"
    if [ "$_testudo_way" = built ]; then
        # Where they were built, they could not be downloaded.
        export PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION="${PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION:-true}"
    fi
}

# Puts a directory first on PATH, unless it is there already.
_testudo_path() {
    case :$PATH: in
        "$1":* | *:"$1":*) ;;
        *) export PATH="$1:$PATH" ;;
    esac
}

# A Pulumi home of our own gets the plugins. One that you have set is left as it
# is: plugins that it lacks are found on PATH, with a warning from Pulumi.
_testudo_home() {
    if [ "${PULUMI_HOME:=$_testudo_state/pulumi-home}" = "$_testudo_state/pulumi-home" ]; then
        export PULUMI_HOME
        "$_testudo_root/tools/toolchain" link-plugins "$PULUMI_HOME" >/dev/null
        return
    fi
    for _testudo_plugin in "$_testudo_toolchain"/plugins/*; do
        [ -d "$PULUMI_HOME/plugins/${_testudo_plugin##*/}" ] || _testudo_path "$_testudo_plugin"
    done
}

# Without a backend of yours: a file backend, and a random passphrase for the
# secrets of that and other file backends. A backend shared with others wants one
# that you share with them.
_testudo_backend() {
    if [ -z "${PULUMI_BACKEND_URL:-}" ] && [ -z "${PULUMI_ACCESS_TOKEN:-}" ]; then
        export PULUMI_BACKEND_URL="file://$_testudo_state/backend"
    fi
    # The directory that a file backend needs, ours only: a typing error in yours should fail.
    [ "${PULUMI_BACKEND_URL:-}" != "file://$_testudo_state/backend" ] || mkdir -p "$_testudo_state/backend" || return 1

    case ${PULUMI_BACKEND_URL:-} in
        file://*) ;;
        *) return 0 ;;
    esac
    # The variables may be set and empty: that is a passphrase, too.
    [ -z "${PULUMI_CONFIG_PASSPHRASE+set}${PULUMI_CONFIG_PASSPHRASE_FILE+set}" ] || return 0
    _testudo_passphrase=$_testudo_state/passphrase
    if ! [ -s "$_testudo_passphrase" ]; then
        # Of two shells that make one at once, ln lets the first win.
        (umask 077 && head -c 32 /dev/urandom | base64 >"$_testudo_passphrase.$$") || return 1
        ln "$_testudo_passphrase.$$" "$_testudo_passphrase" 2>/dev/null || [ -s "$_testudo_passphrase" ] || return 1
        rm -f "$_testudo_passphrase.$$"
    fi
    export PULUMI_CONFIG_PASSPHRASE_FILE="$_testudo_passphrase"
}

if [ -n "${BASH_VERSION:-}" ]; then
    # In bash the name without an index is this file.
    # shellcheck disable=SC2128,SC3028
    _testudo_root=$(cd "$(dirname "$BASH_SOURCE")/.." && pwd)
elif [ -n "${ZSH_VERSION:-}" ]; then
    _testudo_root=$(eval 'cd "${${(%):-%x}:A:h}/.." && pwd')
else
    _testudo_root=$PWD
fi

if ! [ -x "$_testudo_root/tools/toolchain" ]; then
    echo "tools/env.sh: source it from the root of the checkout; there is no $_testudo_root/tools/toolchain" >&2
    _testudo_status=1
elif _testudo_env; then
    _testudo_status=0
else
    echo "tools/env.sh: the Pulumi environment is not set up; the lines above say why" >&2
    _testudo_status=1
fi

unset -f _testudo_env _testudo_path _testudo_home _testudo_backend
unset _testudo_root _testudo_toolchain _testudo_state _testudo_way _testudo_plugin _testudo_passphrase
# The status of the last command is that of sourcing; the variable stays.
[ "$_testudo_status" = 0 ]
