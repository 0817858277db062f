-- Which site deserves a pool: allocations of one size that live shortly and are freed by the thread that made them, on how many
-- hosts, and what findings say that it would save in all.  Savings add over processes: each is one run's.
WITH sites AS (
    SELECT
        place,
        min(function) AS function,
        count(DISTINCT host) AS hosts,
        sum(allocs * weight) AS allocations,
        sum(frees * weight) AS freed,
        sum((life_lt_1us + life_lt_10us + life_lt_100us + life_lt_1ms) * weight) AS freed_within_1ms,
        sum(cross_thread_frees * weight) AS freed_by_others,
        sum((size_le_16 + size_le_32 + size_le_64 + size_le_128 + size_le_256) * weight) AS small,
        count(DISTINCT CASE WHEN finding <> '' THEN host END) AS hosts_advised,
        min(CASE WHEN finding <> '' THEN finding END) AS finding,
        sum(calls_saved_low * weight) AS calls_saved_at_least,
        sum(cpu_ms_saved_low * weight) AS cpu_ms_saved_at_least
    FROM pooltrace_rows
    GROUP BY place
)
SELECT
    place,
    function,
    hosts,
    allocations,
    100.0 * small / allocations AS per_cent_small,
    100.0 * freed_within_1ms / allocations AS per_cent_short_lived,
    100.0 * freed_by_others / allocations AS per_cent_freed_by_others,
    hosts_advised,
    finding,
    calls_saved_at_least,
    cpu_ms_saved_at_least
FROM sites
WHERE allocations >= 1000 AND freed_within_1ms >= 0.9 * allocations AND freed_by_others <= 0.01 * allocations
ORDER BY allocations DESC, place
LIMIT 20
