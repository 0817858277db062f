/*
 * A scheduler that boxes each task: one size, made and dropped all the time, some fifty at once.
 *
 * expect: finding kind=slab function~make_task
 * expect: only
 */
struct Task {
    id: u64,
    state: [u64; 12],
}

#[inline(never)]
fn make_task(id: u64) -> Box<Task> {
    Box::new(Task { id, state: [id; 12] })
}

fn main() {
    let mut waiting: Vec<Option<Box<Task>>> = (0..50).map(|_| None).collect();
    let mut sum = 0u64;
    for i in 0..400_000u64 {
        let at = (i * 7 % 50) as usize;
        if let Some(done) = waiting[at].take() {
            sum = sum.wrapping_add(done.id ^ done.state[(i % 12) as usize]);
        }
        waiting[at] = Some(make_task(i));
    }
    println!("{}", sum);
}
