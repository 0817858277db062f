/* Findings as cards: what, where, what it saves with its tier and base; unfolded: evidence, advice, sketch. */

const TIERS = {
	counted: 'counted: exact, from the events of the trace',
	modelled: 'modelled: a formula or a cost table times counts of the trace',
	replayed: 'replayed: the allocator calls of the trace were run again, with and without the change',
	enacted: 'enacted: the change was made in a copy of the program and measured',
	confirmed: 'confirmed: a run of the changed program was compared with this one',
};

const UNITS = { bytes, ns: time, share: percent };

function withUnit(value, unit) {
	if (UNITS[unit])
		return UNITS[unit](value);
	return (Number.isInteger(value) && Math.abs(value) < 1e6 ? String(value) : Math.abs(value) < 1000 ? String(+value.toPrecision(3)) : count(value)) +
		(unit ? ' ' + unit : '');
}

/* An interval whose ends read the same is one number. */
function rangeText(interval, format) {
	const low = format(interval.low), high = format(interval.high);
	return low === high ? low : low + ' to ' + high;
}

/* Rows of gains: name, interval, format, total that it is a part of and how that is called. */
function gains(finding) {
	const { totals, process } = state.run.raw;
	const p = finding.prediction;
	const memory = p.live_bytes_saved, costs = memory && memory.high < 0;
	return [
		['CPU', p.cpu_ms_saved, x => time(x * 1e6), process.untraced_cpu_ms, 'of the CPU time without tracing'],
		[costs ? 'costs at the peak' : 'memory at the peak', costs ? { low: -memory.high, high: -memory.low } : memory, bytes, totals.peak_live_bytes, 'of the bytes live at the peak'],
		['allocator calls', p.allocator_calls_saved, count, totals.allocs + totals.frees, 'of all allocations and frees'],
		['objects', p.objects_saved, count, 0, ''],
	].filter(row => row[1]);
}

function gainRow([name, interval, format, total, base], tier) {
	const share = x => Math.max(0, Math.min(1, x / total));
	const bar = make('span', { class: 'bar' }, make('i', {
		style: { left: '0', width: (total ? 100 * share(interval.high) : 0) + '%', opacity: '0.45' },
	}), make('i', { style: { left: '0', width: (total ? 100 * share(interval.low) : 0) + '%' } }));
	const low = total ? percent(interval.low / total) : '', high = total ? percent(interval.high / total) : '';
	const part = total ? ' (' + (low === high ? low : low + ' to ' + high) + ' ' + base + ')' : '';
	return [make('span', { class: 'quiet' }, name),
		make('span', {}, make('b', {}, rangeText(interval, format)), part, ' ',
			make('abbr', { title: TIERS[tier] || tier }, tier), total ? bar : null)];
}

function evidenceTable(finding) {
	return make('table', {}, make('thead', {}, make('tr', {}, ['evidence', 'value', 'threshold passed'].map(x => make('th', { scope: 'col' }, x)))),
		make('tbody', {}, finding.evidence.map(e => make('tr', {},
			make('td', {}, e.name.replace(/_ns$/, '').replace(/_/g, ' ')),
			make('td', { class: 'name' }, e.text !== undefined ? e.text : withUnit(e.value, e.unit || '')),
			make('td', {}, e.threshold || '')))));
}

function where(finding) {
	return make('ul', {}, finding.where.slice(0, 8).map(f => make('li', { class: 'name' }, shortFunction(f.function),
		make('span', { class: 'quiet' }, '  ' + (f.file ? baseName(f.file) + (f.line ? ':' + f.line : '') : baseName(f.module))))));
}

function quoted(word) {
	return /^[\w./:=+-]+$/.test(word) ? word : "'" + word.replace(/'/g, "'\\''") + "'";
}

function nextCommands(finding) {
	const trace = quoted(state.run.raw.process.trace);
	return make('div', {}, make('p', { class: 'quiet' }, 'Then:'), make('pre', {},
		'pooltrace report --finding ' + finding.id + ' ' + trace + '\n' +
		'pooltrace verify --finding ' + finding.id + ' ' + trace + ' AFTER.trace'));
}

function showFinding(number) {
	state.metric = 'finding';
	state.finding = number;
	at('metric').value = 'finding:' + number;
	changed('metric');
	at('graph-title').scrollIntoView();
}

function findingCard(finding, number) {
	const word = finding.verdict.toUpperCase() + (finding.borderline ? ' (borderline)' : '');
	const colour = finding.verdict === 'win' ? 'good' : finding.verdict === 'minor' ? 'warn' : 'quiet';
	const sites = (finding.sites || []).length;
	return make('details', { class: 'finding ' + finding.verdict, open: finding.verdict === 'win' },
		make('summary', {}, make('span', { class: 'verdict ' + colour }, word), make('b', {}, finding.kind), ': ',
			make('span', { class: 'name' }, finding.title), make('span', { class: 'quiet' }, '  #' + finding.id)),
		where(finding),
		make('div', { class: 'gain' }, gains(finding).map(row => gainRow(row, finding.prediction.tier))),
		finding.advice ? make('p', {}, finding.advice) : null,
		finding.prediction.assumes ? make('p', { class: 'quiet' }, 'Not counted in: ' + finding.prediction.assumes) : null,
		finding.evidence.length ? make('details', {}, make('summary', {}, 'evidence'), evidenceTable(finding)) : null,
		finding.sketch ? make('details', {}, make('summary', {}, 'sketch (' + (finding.sketch_language || 'code') + ')'),
			copyButton(finding.sketch), make('pre', { tabindex: 0 }, finding.sketch)) : null,
		sites ? make('button', { type: 'button', onclick: () => showFinding(number) }, 'show its stacks in the graph') : null,
		nextCommands(finding));
}

function drawFindings() {
	const list = state.run.raw.findings;
	const cards = list.map((f, i) => [f, findingCard(f, i)]);
	const minor = cards.filter(([f]) => f.verdict === 'minor').map(x => x[1]);
	const none = cards.filter(([f]) => f.verdict === 'none').map(x => x[1]);
	fill(at('findings'),
		cards.filter(([f]) => f.verdict === 'win').map(x => x[1]),
		minor.length ? make('details', { open: minor.length === list.length }, make('summary', {}, many(minor.length, 'minor finding')), minor) : null,
		cards.filter(([f]) => f.verdict === 'info' || f.verdict === 'refuted').map(x => x[1]), none,
		state.run.raw.nothing ? make('p', {}, 'Nothing to change in native code: ' + state.run.raw.nothing + '.') : null,
		!list.length && !state.run.raw.nothing ? make('p', {}, 'No detector that ran has found anything to advise.') : null);
}

onChange('run', drawFindings);
