// Pool with a way back for PLACE: the maker calls get(), the other thread sends each box back.
// Boxes of SLOT_BYTES bytes; those that come back after the maker has ended are dropped.
use std::sync::mpsc::{channel, Receiver, Sender};

pub struct Pool<T> {
    free: Vec<Box<T>>,
    returned: Receiver<Box<T>>,
    way_back: Sender<Box<T>>,
}

impl<T: Default> Pool<T> {
    pub fn new() -> Self {
        let (way_back, returned) = channel();
        Pool { free: Vec::with_capacity(CHUNK_SLOTS), returned, way_back }
    }

    pub fn get(&mut self) -> Box<T> {
        if self.free.is_empty() {
            self.free.extend(self.returned.try_iter());
        }
        self.free.pop().unwrap_or_default()
    }

    /// For the thread that is done with the boxes: `way_back.send(value)` instead of dropping it.
    pub fn way_back(&self) -> Sender<Box<T>> {
        self.way_back.clone()
    }
}
