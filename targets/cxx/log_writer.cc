/*
 * Log records are made by the main thread and destroyed by a writer thread, in batches through a
 * mutex-protected queue that holds at most 512.
 *
 * ldflags: -pthread
 * expect: finding kind=return-ring function~make_record
 * expect: only
 * expect.fix: no-finding kind=return-ring
 * fix: yes
 */
#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <cstring>
#include <mutex>
#include <thread>

namespace {

struct Record {
	Record *next;
	long time;
	int level;
	char text[108];
};

#ifdef FIX
Record *mine;
std::atomic<Record *> returned;

void *record_get()
{
	if (!mine)
		mine = returned.exchange(nullptr);
	if (!mine) {
		Record *chunk = static_cast<Record *>(::operator new(512 * sizeof(Record)));
		for (int i = 512; i-- > 0;) {
			chunk[i].next = mine;
			mine = &chunk[i];
		}
	}
	Record *r = mine;
	mine = r->next;
	return r;
}

void record_put(Record *r)
{
	r->next = returned.load();
	while (!returned.compare_exchange_weak(r->next, r)) {
	}
}
#else
void *record_get() { return ::operator new(sizeof(Record)); }
void record_put(Record *r) { ::operator delete(r); }
#endif

std::mutex mutex;
std::condition_variable changed;
Record *queue[512];
unsigned queued;
bool done;
long written;

__attribute__((noinline)) Record *make_record(long time)
{
	Record *r = static_cast<Record *>(record_get());
	r->time = time;
	r->level = static_cast<int>(time % 5);
	std::memcpy(r->text, "something happened", 19);
	return r;
}

void writer()
{
	Record *batch[512];
	for (;;) {
		std::unique_lock<std::mutex> lock(mutex);
		changed.wait(lock, [] { return queued || done; });
		unsigned n = queued;
		std::memcpy(batch, queue, n * sizeof *queue);
		queued = 0;
		bool last = done && !n;
		lock.unlock();
		changed.notify_one();
		for (unsigned i = 0; i < n; i++) {
			written += batch[i]->level;
			record_put(batch[i]);
		}
		if (last)
			return;
	}
}

} // namespace

int main()
{
	std::thread thread(writer);
	for (long i = 0; i < 250000;) {
		Record *made[64];
		int n = 0;
		for (; n < 64 && i < 250000; n++)
			made[n] = make_record(i++);
		std::unique_lock<std::mutex> lock(mutex);
		changed.wait(lock, [] { return queued <= 512 - 64; });
		std::memcpy(queue + queued, made, static_cast<unsigned>(n) * sizeof *made);
		queued += static_cast<unsigned>(n);
		lock.unlock();
		changed.notify_one();
	}
	{
		std::lock_guard<std::mutex> lock(mutex);
		done = true;
	}
	changed.notify_one();
	thread.join();
	std::printf("%ld\n", written);
	return 0;
}
