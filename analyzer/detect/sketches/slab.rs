// Slab for PLACE: a key takes the place of a Box of SLOT_BYTES bytes; THREADS.
// Wrong if a key is used after its value was removed. Slots are kept until the slab is dropped.
pub struct Slab<T> {
    values: Vec<Option<T>>,
    free: Vec<usize>,
}

impl<T> Slab<T> {
    pub fn new() -> Self {
        Slab {
            values: Vec::with_capacity(CHUNK_SLOTS),
            free: Vec::with_capacity(CHUNK_SLOTS),
        }
    }

    pub fn insert(&mut self, value: T) -> usize {
        if let Some(key) = self.free.pop() {
            self.values[key] = Some(value);
            return key;
        }
        self.values.push(Some(value));
        self.values.len() - 1
    }

    pub fn get_mut(&mut self, key: usize) -> Option<&mut T> {
        self.values.get_mut(key)?.as_mut()
    }

    pub fn remove(&mut self, key: usize) -> Option<T> {
        let value = self.values.get_mut(key)?.take()?;
        self.free.push(key);
        Some(value)
    }
}
