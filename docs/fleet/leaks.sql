-- Where live bytes rise: the slope over the windows of each process in bytes per second, then by host the mean of its processes.
-- Least squares; a place needs five windows and a correlation of 0.95.
WITH points AS (
    SELECT service, version, host, pid, start_unix_ns, place, function, window_start_unix_ns,
        max(window_end_unix_ns - start_unix_ns) / 1e9 AS t, CAST(sum(live_bytes) AS DOUBLE) AS y
    FROM pooltrace_rows
    GROUP BY service, version, host, pid, start_unix_ns, place, function, window_start_unix_ns
),
sums AS (
    SELECT service, version, host, pid, start_unix_ns, place, function, CAST(count(*) AS DOUBLE) AS n,
        sum(t) AS st, sum(y) AS sy, sum(t * t) AS stt, sum(y * y) AS syy, sum(t * y) AS sty
    FROM points
    GROUP BY service, version, host, pid, start_unix_ns, place, function
),
lines AS (
    SELECT service, version, host, place, function, (n * sty - st * sy) / (n * stt - st * st) AS slope
    FROM sums
    WHERE n >= 5 AND n * stt - st * st > 0 AND n * syy - sy * sy > 0
        AND (n * sty - st * sy) > 0.95 * sqrt(n * stt - st * st) * sqrt(n * syy - sy * sy)
)
SELECT service, version, place, min(function) AS function, host, avg(slope) AS bytes_per_second, count(*) AS processes
FROM lines
GROUP BY service, version, place, host
ORDER BY bytes_per_second DESC, host, place
LIMIT 50
