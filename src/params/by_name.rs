//! Options by the names of their table.

use super::Param;
use crate::error::{Error, Result};

/// Options that a table names: every option is set and read by its name, as a number or as text.
pub trait ByName {
    /// Every option there is.
    const TABLE: &'static [Param];

    /// The field of the option `name` as a number; [`None`] where there is no such field.
    fn field(&self, name: &str) -> Option<f64>;

    /// Sets the field of the option `name` to a value that its entry in the table allows; false where there is no such
    /// field.
    fn set_field(&mut self, name: &str, value: f64) -> bool;

    /// Sets an option by its name.
    ///
    /// # Errors
    /// [`Error::Argument`] for an unknown name or a value out of bounds; nothing is changed then.
    fn set_number(&mut self, name: &str, value: f64) -> Result<()> {
        let value = Param::find_in(Self::TABLE, name)?.check(value)?;
        if self.set_field(name, value) {
            Ok(())
        } else {
            Err(no_field(name))
        }
    }

    /// Sets an option by its name from text: a word such as `fast` or `auto`, or digits.
    ///
    /// # Errors
    /// As [`set_number`](ByName::set_number).
    fn set_string(&mut self, name: &str, text: &str) -> Result<()> {
        let value = Param::find_in(Self::TABLE, name)?.parse(text)?;
        self.set_number(name, value)
    }

    /// The value of an option as a number.
    ///
    /// # Errors
    /// [`Error::Argument`] for an unknown name.
    fn get_number(&self, name: &str) -> Result<f64> {
        let param = Param::find_in(Self::TABLE, name)?;
        self.field(param.name).ok_or_else(|| no_field(name))
    }

    /// The value of an option as text: its word where it has one, else digits.
    ///
    /// # Errors
    /// [`Error::Argument`] for an unknown name.
    fn get_string(&self, name: &str) -> Result<String> {
        let value = self.get_number(name)?;
        Ok(Param::find_in(Self::TABLE, name)?.text(value))
    }

    /// Proves that every option is within its bounds (the fields are public and may hold anything).
    ///
    /// # Errors
    /// [`Error::Argument`] for the first that is not.
    fn check(&self) -> Result<()> {
        for param in Self::TABLE {
            param.check(self.get_number(param.name)?)?;
        }
        Ok(())
    }
}

fn no_field(name: &str) -> Error {
    Error::Internal(format!("option '{name}' has no field"))
}

#[cfg(test)]
mod tests {
    use super::ByName;
    use crate::params::{GenerateParams, Params};

    fn initial_values_are_the_default<P: ByName + Default>() {
        let params = P::default();
        for param in P::TABLE {
            assert_eq!(
                params.get_number(param.name).unwrap(),
                param.initial,
                "{}",
                param.name
            );
        }
        params.check().unwrap();
    }

    #[test]
    fn initial_values_are_the_default_and_within_bounds() {
        initial_values_are_the_default::<Params>();
        initial_values_are_the_default::<GenerateParams>();
    }

    fn values_come_back<P: ByName + Default + PartialEq + std::fmt::Debug>() {
        for param in P::TABLE {
            let mut params = P::default();
            params.set_number(param.name, param.high).unwrap();
            assert_eq!(
                params.get_number(param.name).unwrap(),
                param.high,
                "{}",
                param.name
            );
            let text = params.get_string(param.name).unwrap();
            let mut again = P::default();
            again.set_string(param.name, &text).unwrap();
            assert_eq!(again, params, "{}", param.name);
        }
    }

    #[test]
    fn every_option_is_set_by_number_and_by_text_and_read_back() {
        values_come_back::<Params>();
        values_come_back::<GenerateParams>();
    }
}
