/* How the library begins in a process. */
#ifndef ENACT_START_H
#define ENACT_START_H

/* Before the first forwarded call: finds the real functions, reads the plan. */
void enact_start(void);

#endif
