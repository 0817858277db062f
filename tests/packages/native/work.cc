// The same in C++.
#include <cstdio>
#include <memory>
#include <pooltrace.h>

int main()
{
	POOLTRACE_MARK("ready");
	{
		pooltrace::region fill("fill");
		for (int i = 0; i < 100; i++) {
			std::unique_ptr<char[]> volatile *keep = nullptr;
			std::unique_ptr<char[]> p(new char[64]);
			asm volatile("" : : "g"(p.get()), "g"(keep) : "memory");
		}
	}
	std::printf("recording %d\n", pooltrace_recording());
}
