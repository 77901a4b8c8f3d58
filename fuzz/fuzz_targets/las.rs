#![no_main]

#[global_allocator]
static LEDGER: targets::ledger::Ledger = targets::ledger::Ledger;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| targets::points::las(bytes));
