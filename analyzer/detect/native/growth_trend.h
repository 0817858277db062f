/*
 * Live bytes over the run as a rising line: what leak and growing-cache have in common.
 */
#ifndef GROWTH_TREND_H
#define GROWTH_TREND_H

#include "groups.h"

struct growth_trend {
	double r2;    /* fit to a straight line */
	double rises; /* share of the moments, from its first to its last allocation, at which it
	                        was higher than the moment before */
	double first_half; /* growth in the first half over growth in the second; large: it levels off */
	double late_bytes;      /* live when the last eighth of the run begins */
	double spread;          /* share of the run between the first and the last allocation */
	double spread_by_event; /* the same as a share of the process's events */
	double rest_ns;         /* from its last growth to the end of the run */
	double lifetime_share;  /* p99 lifetime of the freed blocks, as a share of the run */
};

struct growth_trend growth_trend_of(const struct groups *gs, const struct group *g);
/* False where what sites held at the model's moments shows that no line rises: known before the pass. */
bool growth_trend_may_rise(const struct groups *gs, const struct group *g);
/* Live bytes go up from the beginning to the end. */
bool growth_trend_is_steady(const struct growth_trend *r, double min_rises, double min_spread);
/* The run ends so soon after the last growth that the machine alone may have made the rest. */
bool growth_trend_rest_is_noise(const struct growth_trend *r);
/* False for unnamed functions, as in stripped libraries.  They are often custom allocators, where growth is no
 * evidence of a leak; and nobody could follow advice on a place that has no name. */
bool growth_trend_is_named(const struct group *g);
/* A table that is enlarged as the group's blocks become more: they can be found again. */
uint64_t growth_trend_index_bytes(const struct groups *gs, const struct group *g); /* 0: none */
bool growth_trend_has_index(const struct groups *gs, const struct group *g);
/* A function on the way says by its name that it keeps things. */
bool growth_trend_is_named_store(const struct groups *gs, const struct group *g);
/* The same for other words; they end with NULL. */
bool growth_trend_is_named_after(const struct groups *gs, const struct group *g,
                                 const char *const *words);
/* Whether a function's name has such a word in it, as a word: remember_key, LruCache::insert. */
bool growth_trend_is_store_name(const char *function);
/* Kept, found again, or growing ever slower: a store and not a loss. */
bool growth_trend_is_store(const struct groups *gs, const struct group *g,
                           const struct growth_trend *r);

#endif
