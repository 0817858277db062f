
/* What a slot holds: replace the parts by their types. */
struct NAME_parts {
	PARTS
};
_Static_assert(sizeof(struct NAME_parts) <= SLOT_BYTES, "fits");
