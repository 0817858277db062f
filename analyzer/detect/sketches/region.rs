// Region for what is allocated under PLACE: the values of a round lie in one vector, and
// clear() drops them together. Wrong if an index is used after the round, or rounds overlap.
pub struct Region<T> {
    values: Vec<T>,
}

impl<T> Region<T> {
    pub fn new() -> Self {
        Region { values: Vec::with_capacity(CHUNK_BYTES / std::mem::size_of::<T>().max(1)) }
    }

    pub fn add(&mut self, value: T) -> usize {
        self.values.push(value);
        self.values.len() - 1
    }

    pub fn get(&self, index: usize) -> &T {
        &self.values[index]
    }

    pub fn clear(&mut self) {
        self.values.clear();
    }
}
