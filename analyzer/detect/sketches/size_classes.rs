// A list of free buffers for each size class of PLACE: one list a thread.
// Wrong if most buffers are given to code that drops them.
use std::cell::RefCell;

thread_local! {
    static FREE: RefCell<[Vec<Vec<u8>>; N_CLASSES]> =
        RefCell::new(std::array::from_fn(|_| Vec::new()));
}

pub fn NAME_get(bytes: usize) -> Vec<u8> {
    let class = bytes.div_ceil(16);
    let kept = FREE.with(|free| free.borrow_mut().get_mut(class).and_then(Vec::pop));
    kept.unwrap_or_else(|| Vec::with_capacity(class * 16))
}

pub fn NAME_put(mut buffer: Vec<u8>) {
    buffer.clear();
    FREE.with(|free| {
        if let Some(list) = free.borrow_mut().get_mut(buffer.capacity() / 16) {
            list.push(buffer);
        }
    });
}
