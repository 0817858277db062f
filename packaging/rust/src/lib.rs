//! What a program can say about itself to a recording: marks and regions.
//!
//! ```
//! pooltrace::mark("ready");
//! let _region = pooltrace::region("import");
//! ```
//!
//! Without the recorder (`libpooltrace.so`) in the process every call is a test of one pointer. Names are UTF-8; the
//! first 64 bytes are recorded. Calls do not fail and do not allocate unless a name is longer than that.

use std::ffi::c_void;
use std::marker::PhantomData;
use std::os::raw::{c_char, c_int};
use std::sync::OnceLock;

const NAME_BYTES: usize = 64;

extern "C" {
    fn dlsym(handle: *mut c_void, symbol: *const c_char) -> *mut c_void;
}

/// The recorder's functions in this process.
struct Recorder {
    is_recording: unsafe extern "C" fn() -> c_int,
    mark: unsafe extern "C" fn(*const c_char),
    region_begin: unsafe extern "C" fn(*const c_char) -> u64,
    region_end: unsafe extern "C" fn(u64),
}

/// `name` ends with a NUL. RTLD_DEFAULT is the null handle on Linux.
fn find(name: &'static [u8]) -> Option<*mut c_void> {
    debug_assert_eq!(name.last(), Some(&0));
    let found = unsafe { dlsym(std::ptr::null_mut(), name.as_ptr().cast()) };
    (!found.is_null()).then_some(found)
}

fn look_up() -> Option<Recorder> {
    // The library defines all four with these types (pooltrace.h).
    unsafe {
        Some(Recorder {
            is_recording: std::mem::transmute::<*mut c_void, unsafe extern "C" fn() -> c_int>(find(b"pooltrace_is_recording\0")?),
            mark: std::mem::transmute::<*mut c_void, unsafe extern "C" fn(*const c_char)>(find(b"pooltrace_mark\0")?),
            region_begin: std::mem::transmute::<*mut c_void, unsafe extern "C" fn(*const c_char) -> u64>(find(b"pooltrace_region_begin\0")?),
            region_end: std::mem::transmute::<*mut c_void, unsafe extern "C" fn(u64)>(find(b"pooltrace_region_end\0")?),
        })
    }
}

fn recorder() -> Option<&'static Recorder> {
    static RECORDER: OnceLock<Option<Recorder>> = OnceLock::new();
    RECORDER.get_or_init(look_up).as_ref()
}

/// Calls `f` with the name, cut at a character's start, and a terminator.
fn with_name<T>(name: &str, f: impl FnOnce(*const c_char) -> T) -> T {
    let mut buffer = [0u8; NAME_BYTES + 1];
    let mut n = name.len().min(NAME_BYTES);
    while !name.is_char_boundary(n) {
        n -= 1;
    }
    buffer[..n].copy_from_slice(&name.as_bytes()[..n]);
    f(buffer.as_ptr().cast())
}

/// True while a recorder writes a trace of this process.
pub fn is_recording() -> bool {
    recorder().is_some_and(|r| unsafe { (r.is_recording)() } != 0)
}

/// Puts a named moment into the trace.
pub fn mark(name: &str) {
    if let Some(r) = recorder() {
        with_name(name, |text| unsafe { (r.mark)(text) });
    }
}

/// A named stretch of this thread's work; it ends where it is dropped.
#[must_use = "the region ends when this is dropped"]
pub struct Region {
    number: u64,
    _of_this_thread: PhantomData<*const ()>,
}

/// Begins a region.
pub fn region(name: &str) -> Region {
    let number = recorder().map_or(0, |r| with_name(name, |text| unsafe { (r.region_begin)(text) }));
    Region { number, _of_this_thread: PhantomData }
}

impl Drop for Region {
    fn drop(&mut self) {
        if let (Some(r), true) = (recorder(), self.number != 0) {
            unsafe { (r.region_end)(self.number) };
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn without_a_recorder_nothing_happens() {
        super::mark("x\0y");
        let _region = super::region(&"ä".repeat(100));
        assert!(!super::is_recording());
    }
}
