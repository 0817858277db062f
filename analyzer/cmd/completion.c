/* `pooltrace completion`: what shells complete, made from the tables of commands and options. */
#include "cmd/cmd.h"

#include <stdlib.h>
#include <string.h>

#include "util/text.h"

static const struct option_row rows[] = {{0}};

/* The words that a value is one of, with blanks between: "text json html"; NULL: it is a file or free.  `words` has
 * room for it. */
static const char *words_of(const struct option_row *o, char *words, size_t room)
{
	if (!o->argument || !strchr(o->argument, '|') || strchr(o->argument, '['))
		return NULL;
	snprintf(words, room, "%s", o->argument);
	for (char *p = words; (p = strchr(p, '|'));)
		*p = ' ';
	return words;
}

/* ---- bash ---- */

static void bash_put_values(const struct command *c)
{
	char words[256];
	for (const struct option_row *o = c->options; o && o->name; o++)
		if (words_of(o, words, sizeof words))
			printf("\t%s:--%s) COMPREPLY=($(compgen -W '%s' -- \"$word\")); return "
			       ";;\n",
			       c->name, o->name, words);
}

static void bash_put_options(const struct command *c)
{
	printf("\t%s) options='--help", c->name);
	for (const struct option_row *o = c->options; o && o->name; o++)
		printf(" --%s", o->name);
	puts("' ;;");
}

static void print_bash(void)
{
	fputs("# bash completion of pooltrace; made by 'pooltrace completion bash'\n"
	      "_pooltrace() {\n"
	      "\tlocal word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} "
	      "options=\n"
	      "\tif [ \"$COMP_CWORD\" = 1 ]; then\n"
	      "\t\tCOMPREPLY=($(compgen -W '",
	      stdout);
	for (unsigned i = 0; commands[i]; i++)
		printf("%s%s", i ? " " : "", commands[i]->name);
	puts("' -- \"$word\"))\n\t\treturn\n\tfi\n\tcase ${COMP_WORDS[1]}:$before in");
	for (unsigned i = 0; commands[i]; i++)
		bash_put_values(commands[i]);
	puts("\tesac\n\tcase ${COMP_WORDS[1]} in");
	for (unsigned i = 0; commands[i]; i++)
		bash_put_options(commands[i]);
	puts("\tesac\n"
	     "\tcase $word in\n"
	     "\t-*) COMPREPLY=($(compgen -W \"$options\" -- \"$word\")) ;;\n"
	     "\t*) COMPREPLY=($(compgen -f -- \"$word\")) ;;\n"
	     "\tesac\n"
	     "}\n"
	     "complete -o filenames -F _pooltrace pooltrace");
}

/* ---- zsh ---- */

/* In quotes of the shell; for zsh's descriptions, in which brackets and colons mean something, without these. */
static void put_quoted(const char *text, const char *without)
{
	for (const char *p = text; *p; p++) {
		if (strchr(without, *p))
			putchar(' ');
		else if (*p == '\'')
			fputs("'\\''", stdout);
		else
			putchar(*p);
	}
}

static void zsh_put_command(const struct command *c)
{
	char words[256];

	printf("\t%s) _arguments '--help[explain the command]'", c->name);
	for (const struct option_row *o = c->options; o && o->name; o++) {
		printf(" '--%s[", o->name);
		put_quoted(o->help, "[]:");
		putchar(']');
		if (words_of(o, words, sizeof words))
			printf(":value:(%s)", words);
		else if (o->argument)
			fputs(strstr(o->argument, "FILE") ? ":file:_files" : ":value:", stdout);
		putchar('\'');
	}
	puts(" '*:file:_files' ;;");
}

static void print_zsh(void)
{
	puts("#compdef pooltrace\n# made by 'pooltrace completion zsh'\n"
	     "local -a pooltrace_commands\npooltrace_commands=(");
	for (unsigned i = 0; commands[i]; i++) {
		printf("\t'%s:", commands[i]->name);
		put_quoted(commands[i]->summary, ":");
		puts("'");
	}
	puts(")\n"
	     "if ((CURRENT == 2)); then\n"
	     "\t_describe command pooltrace_commands\n"
	     "\treturn\n"
	     "fi\n"
	     "shift words\n"
	     "((CURRENT--))\n"
	     "case $words[1] in");
	for (unsigned i = 0; commands[i]; i++)
		zsh_put_command(commands[i]);
	puts("esac");
}

/* ---- fish ---- */

static void fish_put_command(const struct command *c)
{
	char words[256];

	printf("complete -c pooltrace -n __fish_use_subcommand -a %s -d '", c->name);
	put_quoted(c->summary, "");
	puts("'");
	for (const struct option_row *o = c->options; o && o->name; o++) {
		printf("complete -c pooltrace -n '__fish_seen_subcommand_from %s' -l %s", c->name,
		       o->name);
		if (o->letter)
			printf(" -s %c", o->letter);
		if (words_of(o, words, sizeof words))
			printf(" -x -a '%s'", words);
		else if (o->argument)
			fputs(strstr(o->argument, "FILE") ? " -r" : " -x", stdout);
		fputs(" -d '", stdout);
		put_quoted(o->help, "");
		puts("'");
	}
}

static void print_fish(void)
{
	puts("# fish completion of pooltrace; made by 'pooltrace completion fish'");
	for (unsigned i = 0; commands[i]; i++)
		fish_put_command(commands[i]);
}

/* ---- the command ---- */

static int completion_run(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*print)(void);
	} shells[] = {{"bash", print_bash}, {"zsh", print_zsh}, {"fish", print_fish}};

	for (unsigned i = 0; argc == 2 && i < sizeof shells / sizeof *shells; i++)
		if (!strcmp(argv[1], shells[i].name)) {
			shells[i].print();
			return EXIT_FINE;
		}
	if (argc == 2 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))) {
		command_help(stdout, &cmd_completion);
		return EXIT_FINE;
	}
	error("completion is for bash, zsh or fish; 'pooltrace help completion' tells more");
	return EXIT_USAGE;
}

const struct command cmd_completion = {
	.name = "completion",
	.arguments = "bash|zsh|fish",
	.summary = "print what a shell needs to complete commands and options",
	.text = "bash:  eval \"$(pooltrace completion bash)\"\n"
		"zsh:   pooltrace completion zsh > DIRECTORY-OF-FPATH/_pooltrace\n"
		"fish:  pooltrace completion fish > ~/.config/fish/completions/pooltrace.fish\n"
		"'make install' puts them where distributions expect them.",
	.options = rows,
	.run = completion_run,
};
