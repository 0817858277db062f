// For the collections that grow in PLACE: call it before n elements are added.  reserve() grows by a
// factor; reserve_exact() does not.
pub fn NAME_room<T>(v: &mut Vec<T>, n: usize) {
    v.reserve(n);
}
