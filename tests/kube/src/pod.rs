//! A pod that runs.

use std::io;
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::process::Command;
use std::time::Duration;

use rustix::process::Signal;
use serde_json::Value;
use sidecar_testkit::process::eventually;
use sidecar_testkit::{App, Connection, Process, Reply, Request, Seen, Which, place};
use tempfile::TempDir;

use crate::container::{Plan, Stored, plan};
use crate::image::Image;
use crate::memory::Memory;
use crate::sandbox::Sandbox;

/// The name of the container that this kubelet has an image for.
const SIDECAR: &str = "oauth2-proxy";

/// Longer than any probe of the sidecar waits.
const START: Duration = Duration::from_mins(3);

/// A pod's network, in it the sidecar as the API server holds it, and an app on loopback in place of the other container.
pub struct Pod {
    name: String,
    address: Ipv4Addr,
    spec: Value,
    app: Option<App>,
    sidecar: Option<Process>,
    memory: Option<Memory>,
    _sandbox: Sandbox,
    _folder: TempDir,
}

impl std::fmt::Debug for Pod {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} at {}", self.name, self.address)
    }
}

impl Pod {
    /// Starts it and waits until the probes of its sidecar pass.
    pub(crate) fn start(stored: &Stored, pod: &Value, program: Which, outside: &[u16]) -> Self {
        let address: Ipv4Addr = pod["status"]["podIP"].as_str().expect("an address").parse().expect("an address");
        let sandbox = Sandbox::create(address);
        for port in outside {
            reach(&sandbox, *port);
        }
        let folder = place::temporary_folder();
        let containers = containers(&pod["spec"]);
        let mut apps = pod["spec"]["containers"].as_array().expect("containers").iter();
        let app = apps.find(|container| container["name"] != SIDECAR).map(|container| {
            let port = container["ports"][0]["containerPort"].as_u64().expect("the app's port");
            let port = u16::try_from(port).expect("a port");
            sandbox.within(|| App::on(port, answer))
        });
        let sidecar = containers.into_iter().find(|container| container["name"] == SIDECAR);
        if let (None, Some(app)) = (&sidecar, &app) {
            // An app for a gateway that asks listens where the gateway reaches it.
            let at = SocketAddr::from((address, app.address().port()));
            carry(&sandbox, at, app.address());
        }
        let mut memory = None;
        let process = sidecar.map(|sidecar| {
            let Plan { mut command, memory: limit } =
                plan(stored, Image::of(program), pod, sidecar, &sandbox.network(), folder.path());
            memory = limit.map(|limit| Memory::limited(&limit));
            command.envs(memory.iter().map(|memory| ("CGROUP", memory.group())));
            Process::start(SIDECAR, command)
        });
        let name = pod["metadata"]["name"].as_str().expect("a name").to_owned();
        let mut running = Self {
            name,
            address,
            spec: pod["spec"].clone(),
            app,
            sidecar: process,
            memory,
            _sandbox: sandbox,
            _folder: folder,
        };
        running.await_probes();
        running
    }

    /// Asks the sidecars of these pods to end (SIGTERM), and waits for that as long as the kubelet does.
    pub fn stop(pods: Vec<Self>) {
        for pod in &pods {
            pod.sidecar().signal(Signal::TERM);
        }
        for mut pod in pods {
            let grace = pod.grace();
            let finished = pod.sidecar.take().expect("a sidecar").wait(grace);
            assert!(finished.status.success(), "{}{}", finished.stdout, finished.stderr);
        }
    }

    /// Ends it as the kubelet does: the hook before the end of the app, the app, then the native sidecar (SIGTERM), all
    /// within the grace period. Returns how many requests reached the app.
    pub(crate) fn end(mut self) -> usize {
        let app = &self.spec["containers"][0];
        if let Some(seconds) = app["lifecycle"]["preStop"]["sleep"]["seconds"].as_u64() {
            let mut hook = Command::new("sleep");
            hook.arg(seconds.to_string());
            let finished = Process::start("preStop", hook).wait(self.grace());
            assert!(finished.status.success(), "{}", finished.stderr);
        }
        let seen = self.app.take().map_or(0, |app| app.seen().len());
        Self::stop(vec![self]);
        seen
    }

    /// The longest that its end may take.
    fn grace(&self) -> Duration {
        Duration::from_secs(self.spec["terminationGracePeriodSeconds"].as_u64().expect("a number of seconds"))
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A port of it, as others in the cluster reach it.
    #[must_use]
    pub fn at(&self, port: u16) -> SocketAddr {
        SocketAddr::from((self.address, port))
    }

    /// The app in it.
    #[must_use]
    pub fn app(&self) -> &App {
        self.app.as_ref().unwrap_or_else(|| panic!("{} has no app", self.name))
    }

    /// The sidecar in it.
    #[must_use]
    pub fn sidecar(&self) -> &Process {
        self.sidecar.as_ref().unwrap_or_else(|| panic!("{} has no sidecar", self.name))
    }

    /// The memory its sidecar may use and has used.
    #[must_use]
    pub fn memory(&self) -> Option<&Memory> {
        self.memory.as_ref()
    }

    /// What the kubelet does with the probes: an answer from 200 to 399 passes.
    pub fn probe(&self, kind: &str) -> Result<(), String> {
        let containers = containers(&self.spec);
        let sidecar = containers.into_iter().find(|container| container["name"] == SIDECAR).expect("a sidecar");
        let probe = &sidecar[kind]["httpGet"];
        let port = port_of(sidecar, &probe["port"]);
        let path = probe["path"].as_str().ok_or_else(|| format!("no {kind}"))?;
        let mut connection = Connection::try_open(self.at(port)).map_err(|e| e.to_string())?;
        let answer = connection.exchange(&Request::get(path)).map_err(|e| e.to_string())?;
        if (200..400).contains(&answer.status) { Ok(()) } else { Err(format!("{path}: {}", answer.status)) }
    }

    fn await_probes(&mut self) {
        if self.sidecar.is_none() {
            return;
        }
        for kind in ["startupProbe", "readinessProbe", "livenessProbe"] {
            let passed = || {
                let passed = self.probe(kind).ok();
                let running = self.sidecar.as_mut().is_some_and(Process::is_running);
                assert!(running, "{} ended; it said:\n{}", self.name, self.sidecar().said());
                passed
            };
            eventually(START, passed, || kind.to_owned());
        }
    }
}

/// Whether such a pod has a sidecar of ours.
pub(crate) fn has_sidecar(spec: &Value) -> bool {
    containers(spec).iter().any(|container| container["name"] == SIDECAR)
}

/// Native sidecars and containers alike.
fn containers(spec: &Value) -> Vec<&Value> {
    let list = |name: &str| spec[name].as_array().map(Vec::as_slice).unwrap_or_default();
    list("initContainers").iter().chain(list("containers")).collect()
}

/// A port by number or by name.
fn port_of(container: &Value, port: &Value) -> u16 {
    let number = port.as_u64().or_else(|| {
        let named = container["ports"].as_array()?.iter().find(|candidate| candidate["name"] == *port)?;
        named["containerPort"].as_u64()
    });
    u16::try_from(number.unwrap_or_else(|| panic!("no port {port}"))).expect("a port")
}

/// The app: what it was asked, or every WebSocket message back.
fn answer(seen: &Seen) -> Reply {
    if seen.headers.has("Upgrade") { Reply::WebSocketEcho } else { Reply::Echo }
}

/// Lets programs in the pod reach what listens on loopback of the machine at this port, at the same address: a provider
/// that is somewhere outside.
fn reach(sandbox: &Sandbox, port: u16) {
    let listener = sandbox.within(|| TcpListener::bind(place::loopback(port))).expect("a port of the pod");
    accept(listener, place::loopback(port));
}

/// Lets what listens on the pod's loopback be reached at an address of the pod.
fn carry(sandbox: &Sandbox, at: SocketAddr, inside: SocketAddr) {
    sandbox.within(|| accept(TcpListener::bind(at).expect("a port of the pod"), inside));
}

/// Carries what comes to `listener` to an address in the network of the thread that calls this. Ends with the process: a
/// test's pods are few.
fn accept(listener: TcpListener, to: SocketAddr) {
    std::thread::spawn(move || {
        for from in listener.incoming().map_while(Result::ok) {
            std::thread::spawn(move || drop(join(from, to)));
        }
    });
}

/// Carries bytes both ways until both sides have ended.
fn join(mut inside: TcpStream, outside: SocketAddr) -> io::Result<()> {
    let mut outside = TcpStream::connect(outside)?;
    let (mut back, mut forth) = (outside.try_clone()?, inside.try_clone()?);
    std::thread::spawn(move || {
        let _ = io::copy(&mut back, &mut forth);
        let _ = forth.shutdown(Shutdown::Write);
    });
    io::copy(&mut inside, &mut outside)?;
    outside.shutdown(Shutdown::Write)
}
