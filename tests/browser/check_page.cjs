/*
 * Uses a report page as a person would, in headless Chromium, and compares its numbers with the JSON.
 *
 *     check_page.cjs MODULES PAGE.html REPORT.json [SCREENSHOT.png]
 *
 * MODULES: folder with puppeteer-core and axe-core.  REPORT.json: schema 2 of the same traces.  Fails on
 * any number that differs, any message on the console, any request that leaves the page, and any fault
 * that axe-core calls serious or critical.
 */
'use strict';

const fs = require('fs');
const path = require('path');

const [modules, file, report, screenshot] = process.argv.slice(2);
const puppeteer = require(path.join(modules, 'puppeteer-core'));
const axe = fs.readFileSync(path.join(modules, 'axe-core', 'axe.min.js'), 'utf8');
const json = JSON.parse(fs.readFileSync(report, 'utf8'));
const BROWSER = process.env.CHROMIUM || ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(x => fs.existsSync(x));

const faults = [];

function check(holds, what) {
	if (!holds)
		faults.push(what);
}

const equal = (got, want, what) => check(got === want, `${what}: the page has ${got}, the JSON ${want}`);

function watch(page) {
	page.on('console', message => faults.push('console: ' + message.text()));
	page.on('pageerror', error => faults.push('script: ' + error.message));
	page.on('request', request => {
		const url = request.url();
		check(url === 'file://' + path.resolve(file) || url.startsWith('blob:') || url.startsWith('data:'), 'request: ' + url);
	});
	page.on('dialog', dialog => {
		faults.push('dialog: ' + dialog.message());
		dialog.dismiss();
	});
}

/* Which process of the JSON the page shows. */
function shownProcess(trace) {
	return [json, ...(json.others || [])].find(x => x.process.trace === trace);
}

async function checkNumbers(page) {
	const shown = await page.evaluate(() => ({
		trace: state.run.raw.process.trace,
		totals: state.run.raw.totals,
		findings: state.run.raw.findings.map(f => [f.id, f.kind, f.title]),
		cards: document.querySelectorAll('details.finding').length,
		sums: Object.fromEntries(METRICS.map(([key]) => [key, [state.run.sites[key], state.run.places[key]].map(c => c.reduce((a, b) => a + b, 0))])),
		head: document.getElementById('facts').textContent,
		expected: [bytes(state.run.raw.totals.peak_live_bytes), bytes(state.run.raw.totals.live_bytes), count(state.run.raw.totals.allocs)],
	}));
	const run = shownProcess(shown.trace);
	const total = { at_peak_bytes: 'peak_live_bytes', live_bytes: 'live_bytes', allocated_bytes: 'allocated_bytes', allocs: 'allocs', temporary_allocs: 'temporary_allocs' };
	for (const [key, [sites, places]] of Object.entries(shown.sums)) {
		equal(sites, run.totals[total[key]], 'sum of sites, ' + key);
		equal(places, run.totals[total[key]], 'sum of places, ' + key);
	}
	equal(JSON.stringify(shown.findings), JSON.stringify(run.findings.map(f => [f.id, f.kind, f.title])), 'findings');
	equal(shown.cards, run.findings.length, 'cards');
	shown.expected.forEach(text => check(shown.head.includes(text), 'head has no ' + text));
	return run;
}

async function useFindings(page) {
	await page.evaluate(() => document.querySelectorAll('#findings details').forEach(x => { x.open = true; }));
	const values = await page.$$eval('details.finding', list => list.map(x => x.textContent.length));
	check(values.every(n => n > 40), 'a card is empty');
	check(!(await page.$eval('body', x => x.textContent)).includes('[object'), 'an object is shown as text');
}

async function useGraph(page, run) {
	const total = { at_peak_bytes: 'peak_live_bytes', live_bytes: 'live_bytes', allocated_bytes: 'allocated_bytes', allocs: 'allocs', temporary_allocs: 'temporary_allocs' };
	for (const [key, name] of Object.entries(total)) {
		await page.select('#metric', key);
		equal(await page.evaluate(() => graph.tree.value), run.totals[name], 'graph, ' + key);
	}
	for (const value of await page.$$eval('#metric option', list => list.map(x => x.value).filter(x => x.startsWith('finding')))) {
		await page.select('#metric', value);
		check(await page.evaluate(() => graph.tree.value > 0), 'graph of a finding is empty: ' + value);
	}
	await page.select('#metric', 'allocs');
	for (const id of ['inverted', 'fold', 'wrappers']) {
		await page.click('#' + id);
		equal(await page.evaluate(() => graph.tree.value), run.totals.allocs, 'graph, ' + id);
		await page.click('#' + id);
	}
	for (const colour of ['language', 'cross', 'change', 'module'])
		await page.select('#colour', colour);
	await useZoom(page);
}

async function useZoom(page) {
	const box = await page.$eval('#graph', x => { x.scrollIntoView(); const r = x.getBoundingClientRect(); return [r.left, r.top]; });
	await page.mouse.move(box[0] + 10, box[1] + 30);
	check((await page.$eval('#tip', x => x.textContent)).includes('% of all'), 'no tip under the mouse');
	await page.mouse.click(box[0] + 10, box[1] + 30);
	check(await page.evaluate(() => graph.zoom !== graph.tree), 'a click does not zoom');
	check((await page.$$('#crumbs button')).length >= 2, 'no crumbs');
	await page.click('#unzoom');
	check(await page.evaluate(() => graph.zoom === graph.tree), 'reset does not reset');
	await page.focus('#graph');
	await page.keyboard.press('ArrowDown');
	await page.keyboard.press('Enter');
	check(await page.evaluate(() => graph.zoom !== graph.tree), 'Enter does not zoom');
	await page.keyboard.press('Escape');
	await page.click('#children summary');
	check((await page.$$('#children li')).length > 0, 'no list of children');
	await page.type('#search', 'a');
	check((await page.$eval('#search-share', x => x.textContent)).includes('in what is found'), 'search says nothing');
	await page.$eval('#search', x => { x.value = ''; x.dispatchEvent(new Event('input')); });
}

async function useTimeline(page) {
	const box = await page.$eval('#timeline', x => { x.scrollIntoView(); const r = x.getBoundingClientRect(); return [r.left, r.top, r.width]; });
	await page.mouse.move(box[0] + box[2] * 0.4, box[1] + 40);
	await page.mouse.down();
	await page.mouse.move(box[0] + box[2] * 0.8, box[1] + 40);
	await page.mouse.up();
	const range = await page.evaluate(() => {
		const mark = markInRange(state.run), run = state.run;
		return { set: state.range !== null, tree: graph.tree.value, line: run.timeline.live_bytes[run.timeline.time_ns.indexOf(run.timeline.marks_ns[mark])] };
	});
	check(range.set, 'dragging chooses no range');
	equal(range.tree, range.line, 'graph of a range and the timeline');
	check((await page.$eval('#places th button', x => x.textContent)).startsWith('live in range'), 'the table does not follow the range');
	await page.focus('#timeline');
	await page.keyboard.press('ArrowLeft');
	await page.keyboard.down('Shift');
	await page.keyboard.press('ArrowRight');
	await page.keyboard.up('Shift');
	check(await page.evaluate(() => state.range !== null), 'arrows lose the range');
	await page.keyboard.press('Escape');
	check(await page.evaluate(() => state.range === null), 'Escape does not end the range');
}

/* Marks and regions of the program: a row each, and a name chooses its time. */
async function useAnnounced(page, run) {
	if (!run.marks)
		return;
	equal((await page.$$('#marks tbody tr')).length, Math.min(run.marks.n, 60), 'marks');
	equal((await page.$$('#regions tbody tr')).length, Math.min(run.region_names.n, 60), 'names of regions');
	await page.click('#regions button');
	check(await page.evaluate(() => state.range !== null), 'a region chooses no range');
	await page.focus('#timeline');
	await page.keyboard.press('Escape');
}

async function useTable(page) {
	for (const group of await page.$$eval('#group option', list => list.map(x => x.value))) {
		await page.select('#group', group);
		check((await page.$$('#places tbody tr')).length > 0, 'no rows by ' + group);
	}
	await page.select('#group', 'place');
	for (let i = 0; i < 7; i++) {
		await page.evaluate(n => document.querySelectorAll('#places th button')[n].click(), i);
		equal((await page.$$('#places th[aria-sort=descending]')).length, 1, 'sorted columns');
	}
	await page.evaluate(() => document.querySelector('#places tbody tr.row').click());
	check((await page.$$('#places td.opened li')).length > 0, 'a row opens to nothing');
	await page.focus('#places button.opener');
	await page.keyboard.press('Enter');
	equal((await page.$$('#places td.opened')).length, 0, 'opened rows after Enter');
	await page.type('#filter', 'no such place (');
	equal(await page.$eval('#filter', x => x.getAttribute('aria-invalid')), 'true', 'a wrong expression is');
	await page.$eval('#filter', x => { x.value = 'zzzzqq'; x.dispatchEvent(new Event('input')); });
	equal((await page.$$('#places tbody tr')).length, 0, 'rows of what is nowhere');
	await page.$eval('#filter', x => { x.value = ''; x.dispatchEvent(new Event('input')); });
}

async function useProcesses(page) {
	const values = await page.$$eval('#process option', list => list.map(x => x.value));
	if (values.length < 2)
		return;
	for (const value of values.slice(0, 3)) {
		await page.select('#process', value);
		await page.waitForFunction(number => state.number === number, {}, Number(value));
	}
	await page.select('#other', values[0]);
	await page.waitForFunction(() => state.other !== null);
	check(await page.evaluate(() => /[+-]\d|=/.test(document.querySelector('#places tbody').textContent)), 'no change is shown');
	await page.select('#other', String(await page.evaluate(() => state.number)));
	await page.waitForFunction(() => state.other && state.other.raw.process.trace === state.run.raw.process.trace);
	check(await page.evaluate(() => graph.tree.value === graph.tree.before), 'a process differs from itself');
	await page.select('#other', '');
	await page.waitForFunction(() => state.other === null);
}

async function checkAccess(page, name) {
	await page.evaluate(axe);
	const found = await page.evaluate(() => axe.run(document, { resultTypes: ['violations'] }));
	for (const x of found.violations)
		if (x.impact === 'serious' || x.impact === 'critical')
			faults.push(`axe (${name}): ${x.id}: ${x.help}: ${x.nodes.slice(0, 3).map(n => n.html.slice(0, 120)).join(' | ')}`);
}

async function main() {
	const browser = await puppeteer.launch({ executablePath: BROWSER, headless: true, args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'] });
	const page = await browser.newPage();
	await page.setViewport({ width: 1280, height: 1400 });
	watch(page);
	await page.goto('file://' + path.resolve(file));
	await page.waitForFunction(() => document.documentElement.dataset.ready === 'yes', { timeout: 60000 });
	const run = await checkNumbers(page);
	if (screenshot)
		await page.screenshot({ path: screenshot });
	await useFindings(page);
	await useTimeline(page);
	await useAnnounced(page, run);
	await useGraph(page, run);
	await useTable(page);
	check((await page.$$('#allocator tr')).length > 0, 'nothing is said of the allocator');
	equal((await page.$$('#classes tbody tr')).length > 0, run.classes.n > 0 && JSON.stringify(run.classes.built) !== '0', 'a table of classes');
	equal((await page.$$('#holders tbody tr')).length, (run.holders || []).length, 'who holds it');
	await checkAccess(page, 'light');
	await page.click('#theme');
	await checkAccess(page, 'dark');
	await page.emulateMediaType('print');
	check((await page.pdf({ format: 'A4' })).length > 1000, 'it does not print');
	await page.emulateMediaType('screen');
	await page.setViewport({ width: 420, height: 900 });
	await useProcesses(page);
	equal(await page.evaluate(() => document.querySelectorAll('img, iframe, a, object, embed, link').length), 0, 'foreign elements');
	await browser.close();
}

main().then(() => {
	faults.forEach(x => console.log(x));
	process.exit(faults.length ? 1 : 0);
}, error => {
	console.log(faults.join('\n') + '\n' + error.stack);
	process.exit(1);
});
