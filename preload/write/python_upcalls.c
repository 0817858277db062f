/* See python_upcalls.h. */
#include "python_upcalls.h"

PT_EACH_EVENT volatile uint8_t python_alert;

static void none(void)
{
}

static void none_of_caller(const void *caller)
{
	(void)caller;
}

static void none_of_module(struct module *m)
{
	(void)m;
}

static void none_of_thread(struct self *self)
{
	(void)self;
}

static bool none_forgotten(void)
{
	return false;
}

/* The others are called only after an interpreter was found. */
static const struct python_upcalls no_python = {.init = none,
                                                .poll = none,
                                                .module_seen = none_of_module,
                                                .settle = none_of_thread,
                                                .forget_dead = none_of_thread,
                                                .end = none,
                                                .leaves = none_of_caller,
                                                .describe = none,
                                                .forget = none_forgotten};

const struct python_upcalls *python_upcalls = &no_python;
