//! A generator, and what its options must be after all calls so far.

use std::ptr::null_mut;

use quietcloud::capi::*;
use quietcloud::params::GENERATOR_TABLE;

use super::filter::{allowed, name, word};
use super::{Bytes, expect, text};

pub struct Generator {
    handle: *mut quietcloud_generator_t,
    options: Vec<f64>,
    made: Option<[usize; 2]>,
}

impl Generator {
    pub fn new(model: *const quietcloud_model_t) -> Generator {
        let mut handle = null_mut();
        // SAFETY: the model is the library's.
        expect(
            unsafe { quietcloud_generator_new(model, &mut handle) },
            &[QUIETCLOUD_OK],
        );
        Generator {
            handle,
            options: GENERATOR_TABLE.iter().map(|param| param.initial).collect(),
            made: None,
        }
    }

    pub fn call(&mut self, bytes: &mut Bytes) {
        match bytes.below(6) {
            0 => self.set(bytes),
            1 => self.set_string(bytes),
            2 => self.get(bytes),
            3 => self.report(bytes),
            4 => self.reconstruct(bytes),
            _ => self.make(bytes),
        }
    }

    fn option(&self, wanted: &str) -> f64 {
        let at = GENERATOR_TABLE
            .iter()
            .position(|param| param.name == wanted)
            .expect("an option");
        self.options[at]
    }

    fn set(&mut self, bytes: &mut Bytes) {
        let (at, name) = name(bytes, GENERATOR_TABLE);
        let value = bytes.number();
        let fine = at.is_some_and(|at| allowed(&GENERATOR_TABLE[at], value));
        // SAFETY: the handle is the library's, the name a C string.
        let status = unsafe { quietcloud_generator_set_number(self.handle, name.as_ptr(), value) };
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
        let (at, name) = name(bytes, GENERATOR_TABLE);
        let (value, text) = word(bytes, at.map(|at| &GENERATOR_TABLE[at]));
        // SAFETY: as above.
        let status = unsafe { quietcloud_generator_set_string(self.handle, name.as_ptr(), text.as_ptr()) };
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
        let (at, name) = name(bytes, GENERATOR_TABLE);
        let mut value = -7.0;
        // SAFETY: as above, and a place for a number.
        let status = unsafe { quietcloud_generator_get_number(self.handle, name.as_ptr(), &mut value) };
        expect(
            status,
            &[if at.is_some() {
                QUIETCLOUD_OK
            } else {
                QUIETCLOUD_E_ARGUMENT
            }],
        );
        assert_eq!(value, at.map_or(-7.0, |at| self.options[at]));
        text::copied(bytes, at.is_none(), |buffer, size, needed| {
            // SAFETY: as above; the buffer is as large as it says.
            unsafe { quietcloud_generator_get_string(self.handle, name.as_ptr(), buffer, size, needed) }
        });
    }

    fn report(&mut self, bytes: &mut Bytes) {
        for (at, name) in [c"points", c"clouds"].into_iter().enumerate() {
            let mut value = -7.0;
            // SAFETY: as above.
            let status =
                unsafe { quietcloud_generator_report_number(self.handle, name.as_ptr(), &mut value) };
            expect(
                status,
                &[if self.made.is_some() {
                    QUIETCLOUD_OK
                } else {
                    QUIETCLOUD_E_ARGUMENT
                }],
            );
            assert_eq!(value, self.made.map_or(-7.0, |made| made[at] as f64));
        }
        text::copied(bytes, self.made.is_none(), |buffer, size, needed| {
            // SAFETY: as above.
            unsafe {
                quietcloud_generator_report_string(self.handle, c"device".as_ptr(), buffer, size, needed)
            }
        });
    }

    /// Few threads, and nothing that means nothing to a vae.
    fn is_fit(&mut self) -> bool {
        if !(1.0..=2.0).contains(&self.option("threads")) {
            // SAFETY: as above.
            let status = unsafe { quietcloud_generator_set_number(self.handle, c"threads".as_ptr(), 2.0) };
            expect(status, &[QUIETCLOUD_OK]);
            let at = GENERATOR_TABLE
                .iter()
                .position(|param| param.name == "threads")
                .expect("an option");
            self.options[at] = 2.0;
        }
        self.option("eta") < 0.0 && self.option("variance") == 0.0 && self.option("steps") == 0.0
    }

    fn make(&mut self, bytes: &mut Bytes) {
        let fit = self.is_fit();
        let (clouds, points) = (bytes.below(4), bytes.below(40));
        let stride = [0, 12, 16, bytes.below(40)][bytes.below(4)];
        let step = if stride == 0 { 12 } else { stride };
        let mut memory = vec![0xA5_u8; clouds * points * step.max(12) + 8];
        let before = memory.clone();
        // SAFETY: room for as many points at this stride; one that is too small is refused.
        let status = unsafe {
            quietcloud_generator_run_f32(self.handle, clouds, points, memory.as_mut_ptr().cast(), stride)
        };
        let wanted = match () {
            () if points == 0 => QUIETCLOUD_E_ARGUMENT,
            () if step < 12 => QUIETCLOUD_E_CLOUD,
            () if points < 8 || !fit => QUIETCLOUD_E_ARGUMENT,
            () => QUIETCLOUD_OK,
        };
        // Clouds beyond the end of the sequence can't be made.
        let beyond = self.option("first") + clouds as f64 > f64::from(u32::MAX);
        expect(
            status,
            if beyond {
                &[QUIETCLOUD_OK, QUIETCLOUD_E_ARGUMENT, QUIETCLOUD_E_CLOUD]
            } else {
                std::slice::from_ref(&wanted)
            },
        );
        if status != QUIETCLOUD_OK {
            assert_eq!(memory, before, "the output of a refused run was touched");
            return;
        }
        self.made = Some([points, clouds]);
        for (at, (found, old)) in memory.iter().zip(&before).enumerate() {
            let inside = at < clouds * points * step && at % step < 12;
            assert!(inside || found == old, "byte {at} was touched");
        }
        for point in memory.chunks(step).take(clouds * points) {
            let number =
                |axis: usize| f32::from_le_bytes(point[4 * axis..][..4].try_into().expect("4 bytes"));
            assert!((0..3).all(|axis| number(axis).is_finite()));
        }
    }

    fn reconstruct(&mut self, bytes: &mut Bytes) {
        let fit = self.is_fit();
        let points = bytes.below(40);
        let mut cloud: Vec<f32> = (0..3 * points).map(|_| bytes.number() as f32).collect();
        let before = cloud.clone();
        let plain = cloud.iter().all(|value| value.abs() < 1e15) && fit && points >= 8;
        let place = cloud.as_mut_ptr();
        // SAFETY: in place, as the header allows.
        let status = unsafe { quietcloud_generator_reconstruct_f32(self.handle, place, points, 0, place, 0) };
        let refusals = [QUIETCLOUD_E_ARGUMENT, QUIETCLOUD_E_CLOUD, QUIETCLOUD_E_NETWORK];
        if status == QUIETCLOUD_OK {
            self.made = Some([points, 1]);
        } else {
            expect(status, &refusals);
            let bits = |cloud: &[f32]| cloud.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
            assert_eq!(
                bits(&cloud),
                bits(&before),
                "the output of a refused run was touched"
            );
            let still = before.chunks(3).all(|point| point == &before[..3]);
            assert!(!plain || still, "{}", super::last_error());
        }
    }
}

impl Drop for Generator {
    fn drop(&mut self) {
        // SAFETY: the library's, and not freed yet.
        unsafe { quietcloud_generator_free(self.handle) };
    }
}
