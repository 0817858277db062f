/* Descriptors by which loader_held.c and its plugin talk to each other. */
#ifndef HOST_LOADER_HELD_H
#define HOST_LOADER_HELD_H

enum { HELD_COME = 20, HELD_GO = 21 };

#endif
