-- What became more between two versions of a service: mean bytes of a process and place, with a 95 % interval of the difference
-- (normal approximation over processes; a place that a process does not have counts 0).
WITH processes AS (
    SELECT service, version, host, pid, start_unix_ns
    FROM pooltrace_rows
    GROUP BY service, version, host, pid, start_unix_ns
),
sizes AS (
    SELECT service, version, CAST(count(*) AS DOUBLE) AS n
    FROM processes
    GROUP BY service, version
),
of_process AS (
    SELECT service, version, place, min(function) AS function, host, pid, start_unix_ns,
        sum(allocated_bytes * weight) AS bytes
    FROM pooltrace_rows
    GROUP BY service, version, place, host, pid, start_unix_ns
),
moments AS (
    SELECT o.service AS service, o.version AS version, o.place AS place, min(o.function) AS function, max(s.n) AS n,
        sum(o.bytes) / max(s.n) AS mean,
        (sum(o.bytes * o.bytes) - sum(o.bytes) * sum(o.bytes) / max(s.n)) / (max(s.n) - 1) AS variance
    FROM of_process AS o
    INNER JOIN sizes AS s ON o.service = s.service AND o.version = s.version
    WHERE s.n > 1
    GROUP BY o.service, o.version, o.place
),
pairs AS (
    SELECT a.service AS service, a.version AS before, b.version AS after, a.place AS place, a.function AS function,
        a.mean AS mean_before, b.mean AS mean_after, b.mean - a.mean AS change,
        1.96 * sqrt(a.variance / a.n + b.variance / b.n) AS half_width
    FROM moments AS a
    INNER JOIN moments AS b ON a.service = b.service AND a.place = b.place
    WHERE a.version < b.version
)
SELECT service, before, after, place, function, mean_before, mean_after,
    change - half_width AS change_low, change + half_width AS change_high
FROM pairs
WHERE change - half_width > 0
ORDER BY change DESC, place
LIMIT 20
