# Programs that look like one of the faulty ones and are fine: no finding.

load helpers/common
load helpers/pythons

of_negatives() {
	local f names=()
	for f in "$ROOT"/targets/python/neg_*.py; do names+=("$(basename "$f" .py)"); done
	verdicts "${names[@]}"
}

@test "negatives: look-alikes of the Python scenarios are left alone" {
	on_newest of_negatives
}
