/* The icicle graph on a canvas: roots on top, width by value; zoom by click or Enter, arrows move. */

const ROW_HEIGHT = 20, ROWS_MOST = 40, NARROWEST = 1.5;

const graph = { tree: null, zoom: null, focus: null, boxes: [] };

function layout(node, x, width, depth, boxes) {
	boxes.push({ node, x, width, depth });
	if (depth >= ROWS_MOST)
		return;
	const children = sortedChildren(node);
	const whole = Math.max(weightOf(node), children.reduce((sum, c) => sum + weightOf(c), 0)) || 1;
	for (const c of children) {
		const w = width * weightOf(c) / whole;
		if (w < NARROWEST)
			break; /* the others are smaller still */
		layout(c, x, w, depth + 1, boxes);
		x += w;
	}
}

/* ---- colours ---- */

function hash(text) {
	let h = 2166136261;
	for (let i = 0; i < text.length; i++)
		h = Math.imul(h ^ text.charCodeAt(i), 16777619);
	return h >>> 0;
}

function moduleOf(node) {
	if (node.frame < 0)
		return node.name;
	const run = node.run;
	return run.modules[run.frames.module[node.frame]].path || frameFile(run, node.frame);
}

const LANGUAGE_HUES = { c: 210, 'c++': 260, rust: 20, python: 50, '': 0 };

function colourOf(node) {
	const light = isDark() ? 30 : 82;
	if (state.colour === 'language' && node.frame >= 0)
		return `hsl(${LANGUAGE_HUES[node.run.languages[node.run.frames.language[node.frame]]]} 45% ${light}%)`;
	if (state.colour === 'cross') {
		const share = node.frees ? node.cross / node.frees : 0;
		return `hsl(${210 - 200 * share} ${20 + 50 * share}% ${light}%)`;
	}
	if (state.colour === 'change' || state.other) {
		const change = weightOf(node) ? (node.value - node.before) / weightOf(node) : 0;
		const hue = state.other ? (change > 0 ? 8 : 150) : 210;
		return `hsl(${hue} ${state.other ? Math.round(60 * Math.abs(change)) : 10}% ${light}%)`;
	}
	return `hsl(${hash(moduleOf(node)) % 360} ${isDark() ? 35 : 55}% ${light}%)`;
}

/* ---- drawing ---- */

function label(node) {
	const sign = state.other ? (node.value >= node.before ? '+' : '-') + valueText(Math.abs(node.value - node.before)) + '  ' : '';
	return sign + nodeName(node) + '  ' + nodeWhere(node);
}

function drawBox(g, { node, x, width, depth }) {
	const y = depth * ROW_HEIGHT, dim = state.search && !node.found;
	g.globalAlpha = dim ? 0.35 : 1;
	g.fillStyle = colourOf(node);
	g.fillRect(x, y, Math.max(width - 1, 0.5), ROW_HEIGHT - 1);
	g.globalAlpha = 1;
	if (node === graph.focus) {
		g.strokeStyle = cssColour('--text');
		g.lineWidth = 2;
		g.strokeRect(x + 1, y + 1, Math.max(width - 3, 1), ROW_HEIGHT - 3);
	}
	if (width < 40)
		return;
	g.fillStyle = cssColour('--text');
	const room = Math.floor((width - 6) / 6.4);
	const text = label(node);
	g.fillText(text.length > room ? text.slice(0, Math.max(1, room - 1)) + '…' : text, x + 3, y + 14);
}

function drawGraph() {
	const canvas = at('graph');
	const boxes = [];
	layout(graph.zoom, 0, canvas.clientWidth, 0, boxes);
	graph.boxes = boxes;
	const rows = 1 + boxes.reduce((d, b) => Math.max(d, b.depth), 0);
	const { g } = prepareCanvas(canvas, rows * ROW_HEIGHT);
	g.font = '12px system-ui, sans-serif';
	for (const box of boxes)
		drawBox(g, box);
	drawCrumbs();
	drawChildren();
	drawSearchShare();
}

function describe(node) {
	const whole = weightOf(graph.tree) || 1;
	const before = state.other ? ', before ' + valueText(node.before) + ', change ' + (node.value >= node.before ? '+' : '-') + valueText(Math.abs(node.value - node.before)) : '';
	const full = node.frame < 0 ? node.name : frameFunction(node.run, node.frame) + '  ' + frameFile(node.run, node.frame) +
		(node.run.frames.line[node.frame] ? ':' + node.run.frames.line[node.frame] + (node.run.frames.column[node.frame] ? ':' + node.run.frames.column[node.frame] : '') : '');
	return full + ': ' + valueText(node.value) + before + ', ' + percent(weightOf(node) / whole) + ' of all';
}

function zoomTo(node) {
	graph.zoom = node;
	graph.focus = node;
	drawGraph();
	at('tip').textContent = describe(node);
}

function drawCrumbs() {
	const path = [];
	for (let node = graph.zoom; node; node = node.parent)
		path.unshift(node);
	fill(at('crumbs'), path.length < 2 ? [] : path.map((node, i) => [i ? ' › ' : '',
		make('button', { type: 'button', onclick: () => zoomTo(node) }, nodeName(node))]).flat());
}

/* The zoomed node's children as a list: every number of the graph can be reached without seeing it. */
function drawChildren() {
	const children = sortedChildren(graph.zoom).slice(0, 40);
	fill(at('children').querySelector('div'), make('ul', {}, children.map(node => make('li', {},
		make('button', { type: 'button', onclick: () => zoomTo(node) }, make('span', { class: 'name' }, nodeName(node))), ' ',
		valueText(node.value), ' ', make('span', { class: 'quiet' }, percent(weightOf(node) / (weightOf(graph.tree) || 1)) + '  ' + nodeWhere(node))))));
}

function drawSearchShare() {
	const tree = graph.tree;
	at('search-share').textContent = state.search
		? valueText(tree.found) + ' in what is found, ' + percent(tree.value ? tree.found / tree.value : 0) : '';
}

function rebuildGraph() {
	graph.tree = buildTree();
	graph.zoom = graph.focus = graph.tree;
	at('tip').textContent = '';
	drawGraph();
}

/* ---- mouse and keyboard ---- */

function boxAt(event) {
	const box = at('graph').getBoundingClientRect();
	const x = event.clientX - box.left, depth = Math.floor((event.clientY - box.top) / ROW_HEIGHT);
	return graph.boxes.find(b => b.depth === depth && x >= b.x && x < b.x + b.width);
}

function neighbour(node, step) {
	const siblings = node.parent ? sortedChildren(node.parent) : [node];
	return siblings[siblings.indexOf(node) + step] || node;
}

function graphKey(event) {
	const focus = graph.focus;
	const moves = {
		ArrowDown: () => sortedChildren(focus)[0] || focus,
		ArrowUp: () => focus.parent || focus,
		ArrowLeft: () => neighbour(focus, -1),
		ArrowRight: () => neighbour(focus, 1),
	};
	if (moves[event.key]) {
		graph.focus = moves[event.key]();
		at('tip').textContent = describe(graph.focus);
		drawGraph();
	} else if (event.key === 'Enter') {
		zoomTo(focus);
	} else if (event.key === 'Escape') {
		zoomTo(graph.tree);
	} else {
		return;
	}
	event.preventDefault();
}

function listenToGraph() {
	const canvas = at('graph');
	canvas.addEventListener('mousemove', event => {
		const box = boxAt(event);
		at('tip').textContent = box ? describe(box.node) : '';
	});
	canvas.addEventListener('click', event => {
		const box = boxAt(event);
		if (box)
			zoomTo(box.node);
	});
	canvas.addEventListener('keydown', graphKey);
	at('unzoom').addEventListener('click', () => zoomTo(graph.tree));
}

onChange('run metric range view', rebuildGraph);
onChange('theme', drawGraph);
