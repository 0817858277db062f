/* Rules of the native detectors that need no trace. */
#include "unit.h"

#include "detect/native/growth_trend.h"

TEST("native: functions that keep things are known by a word of their name, not by part of one")
{
	static const char *const stores[] = {"cache_put",
	                                     "LruCache::add(int)",
	                                     "memoize",
	                                     "symbol_lookup",
	                                     "std::map<..>::_M_insert_unique",
	                                     "registerHandler",
	                                     "doInsert",
	                                     "store",
	                                     "remembered_keys"};
	static const char *const others[] = {"main",       "memory_copy",    "restore_state",
	                                     "storefront", "internal_parse", "reinsertion",
	                                     "cachet",     "decached"};
	for (unsigned i = 0; i < sizeof stores / sizeof *stores; i++)
		CHECK(growth_trend_is_store_name(stores[i]));
	for (unsigned i = 0; i < sizeof others / sizeof *others; i++)
		CHECK(!growth_trend_is_store_name(others[i]));
}
