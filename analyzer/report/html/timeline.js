/* Memory over time, with a range that can be chosen by mouse or keyboard. */

const TIMELINE_HEIGHT = 120, TIMELINE_LEFT = 64;

function timelineEnd() {
	const times = state.run.timeline.time_ns;
	return times.length ? times[times.length - 1] : 1;
}

function drawLine(g, width, values, most, colour) {
	const times = state.run.timeline.time_ns, end = timelineEnd();
	g.beginPath();
	values.forEach((v, i) => {
		const x = TIMELINE_LEFT + (width - TIMELINE_LEFT - 4) * times[i] / end;
		const y = TIMELINE_HEIGHT - 20 - (TIMELINE_HEIGHT - 30) * v / most;
		if (i)
			g.lineTo(x, y);
		else
			g.moveTo(x, y);
	});
	g.strokeStyle = cssColour(colour);
	g.lineWidth = 1.6;
	g.stroke();
}

function drawRange(g, width) {
	if (!state.range)
		return;
	const x = ns => TIMELINE_LEFT + (width - TIMELINE_LEFT - 4) * ns / timelineEnd();
	g.fillStyle = cssColour('--accent');
	g.globalAlpha = 0.2;
	g.fillRect(x(state.range[0]), 4, Math.max(2, x(state.range[1]) - x(state.range[0])), TIMELINE_HEIGHT - 24);
	g.globalAlpha = 1;
}

/* A thin line at each moment that the program announced. */
function drawMarks(g, width) {
	const { marks } = state.run;
	g.fillStyle = cssColour('--quiet');
	for (let i = 0; i < marks.n; i++)
		g.fillRect(TIMELINE_LEFT + (width - TIMELINE_LEFT - 4) * marks.time_ns[i] / timelineEnd(), 4, 1, TIMELINE_HEIGHT - 24);
}

function drawTimeline() {
	const { g, width } = prepareCanvas(at('timeline'), TIMELINE_HEIGHT);
	const { timeline } = state.run;
	const most = Math.max(1, ...timeline.live_bytes, ...timeline.reserved_bytes);
	g.font = '11px system-ui, sans-serif';
	g.fillStyle = cssColour('--quiet');
	g.textAlign = 'right';
	g.fillText(bytes(most), TIMELINE_LEFT - 6, 14);
	g.fillText('0 B', TIMELINE_LEFT - 6, TIMELINE_HEIGHT - 18);
	g.textAlign = 'left';
	g.fillText('0', TIMELINE_LEFT, TIMELINE_HEIGHT - 4);
	g.textAlign = 'right';
	g.fillText(time(timelineEnd()), width - 4, TIMELINE_HEIGHT - 4);
	drawRange(g, width);
	drawMarks(g, width);
	g.setLineDash([5, 3]);
	if (state.run.raw.totals.peak_reserved_bytes)
		drawLine(g, width, timeline.reserved_bytes, most, '--warn');
	g.setLineDash([]);
	drawLine(g, width, timeline.live_bytes, most, '--accent');
	drawTimelineText();
}

function drawTimelineText() {
	const { timeline, raw } = state.run;
	const last = timeline.live_bytes.length - 1;
	const parts = ['solid: live bytes (requested), ' + bytes(raw.totals.peak_live_bytes) + ' at the peak after ' + time(raw.totals.peak_ms * 1e6) +
		', ' + bytes(last >= 0 ? timeline.live_bytes[last] : 0) + ' at the end'];
	if (raw.totals.peak_reserved_bytes)
		parts.push('dashed: reserved by allocators from the system, at most ' + bytes(raw.totals.peak_reserved_bytes));
	if (state.run.marks.n)
		parts.push('thin lines: ' + many(state.run.marks.n, 'mark') + ' of the program');
	const gc = raw.totals.gc;
	if (gc)
		parts.push(many(gc.generations.reduce((a, x) => a + x.collections, 0), 'collection') + ', longest pause ' + time(gc.pause_ns.max));
	if (state.range) {
		const mark = markInRange(state.run);
		parts.push('range ' + time(state.range[0]) + ' to ' + time(state.range[1]) + ': what was live after ' +
			time(timeline.marks_ns[mark]) + ', ' + bytes(totalValue(state.run)));
	}
	fill(at('timeline-text'), parts.map((x, i) => make('span', { class: i ? 'quiet' : null }, (i ? ' · ' : '') + x)));
}

/* ---- choosing a range ---- */

function setRange(from, to) {
	const end = timelineEnd();
	const low = Math.max(0, Math.min(from, to)), high = Math.min(end, Math.max(from, to));
	state.range = high - low < end / 200 ? null : [low, high];
	changed('range');
}

function timeAt(event) {
	const box = at('timeline').getBoundingClientRect();
	return (event.clientX - box.left - TIMELINE_LEFT) / (box.width - TIMELINE_LEFT - 4) * timelineEnd();
}

function timelineKey(event) {
	const end = timelineEnd(), step = end / 32;
	let [from, to] = state.range || [0, step];
	if (event.key === 'Escape') {
		state.range = null;
		changed('range');
		return;
	}
	if (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight')
		return;
	event.preventDefault();
	const move = event.key === 'ArrowRight' ? step : -step;
	if (!event.shiftKey && state.range)
		from = Math.max(0, Math.min(end - step, from + move));
	if (state.range)
		to = Math.max(from + step, Math.min(end, to + move));
	setRange(from, to);
}

function listenToTimeline() {
	const canvas = at('timeline');
	let start = null;
	canvas.addEventListener('pointerdown', event => {
		start = timeAt(event);
		canvas.setPointerCapture(event.pointerId);
	});
	canvas.addEventListener('pointermove', event => {
		if (start !== null)
			setRange(start, timeAt(event));
	});
	canvas.addEventListener('pointerup', event => {
		if (start !== null)
			setRange(start, timeAt(event));
		start = null;
	});
	canvas.addEventListener('keydown', timelineKey);
}

onChange('run range theme', drawTimeline);
