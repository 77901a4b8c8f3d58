//! A filter, and what its options must be after all calls so far.

use std::ffi::{CString, c_void};
use std::ptr::null_mut;

use quietcloud::capi::*;
use quietcloud::params::{Kind, Param, TABLE};

use super::run::{self, Ran};
use super::{Bytes, expect, text};

/// How the progress callback behaves.
#[derive(Clone, Copy, PartialEq)]
pub enum Hearer {
    Nobody,
    Listens,
    Cancels,
    /// Uses the filter that is at work.
    Meddles,
}

pub struct Filter {
    handle: *mut quietcloud_filter_t,
    options: Vec<f64>,
    hearer: Hearer,
    ran: Option<usize>,
}

/// The value that an option must take, or nothing where it must be refused: bounds, and whole numbers.
pub fn allowed(param: &Param, value: f64) -> bool {
    let whole = param.kind == Kind::Number || (value.is_finite() && value == value.trunc());
    whole && value >= param.low && value <= param.high
}

/// An option's name mostly; else any text.
pub fn name(bytes: &mut Bytes, table: &'static [Param]) -> (Option<usize>, CString) {
    let at = bytes.below(table.len() + 1);
    let name = match table.get(at) {
        Some(param) => param.name.as_bytes().to_vec(),
        None => bytes.text(),
    };
    let at = table.iter().position(|param| param.name.as_bytes() == name);
    (at, CString::new(name).expect("no NUL inside"))
}

/// A word or digits for an option, and the number that they stand for.
pub fn word(bytes: &mut Bytes, param: Option<&Param>) -> (Option<f64>, CString) {
    let number = bytes.number();
    let choices = param.map_or(&[][..], |param| param.choices);
    let (value, text) = match bytes.below(3) {
        0 if !choices.is_empty() => {
            let at = bytes.below(choices.len());
            (Some(at as f64), choices[at].as_bytes().to_vec())
        }
        1 => (
            Some(number).filter(|_| param.is_some_and(|p| p.kind != Kind::Choice)),
            number.to_string().into_bytes(),
        ),
        _ => {
            // A letter that begins no number and no word.
            let mut text = bytes.text();
            text.insert(0, b'#');
            (None, text)
        }
    };
    let value = value.filter(|&value| param.is_some_and(|param| allowed(param, value)));
    (value, CString::new(text).expect("no NUL inside"))
}

impl Filter {
    pub fn new(model: *const quietcloud_model_t) -> Filter {
        let mut handle = null_mut();
        // SAFETY: the model is the library's.
        expect(
            unsafe { quietcloud_filter_new(model, &mut handle) },
            &[QUIETCLOUD_OK],
        );
        Filter {
            handle,
            options: TABLE.iter().map(|param| param.initial).collect(),
            hearer: Hearer::Nobody,
            ran: None,
        }
    }

    pub fn call(&mut self, bytes: &mut Bytes) {
        match bytes.below(9) {
            0 => self.set_number(bytes),
            1 => self.set_string(bytes),
            2 => self.get(bytes),
            3 => self.listen(bytes),
            4 => self.report(bytes),
            5 => self.bounds(bytes),
            _ => self.run(bytes),
        }
    }

    fn set_number(&mut self, bytes: &mut Bytes) {
        let (at, name) = name(bytes, TABLE);
        let value = bytes.number();
        let fine = at.is_some_and(|at| allowed(&TABLE[at], value));
        // SAFETY: the handle is the library's, the name a C string.
        let status = unsafe { quietcloud_filter_set_number(self.handle, name.as_ptr(), value) };
        expect(
            status,
            &[if fine {
                QUIETCLOUD_OK
            } else {
                QUIETCLOUD_E_ARGUMENT
            }],
        );
        if let Some(at) = at.filter(|_| fine) {
            self.options[at] = value;
        }
    }

    fn set_string(&mut self, bytes: &mut Bytes) {
        let (at, name) = name(bytes, TABLE);
        let (value, text) = word(bytes, at.map(|at| &TABLE[at]));
        // SAFETY: as above.
        let status = unsafe { quietcloud_filter_set_string(self.handle, name.as_ptr(), text.as_ptr()) };
        expect(
            status,
            &[if value.is_some() {
                QUIETCLOUD_OK
            } else {
                QUIETCLOUD_E_ARGUMENT
            }],
        );
        if let (Some(at), Some(value)) = (at, value) {
            self.options[at] = value;
        }
    }

    fn get(&mut self, bytes: &mut Bytes) {
        let (at, name) = name(bytes, TABLE);
        let mut value = -7.0;
        // SAFETY: as above, and a place for a number.
        let status = unsafe { quietcloud_filter_get_number(self.handle, name.as_ptr(), &mut value) };
        expect(
            status,
            &[if at.is_some() {
                QUIETCLOUD_OK
            } else {
                QUIETCLOUD_E_ARGUMENT
            }],
        );
        assert_eq!(value, at.map_or(-7.0, |at| self.options[at]));
        let told = text::copied(bytes, at.is_none(), |buffer, size, needed| {
            // SAFETY: as above; the buffer is as large as it says.
            unsafe { quietcloud_filter_get_string(self.handle, name.as_ptr(), buffer, size, needed) }
        });
        if let (Some(at), Some(told)) = (at, told) {
            let stands_for = TABLE[at]
                .choices
                .iter()
                .position(|word| *word == told)
                .map(|at| at as f64);
            assert_eq!(stands_for.or(told.parse().ok()), Some(self.options[at]), "{told}");
        }
    }

    fn listen(&mut self, bytes: &mut Bytes) {
        self.hearer = [Hearer::Nobody, Hearer::Listens, Hearer::Cancels, Hearer::Meddles][bytes.below(4)];
        let callback: quietcloud_progress_fn = match self.hearer {
            Hearer::Nobody => None,
            Hearer::Listens => Some(listens),
            Hearer::Cancels => Some(cancels),
            Hearer::Meddles => Some(meddles),
        };
        let user = self.handle.cast::<c_void>();
        // SAFETY: the callbacks only use the handle that they are given, which outlives them.
        expect(
            unsafe { quietcloud_filter_set_progress(self.handle, callback, user) },
            &[QUIETCLOUD_OK],
        );
    }

    fn report(&mut self, bytes: &mut Bytes) {
        let names = [c"points", c"noise", c"steps", c"total_ms", c"finite", c"nonsense"];
        let name = names[bytes.below(names.len())];
        let mut value = -7.0;
        // SAFETY: as above.
        let status = unsafe { quietcloud_filter_report_number(self.handle, name.as_ptr(), &mut value) };
        let fine = self.ran.is_some() && name != c"nonsense";
        expect(
            status,
            &[if fine {
                QUIETCLOUD_OK
            } else {
                QUIETCLOUD_E_ARGUMENT
            }],
        );
        assert_eq!(fine, value != -7.0);
        if let (true, Some(points)) = (name == c"points", self.ran) {
            assert_eq!(value, points as f64);
        }
        text::copied(bytes, self.ran.is_none(), |buffer, size, needed| {
            // SAFETY: as above.
            unsafe { quietcloud_filter_report_string(self.handle, c"notes".as_ptr(), buffer, size, needed) }
        });
    }

    fn bounds(&mut self, bytes: &mut Bytes) {
        let (at, name) = name(bytes, TABLE);
        let (mut low, mut high, mut initial) = (-7.0, -7.0, -7.0);
        // SAFETY: as above.
        let status = unsafe {
            quietcloud_filter_bounds(self.handle, name.as_ptr(), &mut low, &mut high, &mut initial)
        };
        expect(
            status,
            &[if at.is_some() {
                QUIETCLOUD_OK
            } else {
                QUIETCLOUD_E_ARGUMENT
            }],
        );
        let wanted = at.map_or([-7.0; 3], |at| [TABLE[at].low, TABLE[at].high, TABLE[at].initial]);
        assert_eq!([low, high, initial], wanted);
    }

    fn run(&mut self, bytes: &mut Bytes) {
        // Ever so many threads and steps are fine, and take a fuzzer's time.
        for (name, most) in [(c"threads", 2.0), (c"steps", 8.0)] {
            let at = TABLE
                .iter()
                .position(|param| param.name.as_bytes() == name.to_bytes())
                .expect("an option");
            if self.options[at] > most || self.options[at] == 0.0 {
                self.options[at] = most;
                // SAFETY: as above.
                let status = unsafe { quietcloud_filter_set_number(self.handle, name.as_ptr(), most) };
                expect(status, &[QUIETCLOUD_OK]);
            }
        }
        let at = TABLE
            .iter()
            .position(|param| param.name == "spacing")
            .expect("an option");
        let cancels = self.hearer == Hearer::Cancels;
        if let Ran::Fine(points) = run::filter(bytes, self.handle, cancels, self.options[at]) {
            self.ran = Some(points);
        }
    }
}

impl Drop for Filter {
    fn drop(&mut self) {
        // SAFETY: the library's, and not freed yet.
        unsafe { quietcloud_filter_free(self.handle) };
    }
}

unsafe extern "C" fn listens(_: *mut c_void, done: f64) -> i32 {
    assert!((0.0..=1.0).contains(&done));
    0
}

unsafe extern "C" fn cancels(_: *mut c_void, _: f64) -> i32 {
    1
}

unsafe extern "C" fn meddles(filter: *mut c_void, _: f64) -> i32 {
    let filter = filter.cast::<quietcloud_filter_t>();
    let mut value = -7.0;
    // SAFETY: the handle is at work, so alive; that is what has to be refused.
    unsafe {
        expect(
            quietcloud_filter_set_number(filter, c"seed".as_ptr(), 99.0),
            &[QUIETCLOUD_E_ARGUMENT],
        );
        expect(
            quietcloud_filter_get_number(filter, c"seed".as_ptr(), &mut value),
            &[QUIETCLOUD_E_ARGUMENT],
        );
        expect(
            quietcloud_filter_run_f32(filter, std::ptr::null(), 0, 0, null_mut(), 0),
            &[QUIETCLOUD_E_ARGUMENT],
        );
    }
    assert_eq!(value, -7.0);
    0
}
