//! The players of every language tell what the library raises into the sender's code, and a forked child tells nothing. Each
//! plays a script on a tiny backend that lies beside it, `wrong`, which raises where its first argument says.

use std::{
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde_json::{Value, json};
use tempfile::TempDir;

/// A player with its wrong backend, as a command without arguments.
struct Player {
    command: Vec<String>,
    env: Option<(&'static str, PathBuf)>,
    /// Where it was built, and runs.
    folder: TempDir,
}

/// Where the players of other languages lie.
fn contract(language: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/contract").join(language)
}

fn is_there(program: &str) -> bool {
    Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
}

impl Player {
    /// A script of this language, or nothing where its interpreter is not installed.
    fn interpreted(language: &'static str, words: &[&str], env: Option<&'static str>) -> Option<Self> {
        let mut command: Vec<_> = words.iter().map(ToString::to_string).collect();
        let script = contract(language).join(command.pop()?);
        command.push(script.to_string_lossy().into_owned());
        Self::of(language, &words[0..1], |_| None, |_| command, env.map(|name| (name, contract(language))))
    }

    /// A program, built in a folder of its own, or nothing where one of these programs is not installed.
    fn of(
        language: &str,
        needs: &[&str],
        build: impl FnOnce(&Path) -> Option<Command>,
        command: impl FnOnce(&Path) -> Vec<String>,
        env: Option<(&'static str, PathBuf)>,
    ) -> Option<Self> {
        if let Some(missing) = needs.iter().find(|program| !is_there(program)) {
            assert!(std::env::var_os("CI").is_none(), "{missing} is not installed");
            eprintln!("not played in {language}: {missing} is not installed");
            return None;
        }
        // Wherever the checkout lies: make, for one, takes the blank in a target for its end.
        let folder = tempfile::Builder::new().prefix("a b\u{e9} ").tempdir().expect("a folder");
        if let Some(mut build) = build(folder.path()) {
            assert!(build.status().expect("it starts").success(), "the wrong backend in {language} is built");
        }
        let command = command(folder.path());
        Some(Self { command, env, folder })
    }

    /// The events that it writes, when it raises there.
    fn play(&self, place: &str, steps: &Value) -> Vec<Value> {
        self.play_to_its_end(place, steps).0
    }

    /// The same without those that every player begins with, and whether it ended well.
    fn play_to_its_end(&self, place: &str, steps: &Value) -> (Vec<Value>, bool) {
        let mut command = Command::new(&self.command[0]);
        command.args(&self.command[1..]).args([place, "run"]).current_dir(self.folder.path());
        command.envs(self.env.clone());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().expect("it starts");
        let script = json!({ "protocol": 1, "scenario": "raises", "subscribe": ["SIGHUP"], "steps": steps });
        let mut input = child.stdin.take().expect("its input");
        writeln!(input, "{script}").expect("it reads its script");
        let output = child.wait_with_output().expect("it ends");
        let text = String::from_utf8(output.stdout).expect("text");
        let mut events: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("an event")).collect();
        let begun = events.iter().take_while(|event| ["opening", "opened"].contains(&name(event).as_str())).count();
        let begins: Vec<_> = events.drain(..begun).map(|event| name(&event)).collect();
        // Node.js has its loop before there is a player, and what is raised while a loop is opened comes before it is.
        assert!(matches!(begins.join(", ").as_str(), "opening, opened" | "opened" | "opening"), "{begins:?}");
        (events, output.status.success())
    }

    /// Asserts that what the player itself gets wrong in a subscription, here for a signal that there is not, is told of no
    /// library.
    fn keeps_its_own_faults(&self) {
        let (events, is_well) = self.play_to_its_end("nowhere", &json!([{ "step": "subscribe", "signal": "SIGNOPE" }]));
        let names: Vec<_> = events.iter().map(name).collect();
        assert_eq!(names, ["subscribed", "started"], "{events:?}");
        assert!(!is_well, "the exit status says it");
    }

    /// Asserts that what is raised at a place is told with that step, and nothing where nothing is raised.
    fn tells(&self, places: &[(&str, &str)]) {
        let steps = json!([
            { "step": "send", "signal": "SIGHUP" },
            { "step": "yield", "until": [{ "wait": "call-after-send", "subscription": 1 }] },
            { "step": "settle", "millis": 1 },
            { "step": "unsubscribe", "subscription": 1 },
        ]);
        self.tell(&steps, places);
        let names: Vec<_> = self.play("nowhere", &steps).iter().map(name).collect();
        assert!(!names.contains(&"panicked".to_owned()), "{names:?}");
        assert_eq!(names.last().map(String::as_str), Some("finished"));
    }

    fn tell(&self, steps: &Value, places: &[(&str, &str)]) {
        for &(place, step) in places {
            let events = self.play(place, steps);
            let told: Vec<_> = events.iter().filter(|event| name(event) == "panicked").collect();
            assert_eq!(told.len(), 1, "raised in {place}: {events:?}");
            assert_eq!(told[0]["step"], step, "raised in {place}: {}", told[0]);
            assert!(told[0]["message"].as_str().is_some_and(|message| message.contains("wrong")), "{}", told[0]);
            if step == "subscribe" {
                assert_eq!(told[0]["signal"], "SIGHUP", "{}", told[0]);
            }
        }
    }

    /// What is raised when a handler is removed, in the language's own way to refuse, is told where that is told.
    fn fails_to_unsubscribe(&self) {
        let events = self.play("unsubscribe", &json!([{ "step": "unsubscribe", "subscription": 1 }]));
        let told = events.iter().find(|event| name(event) == "unsubscribed").expect("the handler's removal");
        assert!(told["error"].as_str().is_some_and(|error| error.starts_with("wrong in unsubscribe")), "{told}");
        assert_eq!(name(events.last().expect("events")), "finished");
    }

    /// A handler that runs in a forked child, where it is called in the signal handler itself, tells nothing.
    fn silences_its_children(&self) {
        let events = self.play("nowhere", &json!([{ "step": "fork", "signal": "SIGHUP" }]));
        let names: Vec<_> = events.iter().map(name).collect();
        assert_eq!(names, ["subscribed", "started", "forking", "fork-ended", "finished"], "{events:?}");
        // The child's handler took its signal.
        assert_eq!(events[3]["killed_by"], Value::Null, "{}", events[3]);
    }
}

fn name(event: &Value) -> String {
    event["event"].as_str().expect("an event's name").to_owned()
}

/// The steps after which the loop is closed, for players that close it only then.
fn reopening() -> Value {
    json!([{ "step": "reopen" }])
}

#[test]
fn python_tells_what_is_raised() {
    let Some(player) = Player::interpreted("python", &["python3", "wrong.py"], Some("PYTHONPATH")) else { return };
    let same = ["open", "subscribe", "send", "yield", "settle", "unsubscribe", "close"];
    player.tells(&same.map(|place| (place, place)));
    player.keeps_its_own_faults();
    player.silences_its_children();
}

#[test]
fn ruby_tells_what_is_raised() {
    let Some(player) = Player::interpreted("ruby", &["ruby", "wrong.rb"], None) else { return };
    player.tells(&["open", "subscribe", "send", "yield", "settle", "unsubscribe"].map(|place| (place, place)));
    player.tell(&reopening(), &[("close", "close")]);
    player.keeps_its_own_faults();
    player.silences_its_children();
}

#[test]
fn perl_tells_what_it_dies_of() {
    let Some(player) = Player::interpreted("perl", &["perl", "Wrong.pm"], Some("PERL5LIB")) else { return };
    player.tells(&["open", "send", "yield", "settle", "close"].map(|place| (place, place)));
    player.fails_to_unsubscribe();
    player.silences_its_children();
}

#[test]
fn javascript_tells_what_is_thrown() {
    let Some(player) = Player::interpreted("node", &["node", "wrong.cjs"], None) else { return };
    // A listener throws in the loop that calls it.
    player.tells(&[("handler", "yield"), ("yield", "yield"), ("settle", "settle"), ("close", "close")]);
    player.fails_to_unsubscribe();
}

#[test]
fn c_tells_what_fails() {
    let build = |folder: &Path| {
        let mut make = Command::new("make");
        make.arg("--silent").arg(format!("BUILD={}", folder.display())).current_dir(contract("c").join("wrong"));
        Some(make)
    };
    let command = |folder: &Path| vec![folder.join("fixture").to_string_lossy().into_owned()];
    let Some(player) = Player::of("c", &["make", "cc", "pkg-config"], build, command, None) else { return };
    player.tells(&["send", "yield", "settle", "unsubscribe", "close"].map(|place| (place, place)));
    player.silences_its_children();
}

#[test]
fn go_tells_its_panics() {
    let build = |folder: &Path| {
        let mut go = Command::new("go");
        go.args(["build", "-o"]).arg(folder.join("fixture")).arg("./wrong").current_dir(contract("go"));
        Some(go)
    };
    let command = |folder: &Path| vec![folder.join("fixture").to_string_lossy().into_owned()];
    let Some(player) = Player::of("go", &["go"], build, command, None) else { return };
    player.tells(&["open", "subscribe", "yield", "settle", "unsubscribe"].map(|place| (place, place)));
    player.tell(&reopening(), &[("close", "close")]);
    player.keeps_its_own_faults();
}

#[test]
fn java_tells_what_is_thrown() {
    let build = |folder: &Path| {
        let mut shell = Command::new("sh");
        let compile = "javac -XDignore.symbol.file -Xlint:-options -nowarn -d \"$1\" ./*.java wrong/*.java";
        shell.args(["-c", compile, "sh"]).arg(folder).current_dir(contract("java"));
        Some(shell)
    };
    let command = |folder: &Path| {
        let words = ["java", "-Xshare:auto", "-XX:+UseSerialGC", "-cp", &folder.to_string_lossy(), "Wrong"];
        words.map(ToOwned::to_owned).into()
    };
    let Some(player) = Player::of("java", &["java", "javac"], build, command, None) else { return };
    player.tells(&["open", "subscribe", "yield", "settle", "unsubscribe"].map(|place| (place, place)));
    // A thread of the virtual machine calls it, while the coroutine goes on.
    let yields = json!([
        { "step": "send", "signal": "SIGHUP" },
        { "step": "yield", "until": [{ "wait": "call-after-send", "subscription": 1 }] },
        { "step": "reopen" },
    ]);
    player.tell(&yields, &[("close", "close")]);
}
