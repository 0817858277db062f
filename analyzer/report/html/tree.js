/*
 * The tree that the graph draws: sites of a process by their stacks, for the metric, range and filter that
 * are chosen.  A node's children are keyed by what is shown of a frame, so that equal lines meet.
 */

function frameKey(run, f) {
	return frameFunction(run, f) + '\n' + baseName(frameFile(run, f)) + '\n' + run.frames.line[f];
}

/* Number of each frame's key; processes that are compared share the numbers. */
function keyFrames(run, keys) {
	const out = new Int32Array(run.frames.n);
	for (let f = 0; f < run.frames.n; f++) {
		const key = frameKey(run, f);
		if (!keys.has(key))
			keys.set(key, keys.size);
		out[f] = keys.get(key);
	}
	return out;
}

function matcher(text) {
	const wanted = text.toLowerCase();
	return name => name.toLowerCase().includes(wanted);
}

/* Frames that the search finds; null: no search. */
function foundFrames(run) {
	if (!state.search)
		return null;
	const matches = matcher(state.search);
	return Array.from({ length: run.frames.n }, (_, f) => matches(frameFunction(run, f)) || matches(frameFile(run, f)));
}

function hiddenFrames(run) {
	const hidden = new Uint8Array(run.frames.n);
	for (let f = 0; f < run.frames.n; f++)
		hidden[f] = (state.fold && isImport(run, f)) || (state.wrappers && run.frames.flags[f] & 4) ? 1 : 0;
	return hidden;
}

function child(node, key, frame, name, run) {
	let next = node.children.get(key);
	if (!next) {
		next = { children: new Map(), value: 0, before: 0, cross: 0, frees: 0, frame, name, run, parent: node, found: 0 };
		node.children.set(key, next);
	}
	return next;
}

const newRoot = () => child({ children: new Map() }, 0, -1, 'all');

/* What stands for a site below its last frame: its class, or that it is several small sites. */
function leafName(run, row) {
	const place = run.sites.place[row];
	if (!place)
		return run.sites.folded_sites ? 'other (' + run.sites.folded_sites[row] + ')' : '';
	const row_ = run.places.class[place - 1];
	return row_ ? className(run, row_ - 1) : '';
}

function pathOf(run, row, hidden) {
	const path = [];
	for (let node = run.sites.stack[row]; node > 0; node -= run.stacks.up[node]) {
		const f = run.stacks.frame[node];
		if (!hidden[f])
			path.push(f);
	}
	return path;
}

function addSite(root, run, row, value, field, context) {
	const path = pathOf(run, row, context.hidden);
	const leaf = leafName(run, row);
	const found = context.found && (path.some(f => context.found[f]) || (leaf && context.matches(leaf)));
	if (!state.inverted)
		path.reverse();
	const add = node => {
		node[field] += value;
		node.cross += run.sites.cross_thread_frees[row];
		node.frees += run.sites.allocs[row] - run.sites.live_blocks[row];
		node.found += found ? value : 0;
	};
	let node = root;
	add(node);
	if (leaf && state.inverted)
		add(node = child(node, leaf, -1, leaf, run));
	for (const f of path)
		add(node = child(node, context.keys[f], f, '', run));
	if (leaf && !state.inverted)
		add(child(node, leaf, -1, leaf, run));
}

function addRun(root, run, field, keys) {
	const values = siteValues(run);
	const context = { hidden: hiddenFrames(run), found: foundFrames(run), keys: keyFrames(run, keys), matches: matcher(state.search || '') };
	let sum = 0;
	for (let row = 0; row < run.sites.n; row++) {
		if (!values[row])
			continue;
		sum += values[row];
		addSite(root, run, row, values[row], field, context);
	}
	const rest = totalValue(run) - sum;
	if (rest > 0) {
		root[field] += rest;
		child(root, 'rest', -1, 'sites that are not kept over time', run)[field] += rest;
	}
}

function buildTree() {
	const root = newRoot(), keys = new Map();
	root.parent = null;
	addRun(root, state.run, 'value', keys);
	if (state.other)
		addRun(root, state.other, 'before', keys);
	return root;
}

/* What a node is drawn with: with a second process the larger of the two. */
const weightOf = node => state.other ? Math.max(node.value, node.before) : node.value;

const nodeName = node => node.frame < 0 ? node.name : frameName(node.run, node.frame);
const nodeWhere = node => node.frame < 0 ? '' : frameWhere(node.run, node.frame);

function sortedChildren(node) {
	if (!node.sorted)
		node.sorted = [...node.children.values()].sort((a, b) => weightOf(b) - weightOf(a));
	return node.sorted;
}
