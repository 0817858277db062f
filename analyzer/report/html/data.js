'use strict';
/* The page's data: blocks of JSON schema 2, compressed and in base64, decoded when they are needed. */

async function readBlock(id) {
	const element = document.getElementById(id);
	if (!element)
		return null;
	const bytes = Uint8Array.from(atob(element.textContent.trim()), c => c.charCodeAt(0));
	const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate'));
	return JSON.parse(await new Response(stream).text());
}

/* A column of schema 2 as an array of n numbers. */
function column(value, n) {
	const out = new Float64Array(n);
	if (typeof value === 'number')
		return out.fill(value);
	if (Array.isArray(value)) {
		out.set(value);
		return out;
	}
	let row = 0;
	value.rows.forEach((step, i) => {
		row += step;
		out[row] = value.values[i];
	});
	return out;
}

function table(columns) {
	const out = { n: columns.n };
	for (const key of Object.keys(columns))
		if (key !== 'n')
			out[key] = column(columns[key], columns.n);
	return out;
}

/* One process with its columns expanded. */
async function readRun(number) {
	const raw = await readBlock('run' + number);
	if (!raw)
		return null;
	const run = { raw, strings: raw.strings, languages: raw.languages, modules: raw.modules };
	for (const key of ['frames', 'stacks', 'sites', 'places', 'classes'])
		run[key] = table(raw[key]);
	for (const key of ['marks', 'regions', 'region_names'])
		run[key] = table(raw[key] || { n: 0, name: [] });
	const moments = Array.isArray(raw.timeline.time_ns) ? raw.timeline.time_ns.length : 0;
	run.timeline = {};
	for (const key of Object.keys(raw.timeline))
		run.timeline[key] = column(raw.timeline[key], key === 'marks_ns' ? markCount(raw) : moments);
	run.source = new Map((raw.source || []).map(x => [x.frame - 1, x.text]));
	run.details = new Map(raw.details.map(x => [x.site, x]));
	run.rowOfSite = rowsOfSites(run.sites);
	return run;
}

function markCount(raw) {
	return Array.isArray(raw.timeline.marks_ns) ? raw.timeline.marks_ns.length : 0;
}

/* Findings name sites by id; where small sites are added up, rows have their id in a column. */
function rowsOfSites(sites) {
	if (!sites.id)
		return null;
	const rows = new Map();
	for (let i = 0; i < sites.n; i++)
		if (sites.id[i])
			rows.set(sites.id[i] - 1, i);
	return rows;
}

/* ---- names ---- */

const frameFunction = (run, f) => run.strings[run.frames.function[f]];
const frameFile = (run, f) => run.strings[run.frames.file[f]];
const baseName = path => path.slice(path.lastIndexOf('/') + 1);

function frameWhere(run, f) {
	const file = baseName(frameFile(run, f));
	if (file)
		return run.frames.line[f] ? file + ':' + run.frames.line[f] : file;
	return baseName(run.modules[run.frames.module[f]].path);
}

function shortFunction(name) {
	let out = name.replace(/std::__cxx11::basic_string<char, std::char_traits<char>, std::allocator<char> ?>/g, 'std::string');
	for (let before = ''; out !== before && out.length > 60;) {
		before = out;
		out = out.replace(/<[^<>]+>/g, '‹›').replace(/\([^()]+\)/g, '()');
	}
	return out.length > 90 ? out.slice(0, 89) + '…' : out;
}

const frameName = (run, f) => shortFunction(frameFunction(run, f));

function className(run, row) {
	const module = run.strings[run.classes.module[row]];
	const name = run.strings[run.classes.name[row]];
	return module && module !== 'builtins' ? module + '.' + name : name;
}

function isImport(run, f) {
	const file = frameFile(run, f);
	return file.startsWith('<frozen importlib') || file === '<frozen zipimport>';
}

/* ---- numbers for people, as the text report writes them ---- */

function scaled(value, step, units) {
	let v = Math.abs(value), i = 0;
	while (i + 1 < units.length && v >= step * 0.9995) {
		v /= step;
		i++;
	}
	const digits = i === 0 ? 0 : v < 9.995 ? 2 : v < 99.95 ? 1 : 0;
	return (value < 0 ? '-' : '') + v.toFixed(digits) + units[i];
}

const bytes = n => scaled(n, 1024, [' B', ' KiB', ' MiB', ' GiB', ' TiB']);
const count = n => scaled(n, 1000, ['', ' k', ' M', ' G', ' T']);
const time = ns => scaled(ns, 1000, [' ns', ' us', ' ms', ' s']);
const percent = x => (100 * x).toFixed(x !== 0 && Math.abs(x) < 0.0995 ? 1 : 0) + ' %';
const many = (n, word) => count(n) + ' ' + word + (n === 1 ? '' : 's');
