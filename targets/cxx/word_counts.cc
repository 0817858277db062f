/*
 * Counts the words of one text after another in a std::map from word to number, built and
 * destroyed per text.
 *
 * expect: finding kind=region function~count_words
 * expect: only
 * expect.fix: no-finding kind=region
 * fix: yes
 */
#include <cstdio>
#include <map>
#include <memory_resource>
#include <string>

namespace {

#ifdef FIX
using Words = std::pmr::map<std::pmr::string, int>;
char *buffer = static_cast<char *>(::operator new(335872));
#else
using Words = std::map<std::string, int>;
#endif

void fill(Words &words, unsigned seed)
{
	char word[40];
	for (int i = 0; i < 3000; i++) {
		seed = seed * 1103515245u + 12345u;
		std::snprintf(word, sizeof word, "word-with-a-long-stem-%u", seed % 100003);
		words[Words::key_type(word, words.get_allocator())]++;
	}
}

__attribute__((noinline)) long count_words(unsigned seed)
{
#ifdef FIX
	std::pmr::monotonic_buffer_resource region(buffer, 335872);
	Words words(&region);
#else
	Words words;
#endif
	fill(words, seed);
	long sum = 0;
	for (auto &[word, n] : words)
		sum += n * static_cast<long>(word.size());
	return sum;
}

} // namespace

int main()
{
	long sum = 0;
	for (unsigned text = 0; text < 40; text++)
		sum += count_words(text);
	std::printf("%ld\n", sum);
	return 0;
}
