/* Sites by place: sorted, filtered, grouped; a row opens to its source line, stacks, sizes, who freed. */

const SUMS = ['at_peak_bytes', 'live_bytes', 'allocated_bytes', 'allocs', 'temporary_allocs', 'cross_thread_frees', 'live_blocks'];

const COLUMNS = [
	['at_peak_bytes', 'at peak', bytes],
	['live_bytes', 'at end', bytes],
	['allocated_bytes', 'allocated', bytes],
	['allocs', 'allocations', count],
	['temporary_allocs', 'temporary', count],
	['lifetime_ns', 'median life', x => x ? time(x) : '-'],
	['sites', 'stacks', count],
];

const places = { sort: 'at_peak_bytes', shown: 50, open: '' };

function placeName(run, i) {
	const { places: p } = run;
	const text = p.label[i] ? run.strings[p.label[i]] : '';
	const frame = p.frame[i] - 1;
	return text || (frame >= 0 ? frameName(run, frame) : '[unknown]');
}

const threadName = (run, number) => {
	const thread = run.raw.process.threads.find(x => x.number === number);
	return thread ? 'thread ' + number + ' ' + thread.name : 'thread ' + number;
};

/* Key, name and where of a place in a grouping. */
const GROUPS = {
	place: (run, i, f) => [placeName(run, i), f >= 0 ? frameWhere(run, f) : '', run.places.class[i] ? className(run, run.places.class[i] - 1) : ''],
	function: (run, i, f) => [placeName(run, i), f >= 0 ? baseName(frameFile(run, f)) : '', ''],
	line: (run, i, f) => [f >= 0 ? frameWhere(run, f) : placeName(run, i), '', ''],
	file: (run, i, f) => [f >= 0 ? frameFile(run, f) || baseName(run.modules[run.frames.module[f]].path) : placeName(run, i), '', ''],
	module: (run, i, f) => [f >= 0 ? run.modules[run.frames.module[f]].path || packageOf(frameFile(run, f)) : placeName(run, i), '', ''],
	class: (run, i) => [run.places.class[i] ? className(run, run.places.class[i] - 1) : '(no object)', '', ''],
	thread: (run, i) => [threadName(run, run.places.thread[i]), '(that allocates most at each place)', ''],
};

/* The package of a Python file: the folder below site-packages or the standard library. */
function packageOf(file) {
	const m = /(?:site-packages|dist-packages|lib\/python[\d.]+)\/([^/]+)/.exec(file);
	return m ? m[1].replace(/\.py$/, '') : file.slice(0, file.lastIndexOf('/')) || file;
}

function groupRows(run, field, rows) {
	const name = GROUPS[at('group').value];
	for (let i = 0; i < run.places.n; i++) {
		const f = run.places.frame[i] - 1;
		const [what, file, cls] = name(run, i, f);
		const key = what + '\n' + file + '\n' + cls;
		let row = rows.get(key);
		if (!row) {
			row = { key, what, where: file, cls, run, places: [], sites: 0, lifetime_ns: 0, before: {}, frame: f };
			SUMS.forEach(k => { row[k] = 0; row.before[k] = 0; });
			rows.set(key, row);
		}
		const into = field === 'value' ? row : row.before;
		SUMS.forEach(k => { into[k] += run.places[k][i]; });
		if (field !== 'value')
			continue;
		row.sites += run.places.sites[i];
		row.places.push(i);
		if (run.places.allocs[i] * 2 >= row.allocs)
			row.lifetime_ns = run.places.lifetime_ns[i];
	}
}

/* With a range the bytes that the sites kept over time had then stand in the first column. */
function addRange(rows) {
	const run = state.run;
	if (markInRange(run) < 0)
		return;
	const values = siteValues(run), name = GROUPS[at('group').value];
	for (const row of rows.values())
		row.range = 0;
	for (const site of run.details.keys()) {
		const i = run.sites.place[site] - 1;
		if (i < 0)
			continue;
		const [what, file, cls] = name(run, i, run.places.frame[i] - 1);
		rows.get(what + '\n' + file + '\n' + cls).range += values[site];
	}
}

function filterOf(text) {
	try {
		const wanted = new RegExp(text, 'i');
		at('filter').setAttribute('aria-invalid', 'false');
		return row => wanted.test(row.what) || wanted.test(row.where) || wanted.test(row.cls);
	} catch {
		at('filter').setAttribute('aria-invalid', 'true');
		return () => true;
	}
}

function tableColumns() {
	if (state.range)
		return [['range', 'live in range', bytes], ...COLUMNS];
	return COLUMNS;
}

function changeText(row, key, format) {
	const change = row[key] - row.before[key];
	return change ? (change > 0 ? '+' : '-') + format(Math.abs(change)) : '=';
}

function cell(row, [key, , format], totals) {
	const value = row[key] || 0, total = totals[key];
	const share = total ? value / total : 0;
	const text = total ? [make('span', { class: 'share', style: { backgroundSize: 100 * Math.min(1, share) + '% 100%' } }), format(value)] : [format(value)];
	if (state.other && row.before[key] !== undefined) {
		const change = changeText(row, key, format);
		text.push(make('span', { class: change[0] === '+' ? 'bad' : change[0] === '-' ? 'good' : 'quiet' }, ' ' + change));
	}
	return make('td', { title: total ? percent(share) + ' of all' : null }, text);
}

function tableRow(row, columns, totals) {
	const open = places.open === row.key;
	const toggle = () => {
		places.open = open ? '' : row.key;
		drawTable();
	};
	const source = row.frame >= 0 && ['place', 'line'].includes(at('group').value) ? row.run.source.get(row.frame) : null;
	const opener = make('button', { type: 'button', class: 'opener', 'aria-expanded': String(open), 'aria-label': 'details of ' + row.what, onclick: e => {
		e.stopPropagation();
		toggle();
	} }, open ? '▾' : '▸');
	const main = make('tr', { class: 'row', onclick: toggle }, columns.map(c => cell(row, c, totals)),
		make('td', { class: 'name' }, opener, ' ', row.what, make('span', { class: 'quiet' }, '  ' + row.where),
			row.cls ? make('b', {}, '  ' + row.cls) : null, source ? make('div', {}, make('code', {}, source)) : null));
	return open ? [main, make('tr', {}, make('td', { class: 'opened', colspan: columns.length + 1 }, openedRow(row)))] : [main];
}

/* ---- an opened row ---- */

function sitesOf(row) {
	const run = row.run, wanted = new Set(row.places.map(i => i + 1)), list = [];
	for (let s = 0; s < run.sites.n; s++)
		if (wanted.has(run.sites.place[s]))
			list.push(s);
	const key = places.sort === 'range' || !run.sites[places.sort] ? 'allocated_bytes' : places.sort;
	return list.sort((a, b) => run.sites[key][b] - run.sites[key][a]);
}

function stackText(run, node, most) {
	const parts = [];
	for (; node > 0 && parts.length < most; node -= run.stacks.up[node]) {
		const f = run.stacks.frame[node];
		if (!(state.fold && isImport(run, f)))
			parts.push(frameName(run, f) + ' (' + frameWhere(run, f) + ')');
	}
	return parts.join(' ← ') + (node > 0 ? ' ← …' : '');
}

const quantiles = (q, format) => [q.p50, q.p90, q.p99, q.max].map(format).join(' / ');

function siteDetails(run, site) {
	const d = run.details.get(site);
	if (!d)
		return null;
	const facts = [];
	if (run.sites.allocs[site] > run.sites.live_blocks[site])
		facts.push('lifetime (median / 90 % / 99 % / longest): ' + quantiles(d.lifetime_ns, time));
	facts.push('live blocks over time (the same): ' + quantiles(d.concurrency, count) + '; own peak ' + bytes(run.sites.peak_live_bytes[site]));
	facts.push('sizes: ' + d.sizes.slice(0, 8).map(s => bytes(s.bytes) + ' × ' + count(s.count)).join(', ') + (d.distinct_sizes > 8 ? ' and others' : ''));
	if (d.threads.length > 1)
		facts.push('threads: ' + d.threads.map(t => threadName(run, t.thread) + ' ' + count(t.allocs)).join(', '));
	if (d.realloc)
		facts.push('realloc: ' + many(d.realloc.calls, 'call') + ', ' + count(d.realloc.moved) + ' moved, ' + bytes(d.realloc.copied_bytes) + ' copied');
	return make('ul', {}, facts.map(x => make('li', {}, x)),
		d.freed_by.slice(0, 4).map(f => make('li', { class: 'name' }, 'freed ' + count(f.count) + ' × by ' + stackText(run, f.stack, 4))));
}

function openedRow(row) {
	const run = row.run, sites = sitesOf(row);
	const folded = row.sites - sites.length;
	return [make('p', {}, many(row.sites, 'stack'), folded > 0 ? ', ' + count(folded) + ' of them too small for this page' : '', ':'),
		make('ul', {}, sites.slice(0, 8).map(s => make('li', { class: 'name' },
			bytes(run.sites.at_peak_bytes[s]) + ' at the peak, ' + many(run.sites.allocs[s], 'allocation') + ' of ' + bytes(run.sites.allocated_bytes[s]) + ': ',
			stackText(run, run.sites.stack[s], 12), siteDetails(run, s))))];
}

/* ---- all ---- */

/* What the page has no room for in detail stands last. */
const isRest = row => /^\[\d+ small places\]$/.test(row.what) ? 1 : 0;

function header(columns) {
	const sort = key => () => {
		places.sort = key;
		drawTable();
	};
	return make('thead', {}, make('tr', {}, columns.map(([key, text]) => make('th', {
		scope: 'col', 'aria-sort': places.sort === key ? 'descending' : 'none',
	}, make('button', { type: 'button', onclick: sort(key) }, text + (places.sort === key ? ' ↓' : '')))), make('th', { class: 'name', scope: 'col' }, 'place')));
}

function totalsOf(rows) {
	const totals = {};
	for (const key of ['at_peak_bytes', 'live_bytes', 'allocated_bytes', 'allocs', 'temporary_allocs'])
		totals[key] = rows.reduce((sum, row) => sum + row[key], 0);
	if (state.range)
		totals.range = totalValue(state.run);
	return totals;
}

function drawTable() {
	const rows = new Map(), columns = tableColumns();
	groupRows(state.run, 'value', rows);
	if (state.other)
		groupRows(state.other, 'before', rows);
	addRange(rows);
	if (places.sort === 'range' && !state.range)
		places.sort = 'at_peak_bytes';
	const all = [...rows.values()], totals = totalsOf(all);
	const key = places.sort;
	const weight = row => state.other && row.before[key] !== undefined ? Math.abs(row[key] - row.before[key]) : row[key] || 0;
	const list = all.filter(filterOf(at('filter').value)).sort((a, b) => isRest(a) - isRest(b) || weight(b) - weight(a) || (a.key < b.key ? -1 : 1));
	const shown = list.slice(0, places.shown);
	fill(at('places'), header(columns), make('tbody', {}, shown.flatMap(row => tableRow(row, columns, totals))));
	const part = list.reduce((sum, row) => sum + (row[key] || 0), 0);
	at('places-count').textContent = many(list.length, 'row') + (totals[key] ? ', ' + percent(part / totals[key]) + ' of all' : '') +
		(shown.length < list.length ? '; ' + count(shown.length) + ' shown' : '');
	at('more').hidden = shown.length === list.length;
}

function listenToTable() {
	at('group').addEventListener('change', drawTable);
	at('filter').addEventListener('input', drawTable);
	at('more').addEventListener('click', () => {
		places.shown *= 4;
		drawTable();
	});
}

onChange('run range', drawTable);
