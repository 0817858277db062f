
// What a slot holds: replace the parts by their types.
struct NAME_parts {
	PARTS
};
static_assert(sizeof(NAME_parts) <= SLOT_BYTES, "fits");
