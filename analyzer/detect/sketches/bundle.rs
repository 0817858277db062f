
// What a slot holds: one struct with the blocks as fields, instead of a Box for each.
// PARTS
pub struct Parts<A, B> {
    pub first: A,
    pub second: B,
}
