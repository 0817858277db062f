/*
 * shared_ptr and futures over threads: made in one, last dropped in another.
 *
 * ldflags: -pthread
 * expect: site function~make_job allocs=400 frees=400 live=0
 * expect: health lost_events=0 unmatched_frees=0
 */
#include <cstdio>
#include <future>
#include <memory>
#include <vector>
#include "target.h"

struct Job {
	int number;
	char load[200];
};

static NOINLINE std::shared_ptr<Job> make_job(int i)
{
	auto job = std::make_shared<Job>();
	keep(job.get());
	job->number = i;
	return job;
}

int main()
{
	long sum = 0;

	for (int round = 0; round < 20; round++) {
		std::vector<std::future<long>> results;
		for (int t = 0; t < 4; t++) {
			std::vector<std::shared_ptr<Job>> jobs;
			for (int i = 0; i < 5; i++)
				jobs.push_back(make_job(round * 20 + t * 5 + i));
			results.push_back(std::async(std::launch::async, [jobs = std::move(jobs)]() mutable {
				long n = 0;
				for (auto &j : jobs)
					n += j->number;
				jobs.clear();
				return n;
			}));
		}
		for (auto &r : results)
			sum += r.get();
	}
	std::printf("%ld\n", sum);
	return 0;
}
