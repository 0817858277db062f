/* What the program announced: its marks, and its regions added up by name.  A row chooses its time. */

const ANNOUNCED_ROWS = 60;

function announcedTable(id, title, heads, rows) {
	return rows.length ? [make('h3', {}, title), make('div', { class: 'scroll' }, make('table', { id, class: 'wide' },
		make('thead', {}, make('tr', {}, heads.map(x => make('th', { scope: 'col' }, x)), make('th', { class: 'name', scope: 'col' }, 'name'))),
		make('tbody', {}, rows)))] : null;
}

/* A cell with the name, as a button that chooses a range of the timeline. */
function rangeCell(name, from, to) {
	const button = make('button', { type: 'button', class: 'link' }, name || '(no name)');
	button.addEventListener('click', () => setRange(from, to));
	return make('td', { class: 'name' }, button);
}

function markRows(run) {
	const { marks } = run;
	return Array.from({ length: Math.min(marks.n, ANNOUNCED_ROWS) }, (_, i) => {
		const since = counts => i ? counts[i] - counts[i - 1] : counts[i];
		return make('tr', {}, [time(marks.time_ns[i]), bytes(marks.live_bytes[i]), count(since(marks.allocs)), bytes(since(marks.allocated_bytes))]
			.map(x => make('td', {}, x)), rangeCell(run.strings[marks.name[i]], i ? marks.time_ns[i - 1] : 0, marks.time_ns[i]));
	});
}

/* First and last moment of the regions of one name. */
function regionRange(run, name) {
	const { regions } = run;
	let from = Infinity, to = 0;
	for (let i = 0; i < regions.n; i++)
		if (regions.name[i] === name) {
			from = Math.min(from, regions.begin_ns[i]);
			to = Math.max(to, regions.end_ns[i]);
		}
	return [from, to];
}

function regionRows(run) {
	const names = run.region_names;
	return Array.from({ length: Math.min(names.n, ANNOUNCED_ROWS) }, (_, i) => make('tr', {},
		[count(names.regions[i]), time(names.total_ns[i]), count(names.allocs[i]), bytes(names.allocated_bytes[i]),
			percent(names.allocs[i] ? names.temporary_allocs[i] / names.allocs[i] : 0), bytes(names.most_rise_bytes[i]),
			bytes(names.end_bytes[i] - names.begin_bytes[i])].map(x => make('td', {}, x)),
		rangeCell(run.strings[names.name[i]], ...regionRange(run, names.name[i]))));
}

function drawAnnounced() {
	const run = state.run;
	fill(at('announced'),
		announcedTable('marks', 'Marks', ['after', 'live', 'allocations since', 'bytes since'], markRows(run)),
		announcedTable('regions', 'Regions', ['times', 'long', 'allocations', 'bytes', 'temporary', 'peak inside', 'kept'], regionRows(run)));
}

onChange('run', drawAnnounced);
