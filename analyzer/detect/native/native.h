/*
 * What the detectors for C, C++ and Rust share: the price of an allocator call, the gates, sizes of
 * pools, and the filling in of a finding from a group.
 *
 * Gates: a change must win at least native_min_share of the program's CPU time (a "win" from
 * native_win_share on), or native_min_bytes and native_min_bytes_share of the peak.  The CPU time is
 * that of an untraced run; where none is known, an estimate that leans towards silence serves as the
 * gate, and is never printed.
 */
#ifndef NATIVE_H
#define NATIVE_H

#include "groups.h"
#include "detect/plan.h"

/* ns saved per pair of the group by an inlined pool, by the context's prices. */
double cost_pair_ns(const struct detect *d, const struct group *g);

/* CPU time for the gates: untraced, or estimated (see above); never 0. */
double native_cpu_ns(const struct model *m);
/* More than this the program cannot have used. */
double native_most_cpu_ns(const struct model *m);
/* What would have cost more than this many times that did not happen, whatever the machine's load. */
#define NATIVE_TOO_SLOW 1.5
enum verdict native_verdict(const struct model *m, const struct detect *d, double saved_ns,
                            double saved_bytes);
bool native_bytes_matter(const struct model *m, const struct detect *d, double bytes);

/* A finding for g with its sites, the modelled prediction, and a plan. */
struct finding *native_finding(const struct groups *gs, const struct group *g, struct findings *out,
                               const char *kind, enum verdict v);
struct plan *native_plan(struct finding *x, enum policy policy);
void native_predict(struct finding *x, double calls_saved, double saved_ns, double saved_bytes);
void native_evidence(struct finding *x, const struct group *g);

/* The place's author could serve the blocks from a pool: it has a name, no other module frees them, and they
 * are not hidden in a std::function or std::any. */
bool native_can_pool(const struct detect *d, const struct group *g);
/* Blocks come and go: slots would be used again, and not just filled once. */
bool native_churns(const struct detect *d, const struct group *g);
/* A pool sized for the peak of live blocks would hold memory that is hardly ever used. */
bool native_would_hoard(const struct detect *d, const struct group *g);
/* The program has a pool of its own here: who uses its slots, and who loses them, is not in the trace. */
bool native_is_private_pool(const struct group *g);
/* Size of what would be a pool's slot: one class of sizes or not? */
bool native_one_size(const struct detect *d, const struct group *g);
uint64_t native_slot_bytes(const struct group *g);
/* Slots of a chunk: no more than the peak needs, and at least 16. */
#define NATIVE_CHUNK_BYTES 65536u
uint64_t native_chunk_slots(uint64_t chunk_bytes, uint64_t slot_bytes, uint64_t peak);

/* An ancestor of g constructs the same many-block object again and again (see constructed.c). */
const struct group *constructed_around(const struct groups *gs, const struct detect *d,
                                       const struct group *g);

/* Sketches, in native_sketch.c. */
void sketch_slab(struct finding *x, const struct group *g);
void sketch_classes(struct finding *x, const struct group *g);
void sketch_ring(struct finding *x, const struct group *g);
void sketch_region(struct finding *x, const struct group *g);
void sketch_hoist(struct finding *x, const struct group *g);
void sketch_reserve(struct finding *x, const struct group *g);
void sketch_grow(struct finding *x, const struct group *g);
void sketch_bundle(struct finding *x, const struct group *const *parts, uint32_t n);
void sketch_bound(struct finding *x, const struct group *g);

#endif
