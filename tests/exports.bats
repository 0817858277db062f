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
	jq -s -e --argjson want "[$ALLOCATED, $ALLOCS, $LIVE, $PEAK]" '[(map(.allocated_bytes), map(.allocs), map(.live_bytes), map(.at_peak_bytes)) | add] == $want' rows.json
	jq -e '[to_entries[] | select(.key | startswith("size_")) | .value] | add' rows.json | awk '{ n += $1 } END { print n }' > sizes
	assert_eq "$(cat sizes)" "$ALLOCS" "sizes of all buckets"
	jq -s -e 'map(select(.function == "fill_list")) | length == 1 and .[0].stack == "fill_list < main" and .[0].size_le_32 == 500 and .[0].frees == 500 and .[0].weight == 1' rows.json
	"$PYTHON" - <<-'EOF'
		import csv, json
		a = [json.loads(line) for line in open("rows.json")]
		b = list(csv.DictReader(open("rows.csv")))
		assert len(a) == len(b) > 3
		for x, y in zip(a, b):
		    for key in ("function", "file", "line", "allocs", "at_peak_bytes", "class"):
		        assert str(x[key]) == y[key], (key, x, y)
		    assert x["stack"] == y["stack"] and x.keys() == y.keys()
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

@test "export: heaptrack_print finds the totals" {
	need heaptrack_print
	export_to heaptrack -o out
	run -0 heaptrack_print out
	[[ $output == *"calls to allocation functions: $ALLOCS "* ]]
	[[ $output == *fill_list* ]]
	[[ $output == *"peak heap memory consumption: $(awk -v n="$PEAK" 'BEGIN { printf "%.2fK", n / 1000 }')"* ]]
	[[ $output == *"total memory leaked: $(awk -v n="$LIVE" 'BEGIN { printf "%.2fK", n / 1000 }')"* ]]
}

# Three blocks of 100 bytes at 1, 2 and 3 ms; the first two are freed at 4 and 12 ms; ten temporary ones at 11 ms.
windows_trace() {
	cat > windows.txt <<-'X'
		process /opt/app app
		labels service=shop,version=1.2,container=c7
		code /src/a.py load 1
		code /src/a.py spin 2
		pyframe 1 1
		pyframe 2 2
		stack 1
		stack 2
		at 1000000
		malloc 0x1000 100 1
		at 2000000
		malloc 0x2000 100 1
		at 3000000
		malloc 0x3000 100 1
		at 4000000
		free 0x1000 1
		repeat 10
		at 11000000+i*1000
		malloc 0x8000 5000 2
		at 11000500+i*1000
		free 0x8000 2
		again
		at 12000000
		free 0x2000 1
		end exit 0 20000000
	X
	"$BUILD/tests/helpers/mktrace" windows.txt windows.trace
}

@test "export: rows of windows add up, live and peaks are of their window" {
	windows_trace
	"$POOLTRACE" export --to ndjson --window 10ms windows.trace > rows
	jq -s -c 'sort_by(.window_start_unix_ns, .function)[] | [(.window_start_unix_ns - .start_unix_ns) / 1e6, (.window_end_unix_ns - .start_unix_ns) / 1e6, .function, .allocs, .allocated_bytes, .frees, .temporary_allocs, .live_bytes, .peak_bytes, .at_peak_bytes, .process_peak_bytes]' rows > got
	diff got - <<-'X'
		[0,10,"load",3,300,1,0,200,300,300,300]
		[10,20,"load",0,0,1,0,100,200,200,5200]
		[10,20,"spin",10,50000,10,10,0,5000,5000,5200]
	X
	jq -s -e 'all(.service == "shop" and .version == "1.2" and .container == "c7" and .labels == "service=shop,version=1.2,container=c7")' rows
	"$POOLTRACE" export --to ndjson --labels version=2 windows.trace | jq -s -e 'all(.version == "2" and .service == "")'
	jq -s -e 'map(select(.function == "spin"))[0] | .life_lt_1us == 10 and .size_le_32k == 10' rows
}

@test "export: labels of the environment are in the trace" {
	ENVIRONMENT=(POOLTRACE_LABELS=service=shop,version=7)
	record announced
	export_to ndjson | jq -s -e 'length > 0 and all(.service == "shop" and .version == "7")'
}

@test "export: a part of the time counts what happened in it" {
	windows_trace
	assert_eq "$("$POOLTRACE" export --to folded -m allocs --from 11ms windows.trace)" "app;spin(a.py:2) 10" from
	assert_eq "$("$POOLTRACE" export --to folded -m allocs --to-time 2.5ms windows.trace)" "app;load(a.py:1) 2" to
	assert_eq "$("$POOLTRACE" export --to folded -m live --from 1.5ms --to-time 5ms windows.trace)" "app;load(a.py:1) 200" "live at its end"
	assert_eq "$("$POOLTRACE" export --to folded -m peak --from 2.5ms --to-time 5ms windows.trace)" "app;load(a.py:1) 100" "peak of what is counted"
	assert_eq "$("$POOLTRACE" export --to heaptrack --from 11ms windows.trace | grep -c '^+')" 10 "events of heaptrack"
	"$POOLTRACE" export --to ndjson --from 2.5ms --window 10ms windows.trace |
		jq -s -e 'map(.allocs) | add == 11'
	local f
	for f in folded dhat callgrind otlp; do
		# Of the whole run DHAT's lifetimes are medians, of a part they are sums.
		"$POOLTRACE" export --to $f windows.trace | sed 's/"tl":[0-9]*/"tl"/g' > whole
		"$POOLTRACE" export --to $f --from 0 --to-time 60m windows.trace | sed 's/"tl":[0-9]*/"tl"/g' > all
		cmp whole all
	done
	run -1 "$POOLTRACE" export --to folded --from 2ms --to-time 1ms windows.trace
	run -2 "$POOLTRACE" export --to folded --window 1ms windows.trace
	run -1 "$POOLTRACE" export --to folded --from soon windows.trace
	[[ $output == *"no mark and no region 'soon'"* ]]
}

@test "export: what one finding saves, spread over its sites, is what the report says" {
	record error_path
	local low
	low=$("$POOLTRACE" report --no-replay --format json --schema 1 "$TRACE" | jq '.findings[0] | select(.kind == "leak") | .prediction.live_bytes_saved.low')
	assert_eq "$(export_to folded -m saved:1 | sum_of_folded)" "$low" saved
	export_to speedscope -m saved:1 | jq -e --argjson low "$low" '.profiles[-1] | .name == "saved" and .unit == "bytes" and .endValue == $low'
	# Of several sites, too: allocator calls, spread by allocations.
	record json_documents
	low=$("$POOLTRACE" report --no-replay --format json --schema 1 "$TRACE" | jq '.findings[0] | select((.sites | length) > 1) | .prediction.allocator_calls_saved.low')
	assert_eq "$(export_to folded -m saved:1 | sum_of_folded)" "$low" "saved at several sites"
	run -1 "$POOLTRACE" export --to folded -m saved:77 "$TRACE"
	[[ $output == *"no finding 77"* ]]
	record error_path
	export_to ndjson --findings | jq -s -e '[.[] | select(.finding == "leak")] | length == 1 and .[0].bytes_saved_low > 0 and .[0].looked_for_findings == 1'
}

@test "export: several traces in one table, and only there" {
	cp "$TRACE" again.trace
	assert_eq "$("$POOLTRACE" export --to csv "$TRACE" again.trace | grep -c ^host,)" 1 heads
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
	for f in folded speedscope dhat massif callgrind heaptrack chrome ndjson csv; do
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
