/*
 * Each connection registers an observer and should remove it when it closes; connections that time
 * out, one in five, forget to.
 *
 * expect: finding kind=leak function~subscribe
 * expect: only
 * expect.fix: no-finding kind=leak
 * fix: yes
 */
#include <cmath>
#include <cstdio>
#include <cstdlib>

namespace {

struct Observer {
	Observer *next, *prev;
	int connection;
	char topics[200];
};

Observer list{&list, &list, 0, {}};

__attribute__((noinline)) Observer *subscribe(int connection)
{
	Observer *o = new Observer;
	o->connection = connection;
	o->next = list.next;
	o->prev = &list;
	list.next->prev = o;
	list.next = o;
	return o;
}

void unsubscribe(Observer *o)
{
	o->next->prev = o->prev;
	o->prev->next = o->next;
	delete o;
}

} // namespace

int main()
{
	double sum = 0;
	for (int i = 0; i < 40000; i++) {
		Observer *o = subscribe(i);
		for (int k = 0; k < 60; k++)
			sum += std::sqrt(i + k);
		bool timed_out = i % 5 == 3;
#ifdef FIX
		timed_out = false;
#endif
		if (!timed_out)
			unsubscribe(o);
	}
	std::printf("%.0f\n", sum);
	return 0;
}
