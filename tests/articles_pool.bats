# Costly objects built again and again: advice on pools, pools that are there, and what goes wrong in them.

load helpers/common
load helpers/pythons

of_services() {
	verdicts service_bad service_pooled service_shared_pool service_resize pool_cheap pool_store_bad pool_store_fixed
}

@test "pool: a service built for each message; not one that is pooled, nor a cheap object" {
	on_pythons of_services
}

of_building() {
	verdicts pool_slow_last_bad pool_parts_bad pool_open_bad pool_factory_bad pool_async_bad pool_family_bad neg_derived share_context_bad
}

@test "pool: by the time of the whole call and what it is called with; a family, a part that is to be shared" {
	on_pythons of_building
}

of_classes() {
	verdicts class_per_call_bad class_per_call_fixed neg_class_table
}

@test "class-per-call: a class statement in a function; not a table of classes" {
	on_pythons of_classes
}

of_pitfalls() {
	verdicts pool_growth_bad pool_growth_fixed pool_growth_cached_bad pool_close_bad pool_close_fixed
}

@test "pool: state that grows and a close() that leaves a cycle are found, their mended forms not" {
	on_pythons of_pitfalls
}

evidence() {
	json ".findings[] | select(.kind == \"$1\") | .evidence[] | select(.name == \"$2\") | .value"
}

built() {
	json '.classes[] | select(.name == "ProcessingService") | .built'
}

# Messages, workers: as many are needed at once as there are workers.
check_volume() {
	local messages=$1 workers=$2 saved_low saved_high remaining
	record service_bad "$messages" "$workers" 10 1
	report
	assert_eq "$(built)" "$messages" built || return 1
	assert_eq "$(evidence pool needed_at_once)" "$workers" needed || return 1
	saved_high=$(json '.findings[] | select(.kind == "pool") | .prediction.objects_saved.high')
	saved_low=$(json '.findings[] | select(.kind == "pool") | .prediction.objects_saved.low')
	record service_shared_pool "$messages" "$workers" 10 1
	report
	remaining=$(built)
	assert_eq "$saved_high" $((messages - remaining)) "saved by one pool for all" || return 1
	record service_pooled "$messages" "$workers" 10 1
	report
	remaining=$(built)
	[ $((messages - remaining)) -ge "${saved_low%.*}" ] && [ $((messages - remaining)) -le "${saved_high%.*}" ] && return
	echo "a pool for each organisation saves $((messages - remaining)), predicted $saved_low to $saved_high"
	return 1
}

of_volumes() {
	check_volume 200 4 && check_volume 1000 8
}

@test "pool: constructions saved are exact for a shared pool, within the interval for one a key" {
	on_newest of_volumes
}

of_time() {
	local low high time bad pooled
	record service_bad 200 4 10 10
	report
	low=$(evidence pool saved_time_low_ns) high=$(evidence pool saved_time_high_ns)
	time='.classes[] | select(.name == "ProcessingService") | .constructor | .counted * .time_ns.high'
	bad=$(json "$time")
	record service_shared_pool 200 4 10 10
	report
	pooled=$(json "$time")
	# The report gives the median of the constructor, in steps of an eighth.
	awk -v l="$low" -v h="$high" -v d="$bad" -v p="$pooled" \
		'BEGIN { exit !(l >= 160 * 10e6 && d - p >= 0.85 * l && d - p <= 1.15 * h) }' && return
	echo "saved $low to $high ns; constructors took $bad, pooled $pooled"
	return 1
}

@test "pool: the time saved is that of the constructors, waits included" {
	on_newest of_time
}

collections() {
	json '[.totals.gc.generations[]?.collections] | add // 0'
}

# The finding of that kind, verified against the pooled form.
of_verify() {
	local before=$BATS_TEST_TMPDIR/before.trace id
	record service_bad 200 4 10 1
	report
	id=$(json '.findings[] | select(.kind == "pool") | .id')
	cp "$TRACE" "$before"
	record service_shared_pool 200 4 10 1
	"$POOLTRACE" verify --finding "$id" "$before" "$TRACE" || return 1
	"$POOLTRACE" verify --finding "$id" "$before" "$before" && { echo "no change passes for the change"; return 1; }
	return 0
}

@test "pool: verify finds the predicted calls, bytes and constructions in the pooled form, and only there" {
	on_newest of_verify
}

of_collector() {
	local alloc pooled
	record service_bad 2000 4 10 0
	report
	alloc=$(collections)
	record service_pooled 2000 4 10 0
	report
	pooled=$(collections)
	record service_pooled 20 4 10 0
	report
	# What start-up, and the first services, take is no part of it.
	pooled=$((pooled - $(collections)))
	# Up to forty services are built for the pools, which may take a few collections.
	[ "$alloc" -ge 5 ] && [ $((10 * pooled)) -le "$alloc" ] && return
	echo "collections: $alloc built for each message, $pooled pooled"
	return 1
}

@test "pool: the collector works for services built for each message, not for pooled ones" {
	on_newest of_collector
}

# However large the instances are, the census weighs them: what a cache or a list keeps is not in them.
of_kept_elsewhere() {
	local name n_rules
	for name in neg_cached_answers neg_collected_results; do
		for n_rules in 40 900; do
			record "$name" 3000 "$n_rules"
			report
			assert_eq "$(json '[.findings[].kind] | join(" ")')" already-pooled "$name $n_rules" || return 1
		done
	done
}

@test "pool: what is made under methods of reused objects and kept elsewhere is no growth in them" {
	on_pythons of_kept_elsewhere
}

pool_verdict() {
	json '.findings[] | select(.kind == "pool") | [.verdict, .advice] | join(": ")'
}

of_windows() {
	record neg_windows 60 100 1
	report --explain Window
	assert_match "$(pool_verdict)" 'none: (each one is built from arguments of its own|a pool would not save enough of the constructions: 60 built)'
}

@test "pool: windows with their widgets, in cycles that the collector frees, are put together and no pool" {
	on_pythons of_windows
}

# What is a part of the run differs with the machine's load, so the threshold moves instead.
of_rare() {
	record service_bad 200 4 10 1
	report --explain ProcessingService --set pool_min_time_share=1000
	assert_match "$(pool_verdict)" 'none: building them is a small part of the run' || return 1
	report --explain ProcessingService
	assert_match "$(pool_verdict)" '^win: '
}

@test "pool: what is built now and then is not advised on, however long it takes" {
	on_newest of_rare
}

of_few() {
	record service_shared_pool 40 4 10 1
	report --top 1
	assert_json '[.classes[].name] | length == 2 and .[1] == "ProcessingService"'
}

@test "report: a class that a finding is about is listed, however few were built" {
	on_newest of_few
}

# Of the time of the services most are alive together, the share that one lives differs with the load.
of_shrinking() {
	record service_resize 400 8 10
	report --set pooled_min_life_share=0.99
	assert_json '[.findings[] | select(.kind == "already-pooled" and .class == "ProcessingService")] | length == 1'
}

@test "pool: one that shrinks is a pool, however long those live that it lets go" {
	on_newest of_shrinking
}
