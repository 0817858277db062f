/*
 * Names of findings.
 *
 * The key is the name by which a finding is known from run to run: 8 hex digits, a hash of its kind and its place.
 * The place is a class, or the functions and source lines from the first site's name up to its second
 * function of the program's own; no ids, addresses or counts, which differ between runs.
 */
#ifndef PT_DETECT_FINDING_KEY_H
#define PT_DETECT_FINDING_KEY_H

#include "detect/finding.h"

struct model;

/* Sets `key` of each finding; of several with the same place the later ones get a key of their own. */
void finding_keys(const struct model *m, struct findings *f);

/* The name of a finding that survives moved lines and rebuilds (model/site_key.h): "slab make_node < parse",
 * "slots app.Point"; to be freed. */
char *finding_symbolic_name(const struct model *m, const struct finding *x);

#endif
