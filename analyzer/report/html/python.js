/* Who keeps memory: Python's classes and who holds them, or what the allocator keeps. */

const CLASS_COLUMNS = [
	['built', 'built', count], ['live', 'live at end', count], ['peak_live', 'most live', count], ['freed_in_gc', 'by collector', count],
	['live_bytes', 'bytes at end', bytes], ['instance_bytes', 'one, with dict', x => x ? bytes(x) : '-'], ['owned_bytes', 'one owns', x => x ? bytes(x) : '-'],
];

function classTable(run) {
	const c = run.classes;
	const order = Array.from({ length: c.n }, (_, i) => i).filter(i => c.built[i])
		.sort((a, b) => c.live_bytes[b] + c.live[b] * c.owned_bytes[b] - c.live_bytes[a] - c.live[a] * c.owned_bytes[a] || c.built[b] - c.built[a]);
	if (!order.length)
		return null;
	return [make('h3', {}, 'Python classes, by what is live at the end'), make('div', { class: 'scroll' }, make('table', { id: 'classes', class: 'wide' },
		make('thead', {}, make('tr', {}, CLASS_COLUMNS.map(x => make('th', { scope: 'col' }, x[1])), make('th', { class: 'name', scope: 'col' }, 'class'))),
		make('tbody', {}, order.slice(0, 60).map(i => make('tr', {}, CLASS_COLUMNS.map(([key, , format]) => make('td', {}, format(c[key][i]))),
			make('td', { class: 'name' }, className(run, i)))))))];
}

function holderTable(holders) {
	if (!holders || !holders.length)
		return null;
	return [make('h3', {}, 'Who holds it'), make('table', { id: 'holders', class: 'wide' },
		make('thead', {}, make('tr', {}, ['objects', 'retained', 'when'].map(x => make('th', { scope: 'col' }, x)), make('th', { class: 'name', scope: 'col' }, 'the way to it'))),
		make('tbody', {}, holders.map(h => make('tr', {}, make('td', {}, count(h.objects)), make('td', {}, bytes(h.retained_bytes)), make('td', {}, h.when),
			make('td', { class: 'name' }, h.path)))))];
}

/* What the process has from the system beside what the program asked for. */
function allocatorTable({ totals, process }) {
	const rows = [
		['live: requested by the program, at the end', totals.live_bytes],
		['live at the peak', totals.peak_live_bytes],
		['reserved by allocators from the system, at the end', totals.reserved_bytes],
		['reserved at most', totals.peak_reserved_bytes],
		['mapped by the program itself, at the end', totals.mapped_bytes],
		['resident at most (whole process, as traced)', process.run ? process.run.peak_rss_bytes : 0],
	].filter(row => row[1]);
	const slack = totals.reserved_bytes - totals.live_bytes;
	return [make('h3', {}, 'Leak or allocator?'), make('table', { id: 'allocator' }, make('tbody', {}, rows.map(([name, value]) => make('tr', {},
		make('td', { class: 'name' }, name), make('td', {}, bytes(value)))))),
	slack > 0 ? make('p', {}, bytes(slack) + ' that allocators have reserved are not live blocks at the end: rounding, headers and free blocks that were not given back.') : null,
	make('p', { class: 'quiet' }, 'allocator: ' + (process.allocator || 'unknown'))];
}

function drawKeeping() {
	const run = state.run;
	fill(at('keeping'), holderTable(run.raw.holders), classTable(run), allocatorTable(run.raw));
}

onChange('run', drawKeeping);
