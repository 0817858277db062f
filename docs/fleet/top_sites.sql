-- Which sites of the fleet allocate most bytes: of all, in how many processes on how many hosts.
SELECT
    place,
    min(function) AS function,
    sum(allocated_bytes * weight) AS bytes,
    100.0 * sum(allocated_bytes * weight) / (SELECT sum(allocated_bytes * weight) FROM pooltrace_rows) AS per_cent,
    sum(allocs * weight) AS allocations,
    count(DISTINCT host) AS hosts,
    count(DISTINCT concat(host, ' ', CAST(pid AS VARCHAR(20)), ' ', CAST(start_unix_ns AS VARCHAR(20)))) AS processes
FROM pooltrace_rows
GROUP BY place
ORDER BY bytes DESC, place
LIMIT 20
