/*
 * What is done for each instance outside its constructor: in a function that makes the parts and then the instance
 * (a factory), or in a first method without arguments (open(), connect(), __aenter__()).
 *
 * Both are known by what they do, not by their names.  Work counts as setting up when it is the same for most
 * instances, and when what it made is kept until the instance dies and not beyond.
 */
#ifndef DETECT_PYTHON_SETUP_H
#define DETECT_PYTHON_SETUP_H

#include "costly_class.h"

struct setups {
	struct py_life *life; /* of classes that are costly with what is done for them */
	uint32_t n;
	struct setup_pass *pass; /* while it is watched */
};

/* costly: classes whose constructor is costly and built from its own input are left out.  Returns how many observers it wants: 0 or 1. */
uint32_t setups_watch(struct setups *s, const struct costly_classes *costly, const struct model *m,
                      const struct detect *d, struct model_observer *out);
void setups_watched(struct setups *s);
void setups_release(struct setups *s);

#endif
