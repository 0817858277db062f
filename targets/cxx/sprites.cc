/*
 * A game's sprites: object, transform and animation state are three unique_ptr-owned blocks that
 * come and go together while a few thousand are on the screen.
 *
 * expect: finding kind=bundle function~spawn
 * expect: only
 * expect.fix: no-finding kind=bundle
 * fix: yes
 */
#include <cstdio>
#include <memory>
#include "../pools.hpp"

namespace {

struct Transform { double matrix[9]; };
struct Animation { int frame, frames; double clock; char name[40]; };

#ifdef FIX
struct Sprite {
	int id;
	alignas(16) Transform transform;
	alignas(16) Animation animation;
};
Slab<160 + 16, 372> slab;
Sprite *sprite_new() { return new (slab.get()) Sprite; }
void sprite_free(Sprite *s)
{
	if (s)
		slab.put(s);
}
Transform &transform(Sprite *s) { return s->transform; }
Animation &animation(Sprite *s) { return s->animation; }
#else
struct Sprite {
	int id;
	std::unique_ptr<Transform> transform = std::make_unique<Transform>();
	std::unique_ptr<Animation> animation = std::make_unique<Animation>();
};
Sprite *sprite_new() { return new Sprite; }
void sprite_free(Sprite *s) { delete s; }
Transform &transform(Sprite *s) { return *s->transform; }
Animation &animation(Sprite *s) { return *s->animation; }
#endif

__attribute__((noinline)) Sprite *spawn(int id)
{
	Sprite *s = sprite_new();
	s->id = id;
	transform(s).matrix[0] = id;
	animation(s).frame = id % 8;
	return s;
}

Sprite *screen[2500];

} // namespace

int main()
{
	unsigned seed = 11;
	double sum = 0;
	for (int i = 0; i < 150000; i++) {
		seed = seed * 1103515245u + 12345u;
		Sprite *&place = screen[(seed >> 8) % 2500];
		if (place)
			sum += transform(place).matrix[0] + animation(place).frame;
		sprite_free(place);
		place = spawn(i);
	}
	for (Sprite *s : screen)
		sprite_free(s);
	std::printf("%.0f\n", sum);
	return 0;
}
