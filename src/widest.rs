//! One function for the widest instructions that a processor may have.

/// A function of slices compiled for the widest instructions that the processor may have. The arithmetic, and with it
/// every byte, is the same for all of them.
macro_rules! widest {
    ($(#[$doc:meta])* fn $name:ident($($arg:ident: $kind:ty),* $(,)?) => $body:path) => {
        $(#[$doc])*
        fn $name($($arg: $kind),*) {
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx512f,popcnt")]
                fn with_avx512($($arg: $kind),*) {
                    $body($($arg),*);
                }
                #[target_feature(enable = "avx2")]
                fn with_avx2($($arg: $kind),*) {
                    $body($($arg),*);
                }
                if is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("popcnt") {
                    // SAFETY: the processor has what the function was compiled for.
                    return unsafe { with_avx512($($arg),*) };
                }
                if is_x86_feature_detected!("avx2") {
                    // SAFETY: as above.
                    return unsafe { with_avx2($($arg),*) };
                }
            }
            $body($($arg),*);
        }
    };
}
pub(crate) use widest;
