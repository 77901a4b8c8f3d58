//! `cargo xtask COMMAND`: everything around the library that is not the library.

mod bench;
mod demo;
mod headers;
mod paths;
mod program;
mod setup;
mod shell;
mod test;

const USAGE: &str = "usage: cargo xtask COMMAND
  setup              fetch ONNX Runtime into the cache folder and print where it is
  demo               build, denoise a real scan, write target/demo/before_after.png
  test [STAGE...]    run everything there is, or the named stages (--list shows them)
  bench [POINTS...]  time and memory beside other programs, into target/bench; best on a machine that does nothing else
  headers [--check]  write include/quietcloud/quietcloud.h, or fail when it is stale
The cache folder is $QUIETCLOUD_CACHE, else $XDG_CACHE_HOME/quietcloud, else ~/.cache/quietcloud.";

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match words.as_slice() {
        ["setup"] => setup::run().map(|library| println!("{}", library.display())),
        ["demo"] => demo::run(),
        ["test", stages @ ..] => test::run(stages),
        ["bench", sizes @ ..] => bench::run(sizes),
        ["headers"] => headers::write(),
        ["headers", "--check"] => headers::check(),
        ["help" | "--help" | "-h"] => {
            println!("{USAGE}");
            Ok(())
        }
        _ => {
            eprintln!("{USAGE}");
            std::process::exit(2);
        }
    };
    if let Err(error) = result {
        eprintln!("error: {error:#}");
        std::process::exit(1);
    }
}
