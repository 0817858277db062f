/*
 * What letting go of things kept for good brings at the process's peak: not all that is held at the
 * end, for the peak may be another moment's, and the newest of them may be in use then (the lower end).
 */
#ifndef DETECT_PYTHON_RETAINED_KEPT_H
#define DETECT_PYTHON_RETAINED_KEPT_H

#include "class.h"
#include "retained_holdings.h"

/* From a pass that told the peak without them.  more_bytes: what may go along with them. */
void kept_predict(struct finding *x, const struct model *m, const struct holdings *h,
                  double more_bytes);
/* The same for n instances of a class, which keep so many bytes in all; makes the pass. */
void kept_predict_instances(struct finding *x, const struct model *m, const struct py_class *k,
                            uint64_t n, double kept_bytes, double more_bytes);

#endif
