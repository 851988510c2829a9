//! A real browser: headless Chromium, told what to do over its debugging protocol. Nothing here waits for a time: the page
//! itself says when something is so.

use std::{
    cell::Cell,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use headless_chrome::{
    Browser, LaunchOptions, Tab,
    protocol::cdp::{
        Emulation, Page, Performance,
        types::{Event, Method},
    },
};
use serde_json::{Value, json};

const INSTALL: &str = "apt-get install --no-install-recommends chromium";
const ARGS: [&str; 8] = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--disable-dev-shm-usage",
];

/// One browser at a time: each is as large as a small machine.
static ALONE: Mutex<()> = Mutex::new(());

/// A browser that shows one page, and what the page complained of.
pub struct Shown {
    pub tab: Arc<Tab>,
    complaints: Arc<Mutex<Vec<String>>>,
    _browser: Browser,
    _files: tempfile::TempDir,
    page: PathBuf,
    scripted: Cell<bool>,
    _alone: MutexGuard<'static, ()>,
}

/// Opens a page at `#hash`. `None`, said on standard error, where there is no Chromium.
///
/// # Panics
/// When there is none and `CI` is set: there it must be.
pub fn open(page: &str, hash: &str) -> Option<Shown> {
    open_sized(page, hash, (1400, 1000))
}

pub fn open_sized(page: &str, hash: &str, size: (u32, u32)) -> Option<Shown> {
    let Ok(path) = headless_chrome::browser::default_executable() else {
        assert!(std::env::var_os("CI").is_none(), "chromium is not installed; install it with: {INSTALL}");
        eprintln!("not tested: chromium is not installed; install it with: {INSTALL}");
        return None;
    };
    let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let files = tempfile::tempdir().expect("a temporary folder");
    let file = files.path().join("page.html");
    std::fs::write(&file, page).expect("the page");
    let options = LaunchOptions {
        path: Some(path),
        sandbox: false,
        window_size: Some(size),
        user_data_dir: Some(files.path().join("profile")),
        // What it leaves behind goes with everything else.
        process_envs: Some([("TMPDIR".to_owned(), files.path().to_string_lossy().into_owned())].into()),
        args: ARGS.iter().map(AsRef::as_ref).collect(),
        ..LaunchOptions::default()
    };
    let browser = Browser::new(options).expect("chromium starts");
    let tab = browser.new_tab().expect("a tab");
    let complaints = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&complaints);
    let listen = move |event: &Event| {
        let complaint = match event {
            Event::RuntimeConsoleAPICalled(said) => Some(format!("{:?}", said.params.args)),
            Event::RuntimeExceptionThrown(thrown) => Some(format!("{:?}", thrown.params.exception_details)),
            Event::LogEntryAdded(entry) => Some(entry.params.entry.text.clone()),
            Event::NetworkRequestWillBeSent(sent) => {
                let url = &sent.params.request.url;
                (!url.starts_with("file://")).then(|| format!("loads {url}"))
            }
            _ => None,
        };
        heard.lock().unwrap_or_else(PoisonError::into_inner).extend(complaint);
    };
    tab.add_event_listener(Arc::new(listen)).expect("a listener");
    tab.enable_runtime().and_then(|tab| tab.enable_log()).expect("the console");
    tab.call_method(headless_chrome::protocol::cdp::Network::Enable {
        max_total_buffer_size: None,
        max_resource_buffer_size: None,
        max_post_data_size: None,
        report_direct_socket_traffic: None,
        enable_durable_messages: None,
    })
    .expect("the network");
    let shown = Shown {
        tab,
        complaints,
        _browser: browser,
        _files: files,
        page: file,
        scripted: Cell::new(true),
        _alone: alone,
    };
    // A window is never narrower than its own buttons; a telephone is.
    shown.set(Emulation::SetDeviceMetricsOverride {
        width: size.0,
        height: size.1,
        device_scale_factor: 1.0,
        mobile: false,
        scale: None,
        screen_width: None,
        screen_height: None,
        position_x: None,
        position_y: None,
        dont_set_visible_size: None,
        screen_orientation: None,
        viewport: None,
        display_feature: None,
        device_posture: None,
    });
    shown.go(hash);
    Some(shown)
}

impl Shown {
    /// Opens the page anew, at a deep link.
    pub fn go(&self, hash: &str) {
        // A change of the hash alone would load nothing. The browser answers once the new page is there.
        for address in ["about:blank".to_owned(), format!("file://{}{hash}", self.page.display())] {
            self.set(Page::Navigate {
                url: address,
                referrer: None,
                transition_Type: None,
                frame_id: None,
                referrer_policy: None,
            });
        }
        let is_open = "document.readyState === 'complete'";
        if self.scripted.get() {
            return self.wait(is_open);
        }
        // Nothing of the page's runs then, not even a promise: it is asked again and again.
        while self.eval(is_open) != json!(true) {}
    }

    /// Opens the page anew; returns the processor time that its thread took for it, which no load on the machine changes.
    pub fn cost(&self, hash: &str) -> Duration {
        self.set(Performance::Enable { time_domain: Some(Performance::EnableTime_domainOption::ThreadTicks) });
        let before = self.task_seconds();
        self.go(hash);
        let after = self.task_seconds();
        // A page in a process of its own counts from nothing.
        Duration::from_secs_f64(if after < before { after } else { after - before })
    }

    fn task_seconds(&self) -> f64 {
        let metrics = self.tab.call_method(Performance::GetMetrics(None)).expect("what the browser counts").metrics;
        metrics.iter().find(|metric| metric.name == "TaskDuration").expect("the time of tasks").value
    }

    /// The value of a JavaScript expression.
    pub fn eval(&self, expression: &str) -> Value {
        let wrapped = format!("JSON.stringify({expression})");
        let value = self.tab.evaluate(&wrapped, true).unwrap_or_else(|error| panic!("{expression}: {error}")).value;
        value.as_ref().and_then(Value::as_str).map_or(json!(null), |text| serde_json::from_str(text).expect("JSON"))
    }

    /// Waits until a JavaScript expression is true: the page looks at each frame that it draws.
    pub fn wait(&self, expression: &str) {
        let look = format!(
            "new Promise(done => {{ const look = () => ({expression}) ? done(true) : requestAnimationFrame(look); look(); }})"
        );
        self.tab.evaluate(&look, true).unwrap_or_else(|error| panic!("never so: {expression}: {error}"));
    }

    pub fn press(&self, key: &str) {
        self.tab.press_key(key).unwrap_or_else(|error| panic!("{key}: {error}"));
    }

    pub fn click(&self, selector: &str) {
        let element = self.tab.find_element(selector).unwrap_or_else(|error| panic!("{selector}: {error}"));
        element.click().unwrap_or_else(|error| panic!("{selector}: {error}"));
    }

    /// Whether the element that a selector finds is to be seen.
    pub fn sees(&self, selector: &str) -> bool {
        self.eval(&format!("!!document.querySelector({})?.checkVisibility()", json!(selector))) == json!(true)
    }

    /// What the page complained of on its console, or tried to load.
    pub fn complaints(&self) -> Vec<String> {
        self.complaints.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Dark or light, as a reader's system would ask for.
    pub fn prefer(&self, scheme: &str) {
        self.set(Emulation::SetEmulatedMedia {
            media: None,
            features: Some(vec![Emulation::MediaFeature {
                name: "prefers-color-scheme".to_owned(),
                value: scheme.to_owned(),
            }]),
        });
    }

    /// Without JavaScript, from the next page on.
    pub fn without_script(&self) {
        self.scripted.set(false);
        self.set(Emulation::SetScriptExecutionDisabled { value: true });
    }

    fn set<C: Method + serde::Serialize + std::fmt::Debug>(&self, method: C) {
        self.tab.call_method(method).expect("the browser does as it is told");
    }

    /// A picture of what is to be seen, into the folder that `SIGCONFORM_SCREENSHOTS` names; nothing without it.
    pub fn screenshot(&self, name: &str) {
        let Some(folder) = std::env::var_os("SIGCONFORM_SCREENSHOTS") else { return };
        let format = Page::CaptureScreenshotFormatOption::Png;
        let picture = self.tab.capture_screenshot(format, None, None, true).expect("a picture");
        std::fs::create_dir_all(&folder).expect("the folder");
        std::fs::write(Path::new(&folder).join(format!("{name}.png")), picture).expect("the picture's file");
    }
}
