/* The formats of exports; see export.h. */
#include "export/export.h"

const struct export_format *const export_formats[] = {
	&export_pprof,  &export_folded,    &export_speedscope, &export_dhat,
	&export_massif, &export_callgrind, &export_heaptrack,  &export_chrome,
	&export_otlp,   &export_ndjson,    &export_csv,        &export_parquet,
	NULL,
};
