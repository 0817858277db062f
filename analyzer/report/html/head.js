/* Head: what ran, how it ended, whether the trace is whole; the other processes. */

function drawHead() {
	const { process, totals, health } = state.run.raw;
	const command = (process.argv || []).length ? process.argv : [process.exe];
	at('command').textContent = command.join(' ');
	document.title = 'pooltrace: ' + baseName(command[0]);

	const facts = [
		['pid', process.pid], ['ran', time(process.duration_ms * 1e6)], ['ended', process.end],
		['peak live', bytes(totals.peak_live_bytes) + ' after ' + time(totals.peak_ms * 1e6)],
		['live at the end', bytes(totals.live_bytes) + ' in ' + many(totals.live_blocks, 'block')],
		['allocated', bytes(totals.allocated_bytes) + ' in ' + many(totals.allocs, 'allocation')],
		['temporary', percent(totals.allocs ? totals.temporary_allocs / totals.allocs : 0) + ' of allocations'],
	];
	if (process.run && process.run.peak_rss_bytes)
		facts.push(['resident at most', bytes(process.run.peak_rss_bytes) + ' (whole process, traced)']);
	if (process.untraced_cpu_ms)
		facts.push(['CPU untraced', time(process.untraced_cpu_ms * 1e6)]);
	fill(at('facts'), facts.map(([name, value]) => make('span', {}, make('span', { class: 'quiet' }, name + ' '), make('b', {}, value))));
	drawHealth(health);
}

function drawHealth(health) {
	const wrong = [];
	if (health.lost_events)
		wrong.push(many(health.lost_events, 'event') + ' lost');
	if (health.damaged_chunks)
		wrong.push(many(health.damaged_chunks, 'damaged part') + ' of the trace');
	if (health.stopped)
		wrong.push('recording stopped early: ' + health.stopped);
	if (health.unmatched_frees)
		wrong.push(many(health.unmatched_frees, 'free') + ' of unknown blocks');
	if (!health.complete && !wrong.length)
		wrong.push('the end of the process was not seen');
	const notes = [];
	if (health.truncated_stacks)
		notes.push(many(health.truncated_stacks, 'event') + ' with an incomplete stack');
	fill(at('health'),
		wrong.length ? make('b', { class: 'bad' }, '✗ incomplete: ' + wrong.join('; '))
			: make('b', { class: 'good' }, '✓ complete: ' + many(health.events, 'event') + ' read, none lost'),
		notes.concat(health.notes).map(note => make('span', { class: 'quiet name' }, ' · ' + note)));
}

/* ---- processes ---- */

function depths(index) {
	const byPid = new Map(index.map((p, i) => [p.pid, i]));
	return index.map((p, i) => {
		let depth = 0;
		for (let k = byPid.get(p.parent_pid); k !== undefined && k !== i && depth < 8; k = byPid.get(index[k].parent_pid))
			depth++;
		return depth;
	});
}

function processText(p, depth) {
	return '\u00a0\u00a0'.repeat(depth) + p.name + ' ' + p.pid + ': ' + many(p.allocs, 'allocation') + ', ' +
		bytes(p.peak_live_bytes) + ' at the peak, ' + many(p.findings, 'finding');
}

/* The process to begin with: one that has findings, of these the one that allocates most. */
function mainProcess(index) {
	let best = -1;
	const weight = p => (p.findings ? 1e18 : 0) + p.allocs;
	index.forEach((p, i) => {
		if (p.has_data && (best < 0 || weight(p) > weight(index[best])))
			best = i;
	});
	return best;
}

function drawProcesses(chosen) {
	const depth = depths(state.index);
	const list = state.index.map((p, i) => [String(i), processText(p, depth[i])]).filter(x => state.index[x[0]].has_data);
	options(at('process'), list, String(chosen));
	options(at('other'), [['', 'nothing'], ...list], '');
	const box = at('processes');
	box.hidden = state.index.length < 2;
	box.querySelector('summary').textContent = many(state.index.length, 'process').replace('processs', 'processes');
	const rows = state.index.map((p, i) => make('tr', {},
		make('td', { class: 'name' }, '\u00a0\u00a0'.repeat(depth[i]) + p.name),
		[p.pid, count(p.allocs), bytes(p.peak_live_bytes), bytes(p.live_bytes), p.findings].map(x => make('td', {}, x)),
		make('td', {}, p.has_data ? make('button', { type: 'button', onclick: () => showRun(i) }, 'show') : 'not in this page')));
	const heads = ['program', 'pid', 'allocations', 'at the peak', 'at the end', 'findings', ''];
	fill(box.querySelector('div'), make('table', {}, make('thead', {}, make('tr', {},
		heads.map(x => make('th', { class: x === 'program' ? 'name' : null, scope: 'col' }, x)))), make('tbody', {}, rows)));
}

onChange('run', drawHead);
