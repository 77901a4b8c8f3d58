//! The table of options, so that other interfaces can be generated from the library itself.

use std::ffi::{CString, c_char};
use std::sync::OnceLock;

use super::guard::{guard, guard_or};
use super::memory::Bounds;
use crate::error::{Error, Result};
use crate::params::{Kind, Param, TABLE};

/// Kind of option: a real number.
pub const QUIETCLOUD_KIND_NUMBER: i32 = 0;
/// Kind of option: a whole number.
pub const QUIETCLOUD_KIND_INTEGER: i32 = 1;
/// Kind of option: one of several words; as a number, the word's position.
pub const QUIETCLOUD_KIND_CHOICE: i32 = 2;

/// The table's texts as C wants them.
struct Texts {
    name: CString,
    unit: CString,
    help: CString,
    choices: Vec<CString>,
}

/// A table of options and its texts.
pub(super) struct Described {
    table: &'static [Param],
    texts: OnceLock<Vec<Texts>>,
}

impl Described {
    pub(super) const fn new(table: &'static [Param]) -> Self {
        Described {
            table,
            texts: OnceLock::new(),
        }
    }

    fn texts(&'static self, index: usize) -> Result<&'static Texts> {
        let all = self.texts.get_or_init(|| {
            let text = |text: &str| CString::new(text).unwrap_or_default();
            let texts = |param: &Param| Texts {
                name: text(param.name),
                unit: text(param.unit),
                help: text(param.help),
                choices: param.choices.iter().map(|choice| text(choice)).collect(),
            };
            self.table.iter().map(texts).collect()
        });
        all.get(index).ok_or_else(|| self.beyond(index))
    }

    fn beyond(&self, index: usize) -> Error {
        Error::Argument(format!(
            "there is no option {index}; there are {}",
            self.table.len()
        ))
    }

    fn text(
        &'static self,
        index: usize,
        text: impl FnOnce(&'static Texts) -> &'static CString,
    ) -> *const c_char {
        guard_or(std::ptr::null(), || Ok(text(self.texts(index)?).as_ptr()))
    }

    pub(super) fn name(&'static self, index: usize) -> *const c_char {
        self.text(index, |texts| &texts.name)
    }

    pub(super) fn help(&'static self, index: usize) -> *const c_char {
        self.text(index, |texts| &texts.help)
    }

    pub(super) fn unit(&'static self, index: usize) -> *const c_char {
        self.text(index, |texts| &texts.unit)
    }

    pub(super) fn choice(&'static self, index: usize, value: usize) -> *const c_char {
        guard_or(std::ptr::null(), || {
            let none = || Error::Argument(format!("no word stands for {value} of option {index}"));
            let choices = &self.texts(index)?.choices;
            choices.get(value).map(|choice| choice.as_ptr()).ok_or_else(none)
        })
    }

    pub(super) fn kind(&self, index: usize) -> i32 {
        guard_or(-1, || {
            match self.table.get(index).ok_or_else(|| self.beyond(index))?.kind {
                Kind::Number => Ok(QUIETCLOUD_KIND_NUMBER),
                Kind::Integer => Ok(QUIETCLOUD_KIND_INTEGER),
                Kind::Choice => Ok(QUIETCLOUD_KIND_CHOICE),
            }
        })
    }
}

static FILTER: Described = Described::new(TABLE);

/// The number of options that a filter has; they are counted from 0. Later versions may have more.
///
/// Thread safety: any thread.
#[unsafe(no_mangle)]
pub extern "C" fn quietcloud_filter_option_count() -> usize {
    TABLE.len()
}

/// The name of option `index`; static text, NULL where there is no such option.
///
/// Thread safety: any thread.
#[unsafe(no_mangle)]
pub extern "C" fn quietcloud_filter_option_name(index: usize) -> *const c_char {
    FILTER.name(index)
}

/// What option `index` does, one sentence; static text, NULL where there is no such option.
///
/// Thread safety: any thread.
#[unsafe(no_mangle)]
pub extern "C" fn quietcloud_filter_option_help(index: usize) -> *const c_char {
    FILTER.help(index)
}

/// The unit of option `index`, empty where it has none; static text, NULL where there is no such option.
///
/// Thread safety: any thread.
#[unsafe(no_mangle)]
pub extern "C" fn quietcloud_filter_option_unit(index: usize) -> *const c_char {
    FILTER.unit(index)
}

/// The word that stands for `value` (0, 1, 2 ...) of option `index`; static text, NULL where there is none.
///
/// Options that are no QUIETCLOUD_KIND_CHOICE may have a word too: 0 of many is "auto".
///
/// Thread safety: any thread.
#[unsafe(no_mangle)]
pub extern "C" fn quietcloud_filter_option_choice(index: usize, value: usize) -> *const c_char {
    FILTER.choice(index, value)
}

/// The kind of option `index`: QUIETCLOUD_KIND_NUMBER, _INTEGER or _CHOICE; -1 where there is no such option.
///
/// Thread safety: any thread.
#[unsafe(no_mangle)]
pub extern "C" fn quietcloud_filter_option_kind(index: usize) -> i32 {
    FILTER.kind(index)
}

/// The smallest, largest and initial value of option `index`.
///
/// Errors: QUIETCLOUD_E_ARGUMENT (NULL, no such option). Nothing is written then.
///
/// Thread safety: any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quietcloud_filter_option_bounds(
    index: usize,
    low: *mut f64,
    high: *mut f64,
    initial: *mut f64,
) -> i32 {
    guard(|| {
        // SAFETY: the caller's promise.
        let out = unsafe { Bounds::new(low, high, initial) }?;
        let param = TABLE.get(index).ok_or_else(|| FILTER.beyond(index))?;
        out.set([param.low, param.high, param.initial]);
        Ok(())
    })
}
