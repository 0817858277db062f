/*
 * Simulates by events in a queue ordered by time: one class of objects, made and deleted all the time,
 * three hundred at once.
 *
 * expect: finding kind=slab function~schedule
 * expect: only
 * expect.fix: no-finding kind=slab
 * fix: yes
 */
#include <cstdio>
#include <queue>
#include <vector>
#include "../pools.hpp"

namespace {

struct Event {
	unsigned time, kind;
	double payload[6];
#ifdef FIX
	static void *operator new(std::size_t);
	static void operator delete(void *p);
#endif
};

#ifdef FIX
Slab<64, 301> events;
void *Event::operator new(std::size_t)
{
	return events.get();
}
void Event::operator delete(void *p)
{
	events.put(p);
}
#endif

struct Later {
	bool operator()(const Event *a, const Event *b) const { return a->time > b->time; }
};

__attribute__((noinline)) Event *schedule(unsigned time, unsigned kind)
{
	return new Event{time, kind, {}};
}

} // namespace

int main()
{
	std::priority_queue<Event *, std::vector<Event *>, Later> queue;
	unsigned long sum = 0;
	for (unsigned i = 0; i < 300; i++)
		queue.push(schedule(i, i % 7));
	for (unsigned n = 0; n < 200000; n++) {
		Event *e = queue.top();
		queue.pop();
		sum += e->time * e->kind;
		queue.push(schedule(e->time + 1 + n % 50, (e->kind + n) % 7));
		delete e;
	}
	while (!queue.empty()) {
		sum += queue.top()->time;
		delete queue.top();
		queue.pop();
	}
	std::printf("%lu\n", sum);
	return 0;
}
