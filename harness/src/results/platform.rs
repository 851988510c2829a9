//! Where a run ran: results of different systems stand side by side, and are told apart by as little as possible.

use serde::{Deserialize, Serialize};

use super::Results;

/// The system that a run ran on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Platform {
    /// As `std::env::consts::OS` spells it.
    pub os: String,
    /// As `std::env::consts::ARCH` spells it.
    pub arch: String,
    /// The C library: `gnu`, `musl`, or the system's own.
    pub libc: String,
    /// The kernel's release.
    pub kernel: String,
}

impl Platform {
    /// The system that this program runs on.
    #[must_use]
    pub fn current() -> Self {
        let kernel = nix::sys::utsname::uname().map(|name| name.release().to_string_lossy().into_owned());
        Self {
            os: std::env::consts::OS.to_owned(),
            arch: std::env::consts::ARCH.to_owned(),
            libc: if cfg!(target_env = "musl") {
                "musl"
            } else if cfg!(target_env = "gnu") {
                "gnu"
            } else {
                "system"
            }
            .to_owned(),
            kernel: kernel.unwrap_or_else(|_| "unknown".to_owned()),
        }
    }
}

/// The platforms by name, as short as tells them apart: `linux x86_64`.
#[must_use]
pub fn platform_names(platforms: &[Results]) -> Vec<String> {
    let name = |Platform { os, arch, libc, kernel }: &Platform, words: usize| {
        [os, arch, libc, kernel].into_iter().take(words).cloned().collect::<Vec<_>>().join(" ")
    };
    let names = |words| platforms.iter().map(move |results| name(&results.platform, words)).collect::<Vec<_>>();
    let is_unique = |names: &Vec<String>| names.iter().enumerate().all(|(at, name)| !names[..at].contains(name));
    [2, 3].into_iter().map(names).find(is_unique).unwrap_or_else(|| names(4))
}
