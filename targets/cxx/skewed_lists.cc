/*
 * A graph's adjacency lists: most vectors keep the one element they were born with, one in thirty
 * grows into the thousands.  Reserving for the large ones would waste memory on all the others.
 *
 * expect: none
 */
#include <cmath>
#include <cstdio>
#include <vector>

int main()
{
	double sum = 0;
	for (int round = 0; round < 3; round++) {
		std::vector<std::vector<int>> edges(3000);
		for (int i = 0; i < 3000; i++) {
			int n = i % 31 == 7 ? 1500 + i % 700 : 1;
			for (int k = 0; k < n; k++)
				edges[static_cast<std::size_t>(i)].push_back(i ^ k);
		}
		for (auto &list : edges)
			for (int to : list)
				for (int k = 0; k < 8; k++)
					sum += std::sin(to + k);
	}
	std::printf("%.3f\n", sum);
	return 0;
}
