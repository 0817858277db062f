fn main() {
    pooltrace::mark("ready");
    {
        let _fill = pooltrace::region("fill");
        for i in 0..100u8 {
            std::hint::black_box(Box::new([i; 64]));
        }
    }
    println!("recording {}", i32::from(pooltrace::is_recording()));
}
