// Ten million events in rounds of different kinds, for what a report costs: a queue of messages, a tree, growing
// vectors, a map of strings.
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <map>
#include <string>
#include <vector>

struct Message {
	Message *next;
	char text[88];
};

__attribute__((noinline)) static Message *make_message()
{
	return new Message();
}

static void drop_first(std::deque<Message *> &queue)
{
	delete queue.front();
	queue.pop_front();
}

__attribute__((noinline)) static void queue_round(int n)
{
	std::deque<Message *> queue;
	for (int i = 0; i < n; i++) {
		queue.push_back(make_message());
		if (queue.size() > 400)
			drop_first(queue);
	}
	while (!queue.empty())
		drop_first(queue);
}

struct Node {
	Node *left, *right;
};

__attribute__((noinline)) static Node *build(int depth)
{
	Node *n = static_cast<Node *>(std::malloc(sizeof *n));
	n->left = depth ? build(depth - 1) : nullptr;
	n->right = depth ? build(depth - 1) : nullptr;
	return n;
}

static void drop(Node *n)
{
	if (!n)
		return;
	drop(n->left);
	drop(n->right);
	std::free(n);
}

__attribute__((noinline)) static std::size_t grow(int n)
{
	std::vector<int> v;
	for (int i = 0; i < n; i++)
		v.push_back(i);
	return v.size();
}

__attribute__((noinline)) static std::size_t strings(int n)
{
	std::map<std::string, std::string> m;
	for (int i = 0; i < n; i++)
		m["key number " + std::to_string(i)] = "a value that is long enough " + std::to_string(i);
	return m.size();
}

int main()
{
	std::size_t total = 0;
	for (int round = 0; round < 63; round++) {
		queue_round(30000);
		drop(build(13));
		for (int i = 0; i < 1500; i++)
			total += grow(1000);
		total += strings(8000);
	}
	std::printf("%zu\n", total);
}
