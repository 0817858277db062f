// One buffer for PLACE, kept by its thread.
// Wrong if the function calls itself or keeps the buffer; clear() drops what was in it.
use std::cell::RefCell;

thread_local! {
    static KEPT: RefCell<Vec<u8>> = RefCell::new(Vec::with_capacity(BUFFER_BYTES));
}

pub fn with_NAME_buffer<R>(work: impl FnOnce(&mut Vec<u8>) -> R) -> R {
    KEPT.with(|kept| {
        let mut buffer = kept.borrow_mut();
        buffer.clear();
        work(&mut buffer)
    })
}
