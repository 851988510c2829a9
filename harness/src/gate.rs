//! The gate: a crate's own test file that holds its backend to the laws and to its documentation.
//!
//! Add this crate as a dev-dependency, a test without libtest's harness, and one file:
//!
//! ```toml
//! [[test]]
//! name = "signals"
//! harness = false
//! ```
//!
//! ```no_run
//! // tests/signals.rs
//! use std::io;
//!
//! use sigconform::contract::{
//!     BlockingLoop, BlockingSource, Burst, Claim, Claims, Delivery, Description, HandlersRun, Refused, Signal,
//! };
//!
//! struct Mine(/* the crate's own type */);
//!
//! impl BlockingSource for Mine {
//!     fn describe() -> Description {
//!         let page = "https://docs.rs/mine/1.0.0/mine/struct.Signals.html";
//!         Description::new("mine", "mine::Signals", env!("CARGO_PKG_VERSION")).claims(Claims {
//!             handlers_run: Claim::documented(HandlersRun::SenderThread, page),
//!             burst: Claim::documented(Burst::AtLeastOne, page),
//!             ..Claims::default()
//!         })
//!     }
//!     # fn open() -> io::Result<Self> { unimplemented!() }
//!     # fn subscribe(&mut self, _: Signal) -> Result<(), Refused> { unimplemented!() }
//!     # fn wait(&mut self) -> io::Result<Vec<Delivery>> { unimplemented!() }
//!     # fn pending(&mut self) -> io::Result<Vec<Delivery>> { unimplemented!() }
//!     // open, subscribe, wait, pending: one line each
//! }
//!
//! sigconform::gate!(BlockingLoop<Mine>);
//! ```
//!
//! The same executable is the driver and, started again by the driver, the fixture: an environment variable tells the two
//! apart, so no filter can be mistaken for it. `cargo test` and `cargo nextest run` list each scenario as a test of its own.
//! `cargo test --test signals -- --explore 1000` plays scripts that are made at random instead: see [`crate::explore`].

use std::{env, path::Path, process::ExitCode};

use sigconform_fixture::{Backend, Description};

use crate::{
    cli, exit_status,
    expectation::{self, Expectation},
    fixture::{self, Again, Fixture},
    report::github::Place,
};

mod explored;
mod known;
mod outcome;
mod trials;

pub use known::{Known, known};

/// Set for the fixture, to the backend that it is to be.
const BACKEND: &str = "SIGCONFORM_GATE_BACKEND";

/// Makes the test file that it stands in a gate for one or more backends.
///
/// ```no_run
/// # use std::io;
/// # use sigconform::contract::{BlockingLoop, BlockingSource, Delivery, Description, Refused, Signal};
/// # struct Source;
/// # impl BlockingSource for Source {
/// #     fn describe() -> Description { Description::new("mine", "mine::Signals", "1.0.0") }
/// #     fn open() -> io::Result<Self> { Ok(Self) }
/// #     fn subscribe(&mut self, _: Signal) -> Result<(), Refused> { Ok(()) }
/// #     fn wait(&mut self) -> io::Result<Vec<Delivery>> { Ok(Vec::new()) }
/// #     fn pending(&mut self) -> io::Result<Vec<Delivery>> { Ok(Vec::new()) }
/// # }
/// # type Mine = BlockingLoop<Source>;
/// # type Another = BlockingLoop<Source>;
/// use sigconform::gate::known;
///
/// // One backend, several, or with what is known to fail:
/// # mod one { use super::*;
/// sigconform::gate!(Mine);
/// # }
/// # mod several { use super::*;
/// sigconform::gate!(Mine, Another);
/// # }
/// # mod listed { use super::*;
/// sigconform::gate!(Mine; known("fork", &["fork-isolated"], "why", "https://example.org/issue/1"));
/// # }
/// # fn main() {}
/// ```
///
/// With `sigconform::gate!(Mine; expectations in "expectations.toml")` the known failures stand in a file of their own.
///
/// Known failures stand in the file, as calls of [`known()`], or beside it in a file of
/// [expectations](crate::expectation). A failure that is listed is no longer one; a listed one that passes is.
///
/// Wrong use ends the test program with one line that says what to do, and exit status 2.
#[macro_export]
macro_rules! gate {
    ($($backend:ty),+ $(,)?) => {
        $crate::gate!(@ $($backend),+; |gate| gate);
    };
    ($($backend:ty),+; expectations in $file:literal $(,)?) => {
        $crate::gate!(@ $($backend),+; |gate| gate.expectations($file, include_str!($file)));
    };
    ($($backend:ty),+; $($known:expr),+ $(,)?) => {
        $crate::gate!(@ $($backend),+; |gate| gate$(.known($known))+);
    };
    (@ $($backend:ty),+; |$gate:ident| $made:expr) => {
        fn main() -> ::std::process::ExitCode {
            let $gate = $crate::gate::Gate::new($crate::gate::Target {
                package: env!("CARGO_PKG_NAME"),
                folder: env!("CARGO_MANIFEST_DIR"),
                name: env!("CARGO_CRATE_NAME"),
                file: file!(),
                line: line!(),
            })
            $(.backend::<$backend>())+;
            $made.main()
        }
    };
}

/// The test target that a gate stands in, as the compiler knows it.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// The package's name.
    pub package: &'static str,
    /// The package's folder.
    pub folder: &'static str,
    /// The target's name, as a crate's.
    pub name: &'static str,
    /// The source file, as the compiler names it.
    pub file: &'static str,
    /// The line of the gate.
    pub line: u32,
}

impl Target {
    /// As cargo's `--test` takes it: a crate's name has lost the hyphens that the file's may have.
    fn cargo_name(&self) -> String {
        let stem = Path::new(self.file).file_stem().unwrap_or_default().to_string_lossy();
        if stem.replace('-', "_") == self.name { stem.into_owned() } else { self.name.to_owned() }
    }
}

/// A gate, put together by [`gate!`](crate::gate!).
#[derive(Debug)]
pub struct Gate {
    target: Target,
    backends: Vec<(Description, fn() -> ExitCode)>,
    known: Vec<Known>,
    beside: Option<(&'static str, &'static str)>,
}

impl Gate {
    /// Without backends yet.
    #[must_use]
    pub fn new(target: Target) -> Self {
        Self { target, backends: Vec::new(), known: Vec::new(), beside: None }
    }

    /// With one more backend.
    #[must_use]
    pub fn backend<B: Backend>(mut self) -> Self {
        self.backends.push((B::describe(), sigconform_fixture::run::<B>));
        self
    }

    /// With a failure that is known.
    #[must_use]
    pub fn known(mut self, known: Known) -> Self {
        self.known.push(known);
        self
    }

    /// With a file of known failures: its name as seen from the gate's, and its text.
    #[must_use]
    pub fn expectations(self, file: &'static str, text: &'static str) -> Self {
        Self { beside: Some((file, text)), ..self }
    }

    /// The whole `main`: plays one backend where the driver started this program for that, and drives otherwise.
    #[must_use]
    pub fn main(self) -> ExitCode {
        if let Some(wanted) = env::var_os(BACKEND) {
            return match self.backends.iter().find(|(description, _)| wanted == *description.name) {
                Some((_, run)) => run(),
                None => {
                    wrong_use(&format!("{BACKEND} is set, and no backend of this gate is called {}", wanted.display()))
                }
            };
        }
        match self.fixtures() {
            Ok(fixtures) => trials::run(
                fixtures,
                Place { file: self.target.file.into(), line: self.target.line },
                self.target.folder,
            ),
            Err(problem) => wrong_use(&problem),
        }
    }

    /// This program once for each backend, or what is wrong with how the gate is used.
    fn fixtures(&self) -> Result<Vec<Fixture>, String> {
        for (Description { name, claims, .. }, _) in &self.backends {
            if !fixture::is_name(name) {
                return Err(format!("a backend calls itself `{name}`: write lower-case letters, digits and hyphens"));
            }
            let forgotten = claims.without_source();
            if !forgotten.is_empty() {
                return Err(format!("`{name}` {}", fixture::missing_sources(&forgotten)));
            }
            if claims.are_undocumented() {
                return Err(format!(
                    "`{name}` claims nothing: add to its description what its documentation promises, at the least where \
                     its handlers run (`handlers_run`), each claim with the address of the page"
                ));
            }
        }
        let program =
            env::current_exe().map_err(|error| format!("cannot find this program to start it again: {error}"))?;
        let expectations = self.known_failures()?;
        let fixture = |(description, _): &(Description, _)| {
            let again = Again::Test { package: self.target.package.to_owned(), target: self.target.cargo_name() };
            let known = expectations.iter().filter(|known| known.backend == description.name);
            Fixture {
                // A case that goes wrong is told in a line; a trace of where the library panicked would bury it.
                env: [(BACKEND.to_owned(), description.name.clone().into()), ("RUST_BACKTRACE".to_owned(), "0".into())]
                    .into(),
                expectations: known.cloned().collect(),
                described: Some(Box::new(description.clone())),
                again,
                ..Fixture::new(&description.name, vec![program.clone().into()])
            }
        };
        let fixtures: Vec<_> = self.backends.iter().map(fixture).collect();
        fixture::check_names(&fixtures).map_err(|error| error.to_string())?;
        Ok(fixtures)
    }

    fn known_failures(&self) -> Result<Vec<Expectation>, String> {
        let names: Vec<_> = self.backends.iter().map(|(description, _)| description.name.as_str()).collect();
        if let Some((file, text)) = self.beside {
            let file = Path::new(self.target.file).with_file_name(file);
            return expectation::parse(&file, text, &names).map_err(|error| error.to_string());
        }
        let known = self.known.iter().map(|known| known.expectation(&names)).collect::<Result<Vec<_>, _>>()?;
        expectation::check(&known, &names).map_err(|error| error.to_string())?;
        Ok(known)
    }
}

fn wrong_use(problem: &str) -> ExitCode {
    cli::complain(&problem);
    ExitCode::from(exit_status::USAGE)
}
