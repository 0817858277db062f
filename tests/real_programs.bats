# Programs as Debian ships them: the same output, nothing lost, and sites where one expects them.

load helpers/common

# Nothing lost, every free known (but for `$2` percent of them), the sums right; `$1` at least so many allocations.
assert_sound() {
	report --top 1000
	assert_json '.health.lost_events == 0 and .health.complete'
	assert_json ".health.unmatched_frees <= .totals.frees * ${2:-0} / 100"
	assert_json ".totals.allocs >= $1"
	assert_json '([.sites[].allocs] | add) == .totals.allocs'
	assert_json '.totals.allocs - .totals.frees == .totals.live_blocks'
}

# Each finding was looked at by hand: in these programs there is nothing to win that could be defended.
assert_nothing_to_win() {
	assert_json '[.findings[] | select(.verdict == "win")] == []'
}

# Part of the allocations of the sites shown (percent) whose stacks have a frame that matches.
assert_share() {
	local share
	share=$(json --arg f "$1" '[.sites[] | select(any(.frames[]; .function + " " + .module | test($f))) | .allocs] | add // 0' )
	share=$((share * 100 / $(json '[.sites[] | select(.frames != []) | .allocs] | add')))
	[ "$share" -ge "$2" ] || { echo "only $share % of the allocations are under $1"; return 1; }
}

@test "real: sqlite3 fills, indexes and queries a table" {
	need sqlite3
	cat > "$BATS_TEST_TMPDIR/script.sql" <<-'SQL'
		create table t(id integer primary key, name text, n real);
		with recursive c(i) as (select 1 union all select i+1 from c where i < 20000)
			insert into t select i, 'name ' || (i * 7919 % 20011), i / 3.0 from c;
		create index by_name on t(name);
		select count(*), min(name), max(name), round(sum(n), 3) from t;
		select substr(name, 1, 6) as p, count(*) from t group by p order by p limit 20;
	SQL
	STDIN=$BATS_TEST_TMPDIR/script.sql assert_same_output sqlite3 :memory:
	assert_sound 1000
	assert_nothing_to_win
	assert_share libsqlite3 90
}

@test "real: gcc's cc1 compiles a file" {
	need gcc
	local cc1
	cc1=$(gcc -print-prog-name=cc1)
	[ -x "$cc1" ] || skip "no cc1"
	assert_same_output "$cc1" -quiet -O2 -g -I"$ROOT/targets" -imultiarch x86_64-linux-gnu \
		"$ROOT/targets/c/libc_inside.c" -o -
	assert_eq "$STATUS" 0 "exit code"
	assert_sound 10000
	assert_nothing_to_win
	assert_share 'cc1' 90
}

@test "real: perl builds and sorts hashes" {
	need perl
	cat > "$BATS_TEST_TMPDIR/script.pl" <<-'PL'
		my %h;
		$h{"key " . ($_ * 7919 % 10007)} = [ $_, "value " x ($_ % 7) ] for 1 .. 20000;
		my @k = sort { $h{$a}[0] <=> $h{$b}[0] } keys %h;
		print scalar(@k), " $k[0] $k[-1]\n";
		print join(",", map { length $h{$_}[1] } @k[0 .. 20]), "\n";
	PL
	assert_same_output perl "$BATS_TEST_TMPDIR/script.pl"
	assert_sound 50000
	assert_nothing_to_win
	assert_share perl 90
}

@test "real: perl counts words in a hash that it never frees" {
	need perl
	seq 1 60000 | sed 's/\(.*\)\(.\)$/w\2\1 x\1/' > "$BATS_TEST_TMPDIR/words"
	record perl -ne 'while (/(\w+)/g) { $h{$1}++ } END { print scalar keys %h }' "$BATS_TEST_TMPDIR/words"
	assert_sound 60000
	assert_nothing_to_win
}

@test "real: git commits, logs and packs" {
	need git
	cat > "$BATS_TEST_TMPDIR/script.sh" <<-'SH'
		export HOME=$PWD GIT_CONFIG_NOSYSTEM=1 GIT_AUTHOR_DATE='2024-01-01T00:00:00Z' GIT_COMMITTER_DATE='2024-01-01T00:00:00Z'
		export GIT_AUTHOR_NAME=A GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=A GIT_COMMITTER_EMAIL=a@b
		git init -q -b main repo && cd repo
		for i in 1 2 3 4; do
			for f in 1 2 3 4 5 6 7 8 9; do seq $i $((i * f * 10)) > file$f; done
			git add . && git commit -q -m "step $i"
		done
		git log --stat --format='%H %s'
		git diff HEAD~2 | cksum
		git gc -q --prune=now && git fsck
		git rev-parse HEAD
	SH
	assert_same_output sh "$BATS_TEST_TMPDIR/script.sh"
	assert_eq "$STATUS" 0 "exit code"
	[ "${#TRACES[@]}" -ge 20 ]
	local t n=0
	for t in "${TRACES[@]}"; do
		case $t in */git.*) ;; *) continue ;; esac
		[ $((n += 1)) -le 12 ] || break
		TRACE=$t
		report --top 100000
		assert_json '.health.lost_events == 0 and .health.unmatched_frees == 0 and .totals.allocs > 10'
		assert_nothing_to_win
	done
	[ $n -ge 8 ]
}

@test "real: redis-server under its benchmark, on jemalloc" {
	need redis-benchmark redis-cli redis-check-rdb
	cd "$BATS_TEST_TMPDIR"
	# redis-server is this program by another name, in a package that starts no service.
	ln -s "$(command -v redis-check-rdb)" redis-server
	timeout -k 5 200 env LD_PRELOAD="$(preload_library)" POOLTRACE_OUT=redis.trace ./redis-server --port 0 \
		--unixsocket s --save '' --appendonly no > log 2>&1 &
	local i
	for ((i = 0; i < 500; i++)); do [ -S s ] && break; sleep 0.1; done
	timeout 100 redis-benchmark -s s -n 3000 -c 20 -q -t set,get,lpush,lpop,sadd,zadd,mset > bench 2>&1
	[ "$(grep -c 'requests per second' bench)" -ge 7 ]
	assert_eq "$(redis-cli -s s ping)" PONG "answer"
	redis-cli -s s shutdown nosave || true
	wait $!
	TRACE=redis.trace
	assert_sound 20000
	assert_nothing_to_win
	assert_share redis 90
	jq -e '[.process | .. | strings | select(test("jemalloc"))] | length > 0' "$REPORT" ||
		"$POOLTRACE" info redis.trace | grep jemalloc
}

@test "real: CPython parses, sorts and compiles" {
	need "$PYTHON"
	cat > "$BATS_TEST_TMPDIR/script.py" <<-'PY'
		import ast, collections, json, re
		rows = [{"id": i, "name": "n%d" % (i * 7919 % 1009), "tags": [str(t) for t in range(i % 5)]} for i in range(5000)]
		text = json.dumps(rows)
		back = json.loads(text)
		counts = collections.Counter(r["name"] for r in back)
		print(len(text), counts.most_common(3), len(re.findall(r"n1\d+", text)))
		tree = ast.parse(open(collections.__file__).read())
		print(sum(1 for _ in ast.walk(tree)) > 1000)
	PY
	assert_same_output "$PYTHON" "$BATS_TEST_TMPDIR/script.py"
	# What the interpreter made before it could be hooked is freed at its end.
	assert_sound 5000 2
}
