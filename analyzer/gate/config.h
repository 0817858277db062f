/*
 * Options in a file, a subset of TOML: [check], then KEY = VALUE a line; keys are long options.  Values are strings,
 * numbers, true and false, or arrays of these on one line.  Other tables are left to others.
 */
#ifndef GATE_CONFIG_H
#define GATE_CONFIG_H

/* Calls take() for each value of the table; true gives value NULL, false gives no call.  -1 after error(). */
int config_read(const char *path, const char *table,
                int (*take)(void *context, const char *name, const char *value), void *context);

#endif
