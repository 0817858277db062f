/*
 * What the Python half gives to the rest of the recorder: the functions of its table of upcalls
 * (write/python_upcalls.h says what each does), which start.c registers.
 */
#ifndef PT_PYTHON_PYTHON_H
#define PT_PYTHON_PYTHON_H

#include "write/python_upcalls.h"

void cpython_init(void);
void cpython_poll(void);
void cpython_module_seen(struct module *m);
void cpython_settle(struct self *self);
void cpython_forget_dead(struct self *self);
void cpython_put_alloc(struct self *self, const struct frame_start *start, uint64_t address,
                       uint64_t size_bytes, uint32_t what);
uint32_t cpython_free_stack(struct self *self, const struct frame_start *start);
uint32_t cpython_stack(struct self *self, const struct frame_start *start);
void cpython_end(void);
void cpython_leaves(const void *caller);
void cpython_describe(void);
bool cpython_forget(void);

#endif
