/* Beginning: read the index, show the process that matters, connect the controls. */

function drawMetrics() {
	const list = METRICS.map(([key, text]) => [key, text]);
	state.run.raw.findings.forEach((f, i) => {
		if ((f.sites || []).length)
			list.push(['finding:' + i, 'stacks of finding #' + f.id + ' (' + f.kind + ')']);
	});
	options(at('metric'), list, state.metric);
}

async function showRun(number) {
	state.run = await readRun(number);
	state.number = number;
	state.range = null;
	state.finding = -1;
	if (state.metric === 'finding')
		state.metric = 'at_peak_bytes';
	places.open = '';
	at('process').value = String(number);
	drawMetrics();
	changed('run');
}

async function compareWith(value) {
	state.other = value === '' ? null : await readRun(Number(value));
	state.colour = state.other ? 'change' : 'module';
	at('colour').value = state.colour;
	changed('run');
}

function setMetric(value) {
	const [word, number] = value.split(':');
	state.metric = word;
	state.finding = number === undefined ? -1 : Number(number);
	changed('metric');
}

/* A control that sets one field of the state. */
function connect(id, event, field, value, word) {
	at(id).addEventListener(event, () => {
		state[field] = value(at(id));
		changed(word);
	});
}

function listen() {
	at('process').addEventListener('change', () => showRun(Number(at('process').value)));
	at('other').addEventListener('change', () => compareWith(at('other').value));
	at('metric').addEventListener('change', () => setMetric(at('metric').value));
	connect('inverted', 'change', 'inverted', x => x.checked, 'view');
	connect('fold', 'change', 'fold', x => x.checked, 'view');
	connect('wrappers', 'change', 'wrappers', x => x.checked, 'view');
	connect('search', 'input', 'search', x => x.value, 'view');
	connect('colour', 'change', 'colour', x => x.value, 'theme');
	at('theme').addEventListener('click', () => {
		document.documentElement.dataset.theme = isDark() ? 'light' : 'dark';
		changed('theme');
	});
	matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => changed('theme'));
	window.addEventListener('resize', () => changed('theme'));
	listenToTimeline();
	listenToGraph();
	listenToTable();
}

async function begin() {
	state.index = await readBlock('index0');
	const first = mainProcess(state.index);
	drawProcesses(first);
	listen();
	await showRun(first);
	document.documentElement.dataset.ready = 'yes';
}

begin();
