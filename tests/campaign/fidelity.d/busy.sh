# shellcheck shell=bash disable=SC2034,SC2154
# Servers that are written to: points in time, opened one after the other, each checked through all of
# its sessions; and whole rounds of extracting and restoring, each checked by the same question.

# Each pauses for two milliseconds after a transaction, or it would be the only one that gets to work
# where all share two processors.
writers=3 readers=5

# Lets the source be written to by so many clients, in the background: `busy_pids` are theirs.
write_busily() {
    case $1 in
        postgres*) sql "$1" source -o /dev/null -f "$here/busy-postgres.sql" ;;
        *) sql "$1" source <"$here/busy-mysql.sql" ;;
    esac
    start_writers "$1"
}

write_again() {
    case $1 in
        postgres*) sql "$1" source -o /dev/null -d busy -c 'CREATE TABLE running ()' ;;
        *) sql "$1" source <<<'INSERT INTO busy.running VALUES (1)' ;;
    esac
    start_writers "$1"
}

start_writers() {
    local name=$1 number
    busy_pids=()
    for ((number = 1; number <= writers; number++)); do
        case $name in
            postgres*) sql "$name" source -d busy -c "SELECT setseed(1.0 / ($seed + $number))" -c "CALL write_on($number)" ;;
            *) sql "$name" source busy <<<"SET rand_seed1 = $((seed * 7919 + number)), rand_seed2 = $((seed * 104729 + number * 31)); CALL write_on($number)" ;;
        esac >"$work/writer.$number.log" 2>&1 &
        busy_pids+=($!)
    done
}

written() {
    case $1 in
        postgres*) sql "$1" source -At -d busy -c 'SELECT sum(number) FROM writers' ;;
        *) sql "$1" source <<<'SELECT SUM(number) FROM busy.writers' ;;
    esac
}

stop_writing() {
    case $1 in
        postgres*) sql "$1" source -d busy -c 'DROP TABLE running' ;;
        *) sql "$1" source <<<'DELETE FROM busy.running' ;;
    esac
    wait "${busy_pids[@]}"
}

query_of() {
    case $1 in postgres*) echo "$here/whole-postgres.sql" ;; *) echo "$here/whole-mysql.sql" ;; esac
}

# open_points NAME COUNT SESSIONS: by several readers at once. All are whole, few are of one session
# alone (where the locks could not be had in time), and the state was another most of the times, as it must be of a server that is written to.
open_points() {
    local engine folder=$work/$1-source number status=0 before pids=() pid
    engine=$(engine_of "$1")
    before=$(written "$1")
    for ((number = 1; number <= readers; number++)); do
        "$build/tests/points" "$engine" "$(cat "$folder/port")" "$(user_of "$1")" "$folder/secret" busy \
            "$(query_of "$1")" $((($2 + readers - 1) / readers)) "$3" "$seconds" >"$work/points.$1.$number" &
        pids+=($!)
    done
    for pid in "${pids[@]}"; do wait "$pid" || status=$?; done
    cat "$work/points.$1".*
    echo "$(($(written "$1") - before)) transactions meanwhile" | tee "$work/points.$1"
    tail -qn 1 "$work/points.$1".* | sort | uniq -c | sort -rn >>"$work/points.$1"
    [ $status = 0 ]
    sum_of "$1" points >"$work/points.done"
    [ "$(sum_of "$1" torn)" = 0 ] && [ "$(sum_of "$1" alone)" -le $(($(sum_of "$1" points) / 10)) ] &&
        [ "$(sum_of "$1" states)" -ge $(($(sum_of "$1" points) / 2)) ]
}

# sum_of NAME KEY: over all readers.
sum_of() {
    cat "$work/points.$1".* | sed -n "s/.*$2=\\([0-9]*\\) .*/\\1/p" | awk '{ n += $1 } END { print n + 0 }'
}

# ask_target NAME: is what was restored whole?
ask_target() {
    case $1 in
        postgres*) sql "$1" target -At -F $'\t' -d busy -f "$(query_of "$1")" ;;
        *) sql "$1" target <"$(query_of "$1")" ;;
    esac
}

# The restore has counted rows against the manifest already, or failed.
round() {
    local name=$1 answer
    night "$name-busy"
    case $name in
        postgres*) sql "$name" target -c 'DROP DATABASE IF EXISTS busy' ;;
        *) sql "$name" target <<<'DROP DATABASE IF EXISTS busy' ;;
    esac
    restore "$name-busy" "$name" target
    answer=$(ask_target "$name")
    echo "$answer"
    [[ $answer == *$'\t'whole ]]
    # What is there is what this round read.
    [ "$answer" != "$(cat "$work/answer.$name" 2>/dev/null)" ]
    echo "$answer" >"$work/answer.$name"
}

# Only the busy database is there: what was there for other parts is gone. The short form goes on with
# the servers that points were opened of.
begin_busy() {
    if [ -n "$is_short" ] && [ -e "$work/points.$1" ]; then
        write_again "$1"
        return
    fi
    stop_server "$1" source
    stop_server "$1" target
    start_pair "$1" || fail "$1 does not start"
    write_busily "$1"
}

# What was not done in the time is told and counted, once.
tell_missing() {
    [ "$2" -lt "$3" ] || return 0
    not_run=$((not_run + 1))
    echo "not run: $(($3 - $2)) of $3 $4 of $1, $seconds s were over"
}

try_points() {
    local name count
    for name in "${present[@]}"; do
        begin_busy "$name"
        echo 0 >"$work/points.done"
        attempt "$name: points under writes, 4 sessions each" open_points "$name" "$points" 4
        count=$(cat "$work/points.done")
        points_tried=$((points_tried + count))
        sed 's/^/    /' "$work/points.$name"
        tell_missing "$name" "$count" "$points" points
        stop_writing "$name"
    done
}

try_rounds() {
    local name number until
    for name in "${present[@]}"; do
        begin_busy "$name"
        write_night "$name-busy" "$work/$name-source" "$(engine_of "$name")" "$(user_of "$name")" \
            "connections: 4, range_size: 64KiB"
        until=$((EPOCHSECONDS + seconds))
        for ((number = 1; number <= rounds && EPOCHSECONDS < until; number++)); do
            attempt "$name: round $number of a server under writes" round "$name"
            rounds_tried=$((rounds_tried + 1))
        done
        tell_missing "$name" $((number - 1)) "$rounds" rounds
        stop_writing "$name"
    done
}
