# What the recipes share; sourced with $cache set. A recipe runs alone: two of them started at once must not make the same
# thing twice.
mkdir -p "$cache/stamps" "$cache/bin"
exec 9>"$cache/lock"
flock 9

say() { printf 'install: %s\n' "$*"; }

# done_already ITEM VERSION: whether this version of the item has been made here.
done_already() {
    if [ "$(cat "$cache/stamps/$1" 2>/dev/null || true)" = "$2" ]; then
        say "$1 $2 is there"
    else
        say "$1 $2 …"
        return 1
    fi
}
stamp() { printf '%s\n' "$2" >"$cache/stamps/$1"; }

# install_items ITEM...: runs the recipe of each.
install_items() {
    local item
    for item in "$@"; do
        declare -F "install_$item" >/dev/null || { echo "install.sh: no such item: $item" >&2; exit 2; }
        "install_$item"
    done
    say "everything is in $cache"
}
