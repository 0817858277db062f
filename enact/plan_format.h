/*
 * The plan file: which allocations libpooltrace-enact.so serves, and how.  `pooltrace report --plan` and
 * `pooltrace try` write it; the library reads it inside the program.  docs/plan-file.md describes it for readers.
 *
 * It is text.  Words are separated by one space, lines end with a newline:
 *
 *     pooltrace-plan 1
 *     module BUILD-ID PATH           modules are numbered from 1 in the order of these lines
 *     finding KEY KIND               likewise
 *     lane FINDING slab SLOT CHUNK   likewise; what a lane is made of is in bytes
 *     lane FINDING classes CHUNK
 *     lane FINDING region CHUNK ROOM
 *     lane FINDING hoist SLOT
 *     lane FINDING none              takes a number, serves nothing
 *     slots FINDING MODULE CLASS NAME...    a class of Python and the names in its __slots__
 *     frame MODULE OFFSET            likewise; OFFSET in hexadecimal, of a return address from the load bias
 *     site LANE FRAME...             frames from the caller of malloc() on, as many as tell it from others
 *     end
 *
 * A site names the shortest row of return addresses that no other allocation of the recorded run has.  A
 * module is taken for the recorded one if its build id is the same: the plan outlives address space layout
 * randomisation and restarts, but no rebuild.
 *
 * The file is not trusted: the library reads all of it or nothing, and refuses what passes a limit below.
 */
#ifndef ENACT_PLAN_FORMAT_H
#define ENACT_PLAN_FORMAT_H

#define PLAN_FIRST_LINE "pooltrace-plan 1"
#define PLAN_BYTES_MAX (4u << 20)
#define PLAN_MODULES_MAX 256u
#define PLAN_BUILD_ID_MAX 64u
#define PLAN_FINDINGS_MAX 32u
#define PLAN_LANES_MAX 4096u /* `classes` takes PLAN_CLASSES of them */
#define PLAN_CLASSES 64u     /* of 16 bytes; larger blocks go to malloc() */
#define PLAN_LANE_LINES_MAX 64u
#define PLAN_FRAMES_MAX 32768u
#define PLAN_NODES_MAX 65535u
#define PLAN_DEPTH_MAX 24u        /* frames of a site */
#define PLAN_SLOTS_MAX 1000u      /* names of a class */
#define PLAN_SLOT_MAX (64u << 20) /* bytes of a slot, a chunk */

#endif
