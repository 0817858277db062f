# `pooltrace export`: each format read by a program that knows it, with the totals of the report.
bats_require_minimum_version 1.5.0
load helpers/common

export_to() {
	"$POOLTRACE" export --to "$@" "$TRACE"
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	record containers
	report
	PEAK=$(json .totals.peak_live_bytes) ALLOCATED=$(json .totals.allocated_bytes)
	LIVE=$(json .totals.live_bytes) ALLOCS=$(json .totals.allocs)
}

sum_of_folded() {
	awk '{ sum += $NF } END { printf "%d\n", sum }'
}

@test "export: folded stacks have the totals of every metric, one stack a line, no spaces in names" {
	assert_eq "$(export_to folded | sum_of_folded)" "$PEAK" peak
	assert_eq "$(export_to folded -m live | sum_of_folded)" "$LIVE" live
	assert_eq "$(export_to folded -m allocated | sum_of_folded)" "$ALLOCATED" allocated
	assert_eq "$(export_to folded -m allocs | sum_of_folded)" "$ALLOCS" allocs
	export_to folded > out
	[ "$(awk '{ print $1 }' out | sort | uniq -d | wc -l)" = 0 ]
	[ "$(awk 'NF != 2' out | wc -l)" = 0 ]
	grep -q 'fill_list(containers.cc:[0-9]*)' out
}

@test "export: ms_print draws massif's file and finds the peak" {
	export_to massif -o out
	run -0 ms_print out
	[[ $output == *"(peak)"* ]]
	[[ $output == *"fill_list (containers.cc:"* ]]
	[[ $(tr -d , <<< "$output") == *" $PEAK "* ]]
}

@test "export: callgrind_annotate finds the totals and the functions" {
	export_to callgrind -o out
	run -0 callgrind_annotate --inclusive=yes out
	[[ $(tr -d , <<< "$output") == *"$ALLOCATED (100.0%)"*"PROGRAM TOTALS"* ]]
	[[ $output == *"fill_list"* ]]
}

@test "export: DHAT's file has each stack once, frames in its table, and the totals" {
	export_to dhat > out
	jq -e --argjson want "$ALLOCATED" '([.pps[].tb] | add) == $want and ([.pps[].fs] | unique | length) == (.pps | length)' out
	jq -e --argjson want "$PEAK" '([.pps[].gb] | add) == $want' out
	jq -e '(.ftbl | length) as $n | all(.pps[].fs[]; . > 0 and . < $n) and .dhatFileVersion == 2 and (.ftbl | unique | length) == $n' out
}

@test "export: speedscope's profiles have weights for all samples, and the totals" {
	export_to speedscope > out
	jq -e --argjson want "[$PEAK, $LIVE, $ALLOCATED, $ALLOCS]" '[.profiles[:4][].endValue] == $want' out
	jq -e 'all(.profiles[]; (.samples | length) == (.weights | length) and (.weights | add // 0) == .endValue)' out
	jq -e '(.shared.frames | length) as $n | all(.profiles[].samples[][]; . < $n)' out
}

@test "export: Chrome's counters go on in time and reach the peak" {
	export_to chrome > out
	jq -e '[.traceEvents[] | select(.name == "live bytes") | .ts] | . == sort and length > 10' out
}

@test "export: rows of NDJSON and CSV are the same and add up" {
	export_to ndjson > rows.json
	export_to csv > rows.csv
	assert_eq "$(jq -s 'map(.allocated_bytes) | add' rows.json)" "$ALLOCATED" ndjson
	"$PYTHON" - <<-'EOF'
		import csv, json
		a = [json.loads(line) for line in open("rows.json")]
		b = list(csv.DictReader(open("rows.csv")))
		assert len(a) == len(b) > 3
		for x, y in zip(a, b):
		    for key in ("function", "file", "line", "allocs", "at_peak_bytes", "class"):
		        assert str(x[key]) == y[key], (key, x, y)
		    assert len(x["stack"]) == len(y["stack"].split(";"))
	EOF
}

@test "export: pprof's profile is gzip, its samples have six values, and they add up" {
	export_to pprof -o out
	"$PYTHON" - "$ALLOCATED" "$PEAK" <<-'EOF'
		import gzip, sys
		data = gzip.decompress(open("out", "rb").read())

		def varint(b, at):
		    value = shift = 0
		    while True:
		        value |= (b[at] & 127) << shift
		        shift += 7
		        at += 1
		        if b[at - 1] < 128:
		            return value, at

		def fields(b):
		    at = 0
		    while at < len(b):
		        key, at = varint(b, at)
		        value, at = varint(b, at)
		        if key & 7 == 2:
		            yield key >> 3, b[at:at + value]
		            at += value
		        else:
		            yield key >> 3, value

		def packed(b):
		    at, out = 0, []
		    while at < len(b):
		        value, at = varint(b, at)
		        out.append(value)
		    return out

		top = list(fields(data))
		strings = [v for k, v in top if k == 6]
		samples = [dict(fields(v)) for k, v in top if k == 2]
		locations = {dict(fields(v))[1] for k, v in top if k == 4}
		assert strings[0] == b"" and b"alloc_space" in strings and any(b"fill_list" in s for s in strings)
		values = [packed(s[2]) for s in samples]
		assert all(len(v) == 6 for v in values)
		assert sum(v[1] for v in values) == int(sys.argv[1]) and sum(v[5] for v in values) == int(sys.argv[2])
		assert all(i in locations for s in samples for i in packed(s[1]))
	EOF
}

@test "export: several traces in one table, and only there" {
	cp "$TRACE" again.trace
	assert_eq "$("$POOLTRACE" export --to csv "$TRACE" again.trace | grep -c ^exe,)" 1 heads
	run -2 "$POOLTRACE" export --to dhat "$TRACE" again.trace
	[[ $output == *"'dhat' holds one trace, 2 were given"* ]]
}

@test "export: hostile names are made safe in every format" {
	printf 'process /opt/ev;il\033[31m evil\n' > hostile.txt
	cat >> hostile.txt <<-'EOF'
		pid 7
		module 1 /nowhere/a;b
		frame 1 0x1010
		stack 1
		at 1000
		malloc 0x10000 100 1
		end exit 0 2000
	EOF
	"$BUILD/tests/helpers/mktrace" hostile.txt hostile.trace
	local f
	for f in folded speedscope dhat massif callgrind chrome ndjson csv; do
		"$POOLTRACE" export --to "$f" hostile.trace > out
		never grep -q $'\x1b' out
	done
	assert_eq "$("$POOLTRACE" export --to folded hostile.trace | tr -cd ';' | wc -c)" 1 separators
}

@test "export: what is wrong is said: no format, an unknown one, no trace, a full disk" {
	run -2 "$POOLTRACE" export "$TRACE"
	[[ $output == *"no format given"* ]]
	run -2 "$POOLTRACE" export --to specdscope "$TRACE"
	[[ $output == *"the nearest format is 'speedscope'"* ]]
	run -2 "$POOLTRACE" export --to folded
	[[ $output == *"no trace given"* ]]
	run -1 "$POOLTRACE" export --to folded -o /dev/full "$TRACE"
	[[ $output == *"cannot write '/dev/full'"* ]]
}
