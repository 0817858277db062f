/* See context.h. */
#include "detect/context.h"

#include <string.h>

#include "util/error.h"

double detect_option(const struct detect *d, const char *name)
{
	for (uint32_t i = 0; i < d->n_options; i++)
		if (!strcmp(d->option[i].option->name, name))
			return d->option[i].value;
	BUG("no threshold '%s'", name);
}

bool detect_explains(const struct detect *d, const struct class_stats *c)
{
	if (!d->explain)
		return false;
	if (!strcmp(d->explain, c->name))
		return true;
	size_t n = strlen(c->module);
	return !strncmp(d->explain, c->module, n) && d->explain[n] == '.' &&
	       !strcmp(d->explain + n + 1, c->name);
}

static bool is_listed(const char *kinds, const char *kind)
{
	size_t n = strlen(kind);
	for (const char *p = kinds; (p = strstr(p, kind)) != NULL; p += n)
		if ((p == kinds || p[-1] == ',') && (p[n] == 0 || p[n] == ','))
			return true;
	return false;
}

bool detect_wants(const struct detect *d, const char *kind)
{
	return !d->kinds || is_listed(d->kinds, kind);
}

const char *detect_claimed(const struct detect *d, uint32_t site)
{
	return site < d->m->n_sites ? d->claimed[site] : NULL;
}

void detect_passed(const struct detect *d, struct finding *x, const char *name, double value,
                   const char *unit, const char *option, const char *relation)
{
	double limit = detect_option(d, option);
	bool passes = !strcmp(relation, ">=")   ? value >= limit
	              : !strcmp(relation, "<=") ? value <= limit
	                                        : value < limit;

	finding_set_number(x, name, value, unit);
	if (passes)
		finding_passed(x, name, "%s %s %.10g", option, relation, limit);
}
