/* Elements.  Text goes in as text only: no name from a trace can become markup. */

const at = id => document.getElementById(id);

function make(tag, attributes, ...children) {
	const element = document.createElement(tag);
	for (const [key, value] of Object.entries(attributes || {})) {
		if (key === 'style') /* a style attribute is what the page's policy forbids */
			Object.assign(element.style, value);
		else if (key.startsWith('on'))
			element.addEventListener(key.slice(2), value);
		else if (value !== false && value !== null && value !== undefined)
			element.setAttribute(key, value === true ? '' : value);
	}
	element.append(...children.flat(Infinity).filter(x => x !== null && x !== undefined && x !== false));
	return element;
}

function fill(element, ...children) {
	element.replaceChildren(...children.flat(Infinity).filter(x => x !== null && x !== undefined && x !== false));
}

function options(select, list, chosen) {
	fill(select, list.map(([value, text]) => make('option', { value, selected: value === chosen }, text)));
}

/* A canvas at the screen's resolution; its context in CSS pixels. */
function prepareCanvas(canvas, height) {
	const ratio = window.devicePixelRatio || 1;
	const width = canvas.clientWidth;
	canvas.style.height = height + 'px';
	canvas.width = Math.round(width * ratio);
	canvas.height = Math.round(height * ratio);
	const g = canvas.getContext('2d');
	g.setTransform(ratio, 0, 0, ratio, 0, 0);
	g.clearRect(0, 0, width, height);
	return { g, width };
}

const cssColour = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function isDark() {
	const theme = document.documentElement.dataset.theme;
	return theme ? theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
}

function copyButton(text) {
	const button = make('button', { type: 'button' }, 'copy');
	button.addEventListener('click', async () => {
		await navigator.clipboard.writeText(text).then(() => { button.textContent = 'copied'; }, () => {
			button.textContent = 'select it and copy by hand';
		});
	});
	return button;
}
