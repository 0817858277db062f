-- The history of one site, here the one that allocated most: by version and hour.
WITH heaviest AS (
    SELECT place
    FROM pooltrace_rows
    GROUP BY place
    ORDER BY sum(allocated_bytes * weight) DESC, place
    LIMIT 1
)
SELECT
    r.version AS version,
    floor(r.window_start_unix_ns / 3600e9) AS hour,
    min(r.function) AS function,
    sum(r.allocs * r.weight) AS allocations,
    sum(r.allocated_bytes * r.weight) AS bytes,
    max(r.peak_bytes) AS most_in_one_window
FROM pooltrace_rows AS r
INNER JOIN heaviest AS h ON r.place = h.place
GROUP BY r.version, floor(r.window_start_unix_ns / 3600e9)
ORDER BY version, hour
