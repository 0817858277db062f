// For the collections that grow in PLACE: start with this capacity.
// Wrong for those that mostly stay small.
pub fn NAME_start<T>() -> Vec<T> {
    Vec::with_capacity(RESERVE_BYTES / std::mem::size_of::<T>().max(1))
}
