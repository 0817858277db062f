/*
 * Sums rows that are kept in one vector with room from the start; a few strings at the end: nothing to
 * change.
 *
 * expect: none
 */
fn main() {
    let mut rows: Vec<f64> = Vec::with_capacity(200_000);
    for i in 0..200_000 {
        rows.push((i as f64).sqrt());
    }
    let mut sum = 0.0f64;
    for round in 0..40 {
        for r in &rows {
            sum += (r + round as f64).sin();
        }
    }
    let names: Vec<String> = (0..20).map(|i| format!("row {}", i)).collect();
    println!("{:.3} {}", sum, names.len());
}
