// Panics that unwind through frames which own heap memory, caught; in threads, nested, and resumed.
//
// promise: caught where they would be, with the payload; Rust's allocations are recorded.
use std::panic;
use std::thread;

#[inline(never)]
fn descend(depth: u32, i: u32) -> usize {
    let held: Vec<String> = (0..3).map(|n| format!("{depth} {n}")).collect();
    if depth == 0 {
        if i % 2 == 1 {
            panic!("panic {i}");
        }
        return held.len();
    }
    descend(depth - 1, i) + held[0].len()
}

fn count(n: u32) -> usize {
    let mut caught = 0;
    for i in 0..n {
        if let Err(payload) = panic::catch_unwind(|| descend(i % 30, i)) {
            let text = payload.downcast_ref::<String>().cloned().unwrap_or_default();
            if text == format!("panic {i}") {
                caught += 1;
            }
        }
    }
    caught
}

fn main() {
    panic::set_hook(Box::new(|_| {}));
    let other = thread::spawn(|| count(200));
    let here = count(200);
    println!("caught {} and {}", here, other.join().unwrap());
}
