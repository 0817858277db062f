/*
 * The layout formulas against sizes measured on each version (tracemalloc, ten thousand instances).
 */
#include "unit.h"

#include "detect/python/slotted_layout.h"

struct row {
	uint32_t n;
	uint64_t to_310, v311, v312, v313, v314, slots;
};

static const struct row measured[] = {
	{1, 152, 80, 72, 80, 80, 40},           {3, 152, 96, 88, 96, 96, 56},
	{5, 152, 112, 104, 112, 112, 72},       {10, 192, 160, 152, 160, 160, 112},
	{29, 448, 320, 312, 320, 328, 264},     {30, 448, 1640, 1632, 1904, 328, 272},
	{31, 448, 1640, 1632, 1904, 1160, 280}, {100, 1472, 3384, 3376, 3648, 3656, 832},
};

#define PYTHON(minor) (0x030000u | (minor) << 8 | 7)

TEST("py_layout: instances with a dictionary, every version")
{
	for (unsigned i = 0; i < sizeof measured / sizeof *measured; i++) {
		const struct row *r = &measured[i];

		CHECK_EQ(py_layout_dict_bytes(PYTHON(8), r->n), r->to_310);
		CHECK_EQ(py_layout_dict_bytes(PYTHON(9), r->n), r->to_310);
		CHECK_EQ(py_layout_dict_bytes(PYTHON(10), r->n), r->to_310);
		CHECK_EQ(py_layout_dict_bytes(PYTHON(11), r->n), r->v311);
		CHECK_EQ(py_layout_dict_bytes(PYTHON(12), r->n), r->v312);
		CHECK_EQ(py_layout_dict_bytes(PYTHON(13), r->n), r->v313);
		CHECK_EQ(py_layout_dict_bytes(PYTHON(14), r->n), r->v314);
	}
}

TEST("py_layout: slotted instances, every version")
{
	for (unsigned minor = 8; minor <= 14; minor++)
		for (unsigned i = 0; i < sizeof measured / sizeof *measured; i++) {
			struct py_slotted s = {.n_slots = measured[i].n};

			CHECK_EQ(py_layout_slotted_bytes(PYTHON(minor), &s), measured[i].slots);
		}
}

TEST("py_layout: a place for weak references costs 8 bytes, 16 from 3.12 on")
{
	struct py_slotted s = {.n_slots = 5, .weakref = true};

	CHECK_EQ(py_layout_slotted_bytes(PYTHON(8), &s), 80);
	CHECK_EQ(py_layout_slotted_bytes(PYTHON(11), &s), 80);
	CHECK_EQ(py_layout_slotted_bytes(PYTHON(12), &s), 88);
	CHECK_EQ(py_layout_slotted_bytes(PYTHON(14), &s), 88);
}

TEST("py_layout: slots on a built-in base come after its own fields")
{
	struct py_slotted list = {.n_slots = 5, .base_basic_bytes = 40};
	struct py_slotted exception = {.n_slots = 5, .base_basic_bytes = 72};

	CHECK_EQ(py_layout_slotted_bytes(PYTHON(11), &list), 96);
	CHECK_EQ(py_layout_slotted_bytes(PYTHON(13), &exception), 128);
}

TEST("py_layout: no attributes")
{
	struct py_slotted none = {.n_slots = 0};

	CHECK_EQ(py_layout_dict_bytes(PYTHON(8), 0), 48);
	CHECK_EQ(py_layout_slotted_bytes(PYTHON(8), &none), 16);
}

TEST("py_layout: what the allocator makes of a request")
{
	CHECK_EQ(py_layout_rounded(1), 16);
	CHECK_EQ(py_layout_rounded(152), 160);
	CHECK_EQ(py_layout_rounded(512), 512);
	CHECK_EQ(py_layout_rounded(513), 528);
	CHECK_EQ(py_layout_rounded(3376), 3392);
}

TEST("py_layout: unknown versions are known to be unknown")
{
	CHECK(py_layout_knows(PYTHON(8)) && py_layout_knows(PYTHON(14)));
	CHECK(!py_layout_knows(PYTHON(7)) && !py_layout_knows(PYTHON(15)) && !py_layout_knows(0));
}
