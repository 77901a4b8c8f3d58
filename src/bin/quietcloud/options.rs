//! The flags of a run, one for each entry of the library's tables.

use clap::{Arg, ArgMatches, Command, Error, FromArgMatches};
use quietcloud::params::{ByName, Kind, Param};

/// Parameters of a run from flags.
pub struct Options<P>(pub P);

fn flag(param: &'static Param) -> Arg {
    let words = param.choices.join("|");
    let value = match (param.kind, param.choices) {
        (Kind::Choice, _) => words,
        (_, []) => "VALUE".into(),
        _ => format!("{words}|VALUE"),
    };
    let unit = if param.unit.is_empty() {
        String::new()
    } else {
        format!(" ({})", param.unit)
    };
    let initial = param.text(param.initial);
    Arg::new(param.name)
        .long(param.name.replace('_', "-"))
        .value_name(value)
        .help(format!("{}{unit} [default: {initial}]", param.help))
        .value_parser(|text: &str| Ok::<_, quietcloud::Error>(text.to_owned()))
        .allow_negative_numbers(true)
}

impl<P: ByName + Default> FromArgMatches for Options<P> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let mut options = Options(P::default());
        options.update_from_arg_matches(matches)?;
        Ok(options)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        for param in P::TABLE {
            if let Some(text) = matches.get_one::<String>(param.name) {
                let set = self.0.set_string(param.name, text);
                set.map_err(|e| Error::raw(clap::error::ErrorKind::InvalidValue, format!("{e}\n\n")))?;
            }
        }
        Ok(())
    }
}

impl<P: ByName + Default> clap::Args for Options<P> {
    fn augment_args(command: Command) -> Command {
        command.args(P::TABLE.iter().map(flag))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}
