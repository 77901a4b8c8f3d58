//! Where things lie: the repository and the cache folder outside of it.

use anyhow::{Result, bail};
use std::env;
use std::path::{Path, PathBuf};

/// The repository's root.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("xtask lies in the repository")
}

/// The folder that keeps what was fetched, the same one that the library looks into.
pub fn cache() -> Result<PathBuf> {
    cache_from(|name| {
        env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    })
}

fn cache_from(variable: impl Fn(&str) -> Option<PathBuf>) -> Result<PathBuf> {
    if let Some(folder) = variable("QUIETCLOUD_CACHE") {
        return Ok(std::path::absolute(folder)?);
    }
    // The XDG specification asks to ignore a relative path.
    if let Some(folder) = variable("XDG_CACHE_HOME").filter(|folder| folder.is_absolute()) {
        return Ok(folder.join("quietcloud"));
    }
    match variable("HOME") {
        Some(home) => Ok(home.join(".cache/quietcloud")),
        None => bail!("no cache folder: set QUIETCLOUD_CACHE (HOME is not set)"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cache_with(variables: &[(&str, &str)]) -> Result<PathBuf> {
        cache_from(|name| {
            variables
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| value.into())
        })
    }

    #[test]
    fn our_own_variable_comes_first() {
        let all = [
            ("HOME", "/h"),
            ("XDG_CACHE_HOME", "/x"),
            ("QUIETCLOUD_CACHE", "/q"),
        ];
        assert_eq!(cache_with(&all).unwrap(), Path::new("/q"));
        assert_eq!(cache_with(&all[..2]).unwrap(), Path::new("/x/quietcloud"));
        assert_eq!(cache_with(&all[..1]).unwrap(), Path::new("/h/.cache/quietcloud"));
        assert!(cache_with(&[]).is_err());
    }

    #[test]
    fn a_relative_xdg_folder_is_ignored() {
        let cache = cache_with(&[("HOME", "/h"), ("XDG_CACHE_HOME", "x")]).unwrap();
        assert_eq!(cache, Path::new("/h/.cache/quietcloud"));
    }
}
