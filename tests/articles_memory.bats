# What keeps instances alive: caches on methods, class attributes, bound methods in containers.

load helpers/common
load helpers/pythons

of_caches() {
	verdicts cache_method_bad cache_several_bad cache_method_bounded_bad cache_instance_fixed cache_class_fixed cache_static_fixed
}

@test "retained-by-cache: lru_cache on a method, bounded or not; not on other kinds" {
	on_pythons of_caches
}

of_class_attributes() {
	verdicts api_wrapper_bad api_wrapper_init_fixed api_wrapper_local_fixed
}

@test "class-level-growth: a class attribute that fills up; not one made for each instance or call" {
	on_pythons of_class_attributes
}

of_growth_elsewhere() {
	verdicts growth_made_elsewhere_bad growth_made_elsewhere_fixed
}

@test "class-level-growth: whoever makes the elements, in any container; not tables and bounded ones" {
	on_pythons of_growth_elsewhere
}

of_callables() {
	verdicts queue_callables_bad queue_callables_fixed events_pinned_bad kept_exceptions_bad kept_exceptions_fixed \
		kept_tasks_bad kept_views_bad weak_values_bad
}

@test "pinned-by-callable: partials, closures and defaults that hold much, seen at the peak; not numbers" {
	on_pythons of_callables
}

of_queues() {
	verdicts method_queue_bad method_queue_static_fixed method_queue_data_fixed \
		method_registry_bad method_registry_fixed
}

@test "pinned-by-bound-method: methods in queues and registries that hold much; not functions or data" {
	on_pythons of_queues
}

of_churn() {
	verdicts method_churn method_direct
}

@test "bound-methods: counted where methods are fetched, never claimed for direct calls" {
	on_pythons of_churn
}

# The bytes said to be held are those that the fixed form does not have.
of_held_bytes() {
	local held before after
	record method_queue_bad 4 5
	report
	held=$(json '.findings[] | select(.kind == "pinned-by-bound-method") | .evidence[]
		| select(.name == "held_bytes") | .value')
	before=$(json .totals.peak_live_bytes)
	record method_queue_static_fixed 4 5
	report
	after=$(json .totals.peak_live_bytes)
	# The last model is alive at the peak of both.
	awk -v h="$held" -v d=$((before - after)) 'BEGIN { exit !(d >= h * 0.74 && d <= h * 1.01) }' && return
	echo "held $held, difference $((before - after))"
	return 1
}

@test "pinned-by-bound-method: the bytes held are those that the fix frees" {
	on_newest of_held_bytes
}
