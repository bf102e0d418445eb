# Sourced by the scripts beside it: the request on standard input, and Incus in the stack's project.
set -euo pipefail

request=$(cat)

# want KEY: one value of the request; empty where it is null or absent.
want() {
    jq -r --arg key "$1" '.[$key] // empty' <<<"$request"
}

remote=$(want remote)
project=$(want project)

fail() {
    printf '%s\n' "$*" >&2
    exit 1
}

# incus reads a definition from standard input where there is one: it gets none, but where a file is pushed.
incus() {
    command incus "$@" </dev/null
}

in_project() {
    incus "$@" --project "$project"
}
