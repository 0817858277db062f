/*
 * An order book: orders come in, are kept in price levels, and are filled or cancelled at random.
 * Each order is one `new`; several thousand are open at a time.
 *
 * expect: finding kind=slab function~add
 * expect: only
 * expect.fix: no-finding kind=slab
 * fix: yes
 */
#include <cstdio>
#include <cstdlib>
#include <new>

namespace {

struct Order {
	Order *next, *prev;
	long id;
	double price;
	int quantity, side;
	char trader[24];
#ifdef FIX
	static void *operator new(std::size_t size);
	static void operator delete(void *p);
#endif
};

#ifdef FIX
union Slot {
	Slot *next;
	alignas(16) char bytes[sizeof(Order)];
};
Slot *free_slots;

void *Order::operator new(std::size_t)
{
	constexpr int slots = 65536 / sizeof(Slot);
	if (!free_slots) {
		Slot *chunk = static_cast<Slot *>(::operator new(slots * sizeof(Slot)));
		for (int i = slots; i-- > 0;) {
			chunk[i].next = free_slots;
			free_slots = &chunk[i];
		}
	}
	Slot *slot = free_slots;
	free_slots = slot->next;
	return slot;
}

void Order::operator delete(void *p)
{
	Slot *slot = static_cast<Slot *>(p);
	slot->next = free_slots;
	free_slots = slot;
}
#endif

class Book {
public:
	__attribute__((noinline)) void add(long id, unsigned random)
	{
		Order *o = new Order;
		o->id = id;
		o->price = 100.0 + random % 100;
		o->quantity = 1 + random % 9;
		o->side = random & 1;
		o->trader[0] = static_cast<char>('a' + random % 26);
		delete open_[random % size];
		open_[random % size] = o;
	}
	double value() const
	{
		double sum = 0;
		for (Order *o : open_)
			if (o)
				sum += o->price * o->quantity;
		return sum;
	}
	void clear()
	{
		for (Order *&o : open_) {
			delete o;
			o = nullptr;
		}
	}

private:
	static constexpr int size = 4000;
	Order *open_[size] = {};
};

Book book;

} // namespace

int main()
{
	unsigned seed = 7;
	for (long i = 0; i < 400000; i++) {
		seed = seed * 1103515245u + 12345u;
		book.add(i, seed >> 8);
	}
	std::printf("%.0f\n", book.value());
	book.clear();
	return 0;
}
