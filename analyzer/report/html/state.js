/* What the page shows now; panels redraw when something of it changes. */

const METRICS = [
	['at_peak_bytes', 'live at the peak', bytes],
	['live_bytes', 'live at the end', bytes],
	['allocated_bytes', 'allocated bytes', bytes],
	['allocs', 'allocations', count],
	['temporary_allocs', 'temporary allocations', count],
];

const state = {
	index: [],        // processes of the page
	number: -1,       // which of them is shown
	run: null,        // the process shown
	other: null,      // the one it is compared with, null none
	metric: 'at_peak_bytes',
	finding: -1,      // metric 'finding': number in the list
	range: null,      // [from, to] in ns on the timeline, null all
	search: '',
	inverted: false,
	fold: true,
	wrappers: true,
	colour: 'module',
};

const panels = [];

/* what: 'run', 'metric', 'range' or 'view'; a panel redraws for the words that it lists. */
function changed(what) {
	for (const [words, draw] of panels)
		if (words.includes(what))
			draw();
}

function onChange(words, draw) {
	panels.push([words.split(' '), draw]);
}

const metricFormat = () => (METRICS.find(m => m[0] === valueColumn()) || METRICS[0])[2];

/* The column that the chosen metric is counted in. */
function valueColumn() {
	if (state.metric !== 'finding')
		return state.metric;
	const gain = state.run.raw.findings[state.finding].prediction;
	return gain.live_bytes_saved ? 'at_peak_bytes' : 'allocs';
}

/* Mark of the timeline in the chosen range at which most was live; -1: no range. */
function markInRange(run) {
	if (!state.range)
		return -1;
	const marks = run.timeline.marks_ns, live = run.timeline.live_bytes, times = run.timeline.time_ns;
	let best = -1, most = -1;
	for (let i = 0; i < marks.length; i++) {
		if (marks[i] < state.range[0] || marks[i] > state.range[1])
			continue;
		const value = live[momentAt(times, marks[i])];
		if (value > most) {
			most = value;
			best = i;
		}
	}
	return best >= 0 ? best : nearest(marks, (state.range[0] + state.range[1]) / 2);
}

function momentAt(times, ns) {
	let i = 0;
	while (i + 1 < times.length && times[i] < ns)
		i++;
	return i;
}

function nearest(marks, ns) {
	let best = 0;
	for (let i = 1; i < marks.length; i++)
		if (Math.abs(marks[i] - ns) < Math.abs(marks[best] - ns))
			best = i;
	return best;
}

/* Value of each row of sites for the metric, finding and range that are chosen. */
function siteValues(run) {
	const mark = markInRange(run);
	if (mark >= 0) {
		const out = new Float64Array(run.sites.n);
		for (const [row, detail] of run.details)
			out[row] = detail.live_bytes_at[mark] || 0;
		return out;
	}
	const values = run.sites[valueColumn()];
	if (state.metric !== 'finding' || run !== state.run)
		return values;
	const out = new Float64Array(run.sites.n);
	for (const site of run.raw.findings[state.finding].sites || []) {
		const row = run.rowOfSite ? run.rowOfSite.get(site) : site;
		if (row !== undefined)
			out[row] = values[row];
	}
	return out;
}

/* What all sites together have of it, those that are not kept over time included. */
function totalValue(run) {
	const mark = markInRange(run);
	if (mark >= 0)
		return run.timeline.live_bytes[momentAt(run.timeline.time_ns, run.timeline.marks_ns[mark])];
	return siteValues(run).reduce((a, b) => a + b, 0);
}

const valueText = v => state.range ? bytes(v) : metricFormat()(v);
