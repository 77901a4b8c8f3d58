//! Proof at compile time that every type that crosses has a C layout: safer-ffi's `ReprC`, argument by argument.
//!
//! The list is complete: a test compares it with the symbols that the library exports.

use safer_ffi::layout::ConcreteReprC;

use super::*;

/// A C function whose arguments and result are all C types. `ReprC` alone would let a `String` pass, as something that
/// C can't look into; behind a pointer that is fine, by value it is not.
trait Crosses {}

macro_rules! arities {
    ($($($argument:ident)*;)*) => {
        $(impl<Result: ConcreteReprC, $($argument: ConcreteReprC),*> Crosses
            for unsafe extern "C" fn($($argument),*) -> Result {})*
    };
}

arities! {
    ;
    A;
    A B;
    A B C;
    A B C D;
    A B C D E;
    A B C D E F;
    A B C D E F G;
    A B C D E F G H;
    A B C D E F G H I;
    A B C D E F G H I J;
}

const fn crosses<F: Crosses>(_: &F) {}
const fn is_called<F: Crosses>(_: &Option<F>) {}

const _: () = {
    let (progress, log): (quietcloud_progress_fn, quietcloud_log_fn) = (None, None);
    is_called(&progress);
    is_called(&log);
};

macro_rules! crossing {
    ($($function:ident($($argument:tt),*);)*) => {
        $(const _: () = {
            let function: unsafe extern "C" fn($($argument),*) -> _ = $function;
            crosses(&function);
        };)*

        /// Every entry's name.
        #[cfg(test)]
        const ENTRIES: &[&str] = &[$(stringify!($function)),*];
    };
}

crossing! {
    quietcloud_confidence_f32(_, _, _, _, _, _, _);
    quietcloud_confidence_f64(_, _, _, _, _, _, _);
    quietcloud_filter_bounds(_, _, _, _, _);
    quietcloud_filter_free(_);
    quietcloud_filter_get_number(_, _, _);
    quietcloud_filter_get_string(_, _, _, _, _);
    quietcloud_filter_new(_, _);
    quietcloud_filter_option_bounds(_, _, _, _);
    quietcloud_filter_option_choice(_, _);
    quietcloud_filter_option_count();
    quietcloud_filter_option_help(_);
    quietcloud_filter_option_kind(_);
    quietcloud_filter_option_name(_);
    quietcloud_filter_option_unit(_);
    quietcloud_filter_report_number(_, _, _);
    quietcloud_filter_report_string(_, _, _, _, _);
    quietcloud_filter_run_f32(_, _, _, _, _, _);
    quietcloud_filter_run_f64(_, _, _, _, _, _);
    quietcloud_filter_set_number(_, _, _);
    quietcloud_filter_set_progress(_, _, _);
    quietcloud_filter_set_string(_, _, _);
    quietcloud_generator_bounds(_, _, _, _, _);
    quietcloud_generator_diffuse_denoise_f32(_, _, _, _, _, _);
    quietcloud_generator_diffuse_denoise_f64(_, _, _, _, _, _);
    quietcloud_generator_free(_);
    quietcloud_generator_get_number(_, _, _);
    quietcloud_generator_get_string(_, _, _, _, _);
    quietcloud_generator_interpolate_f32(_, _, _, _, _, _, _, _, _, _);
    quietcloud_generator_interpolate_f64(_, _, _, _, _, _, _, _, _, _);
    quietcloud_generator_likelihood_f32(_, _, _, _, _, _);
    quietcloud_generator_likelihood_f64(_, _, _, _, _, _);
    quietcloud_generator_new(_, _);
    quietcloud_generator_option_choice(_, _);
    quietcloud_generator_option_count();
    quietcloud_generator_option_help(_);
    quietcloud_generator_option_kind(_);
    quietcloud_generator_option_name(_);
    quietcloud_generator_option_unit(_);
    quietcloud_generator_reconstruct_f32(_, _, _, _, _, _);
    quietcloud_generator_reconstruct_f64(_, _, _, _, _, _);
    quietcloud_generator_report_number(_, _, _);
    quietcloud_generator_report_string(_, _, _, _, _);
    quietcloud_generator_run_f32(_, _, _, _, _);
    quietcloud_generator_run_f64(_, _, _, _, _);
    quietcloud_generator_set_number(_, _, _);
    quietcloud_generator_set_progress(_, _, _);
    quietcloud_generator_set_string(_, _, _);
    quietcloud_last_error();
    quietcloud_model_describe(_, _, _, _);
    quietcloud_model_device(_, _, _, _);
    quietcloud_model_free(_);
    quietcloud_model_open(_, _, _);
    quietcloud_model_open_memory(_, _, _, _);
    quietcloud_set_log(_, _);
    quietcloud_set_runtime(_);
    quietcloud_set_threads(_);
    quietcloud_status_text(_);
    quietcloud_version();
    quietcloud_version_number();
}

#[cfg(test)]
mod tests {
    use super::ENTRIES;

    #[test]
    fn every_exported_symbol_is_checked() {
        let symbols = include_str!("../../tests/abi/symbols.txt");
        assert_eq!(symbols.lines().collect::<Vec<_>>(), ENTRIES);
    }
}
