/* The rules for analyzer/report/html/*.js, which are one script when joined. */
import js from '@eslint/js';

const browser = ['document', 'window', 'navigator', 'matchMedia', 'getComputedStyle', 'atob', 'Blob', 'Response',
	'DecompressionStream', 'Node'];

export default [
	js.configs.recommended,
	{
		languageOptions: { sourceType: 'script', globals: Object.fromEntries(browser.map(x => [x, 'readonly'])) },
		rules: {
			'no-shadow': 'error', 'no-var': 'error', 'prefer-const': 'error', eqeqeq: 'error', 'no-eval': 'error',
			'no-implied-eval': 'error', 'max-len': ['error', 200], 'max-lines-per-function': ['error', 65],
			'no-restricted-properties': ['error',
				{ property: 'innerHTML', message: 'names from a trace go in as text' },
				{ property: 'outerHTML', message: 'names from a trace go in as text' },
				{ property: 'insertAdjacentHTML', message: 'names from a trace go in as text' }],
		},
	},
];
