//! An allocator that keeps the books: how much memory a thread held at most.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

/// To be the program's global allocator.
pub struct Ledger;

thread_local! {
    // Signed: what one thread gets another may free.
    static HELD: Cell<isize> = const { Cell::new(0) };
    static MOST: Cell<isize> = const { Cell::new(0) };
}

fn book(bytes: isize) {
    // A thread that is going down keeps no books any more.
    let _ = HELD.try_with(|held| {
        held.set(held.get() + bytes);
        let _ = MOST.try_with(|most| most.set(most.get().max(held.get())));
    });
}

// SAFETY: everything is the system allocator's; beside it numbers are added up in memory that is not allocated.
unsafe impl GlobalAlloc for Ledger {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        book(layout.size() as isize);
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        book(layout.size() as isize);
        // SAFETY: the caller's promise.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        book(-(layout.size() as isize));
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        book(size as isize - layout.size() as isize);
        // SAFETY: the caller's promise.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

/// Does `task` and panics where this thread held more than `limit` bytes beyond what it held before.
pub fn within<T>(limit: usize, task: impl FnOnce() -> T) -> T {
    let before = HELD.get();
    MOST.set(before);
    let result = task();
    let taken = MOST.get() - before;
    assert!(
        taken <= isize::try_from(limit).unwrap_or(isize::MAX),
        "{taken} bytes of memory were taken, {limit} at most were expected"
    );
    result
}
