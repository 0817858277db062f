/* The formats of reports; see report.h. */
#include <string.h>

#include "report/report.h"

static const struct report_format *const formats[] = {&report_text, &report_json, &report_html};

const struct report_format *report_format_find(const char *name)
{
	for (unsigned i = 0; i < sizeof formats / sizeof *formats; i++)
		if (!strcmp(formats[i]->name, name))
			return formats[i];
	return NULL;
}
