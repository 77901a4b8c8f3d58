//! The flags of a run, one for each entry of the library's tables.

use clap::{Arg, ArgMatches, Command, Error, FromArgMatches};
use quietcloud::params::{GENERATOR_TABLE, Kind, Param, TABLE};
use quietcloud::{GenerateParams, Params};

/// Parameters of `denoise` from flags.
pub struct Options(pub Params);

/// Parameters of a generator from flags.
pub struct GenerateOptions(pub GenerateParams);

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

macro_rules! flags {
    ($options:ident, $params:ident, $table:ident) => {
        impl FromArgMatches for $options {
            fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
                let mut options = $options($params::default());
                options.update_from_arg_matches(matches)?;
                Ok(options)
            }

            fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
                for param in $table {
                    if let Some(text) = matches.get_one::<String>(param.name) {
                        let set = self.0.set_string(param.name, text);
                        set.map_err(|e| {
                            Error::raw(clap::error::ErrorKind::InvalidValue, format!("{e}\n\n"))
                        })?;
                    }
                }
                Ok(())
            }
        }

        impl clap::Args for $options {
            fn augment_args(command: Command) -> Command {
                command.args($table.iter().map(flag))
            }

            fn augment_args_for_update(command: Command) -> Command {
                Self::augment_args(command)
            }
        }
    };
}

flags!(Options, Params, TABLE);
flags!(GenerateOptions, GenerateParams, GENERATOR_TABLE);
