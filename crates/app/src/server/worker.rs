//! The threads that serve.

use std::cell::Cell;
use std::io;
use std::rc::Rc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use sidecar_gateway::{Gateway, Peer};
use tokio::runtime::{self, LocalOptions};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time;

use super::connection::{self, Current, Guest, Limits};
use super::slots::Slot;
use super::socket::Accepted;
use crate::metrics::{Connected, Meters};

/// Room for a worker's calls; request futures live on the heap.
const STACK: usize = 512 * 1024;

/// What a worker is handed.
enum Work {
    Connection(Accepted, Peer, Slot, Connected),
    /// Takes the place of the one that answers now.
    Gateway(Box<Gateway>),
}

/// How far stopping has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Drain {
    /// Everything ended by itself.
    Complete,
    /// Some connections were cut.
    Cut,
}

/// All workers; connections are handed to them in turn.
pub(crate) struct Workers {
    threads: Vec<Thread>,
    next: Cell<usize>,
    drain: watch::Sender<bool>,
    meters: Meters,
}

struct Thread {
    work: mpsc::UnboundedSender<Work>,
    handle: JoinHandle<Drain>,
}

impl Workers {
    /// Starts `count` threads; `gateway` makes the gateway of each.
    ///
    /// # Errors
    /// When the system gives no thread or no runtime.
    pub(crate) fn start(
        count: usize,
        limits: Limits,
        drain_time: Duration,
        meters: Meters,
        gateway: impl Fn() -> Gateway,
    ) -> io::Result<Self> {
        let (drain, draining) = watch::channel(false);
        let threads = (0..count)
            .map(|index| {
                let (work, handed) = mpsc::unbounded_channel();
                let (gateway, draining) = (gateway(), draining.clone());
                let handle = thread::Builder::new()
                    .name(format!("worker-{index}"))
                    .stack_size(STACK)
                    .spawn(move || run(gateway, limits, handed, &draining, drain_time))?;
                Ok(Thread { work, handle })
            })
            .collect::<io::Result<Vec<_>>>()?;
        Ok(Self { threads, next: Cell::new(0), drain, meters })
    }

    /// Hands a connection to the worker whose turn it is.
    pub(super) fn give(&self, accepted: Accepted, peer: Peer, slot: Slot) {
        let turn = self.next.get();
        self.next.set((turn + 1) % self.threads.len());
        // A worker that has ended is part of a process that is ending.
        let work = Work::Connection(accepted, peer, slot, self.meters.connected());
        let _ = self.threads.get(turn).map(|thread| thread.work.send(work));
    }

    /// Lets every thread answer by another gateway from its next request on. Connections stay.
    pub(crate) fn replace(&self, gateway: impl Fn() -> Gateway) {
        for thread in &self.threads {
            let _ = thread.work.send(Work::Gateway(Box::new(gateway())));
        }
    }

    /// Lets every connection finish its request, and waits for the threads. Blocks.
    pub(crate) fn stop(self) -> Drain {
        self.drain.send_replace(true);
        let mut drained = Drain::Complete;
        for Thread { work, handle } in self.threads {
            drop(work);
            if handle.join().is_ok_and(|worker| worker == Drain::Complete) {
                continue;
            }
            drained = Drain::Cut;
        }
        drained
    }
}

fn run(
    gateway: Gateway,
    limits: Limits,
    mut handed: mpsc::UnboundedReceiver<Work>,
    drain: &watch::Receiver<bool>,
    drain_time: Duration,
) -> Drain {
    let runtime = match runtime::Builder::new_current_thread().enable_all().build_local(LocalOptions::default()) {
        Ok(runtime) => runtime,
        Err(error) => {
            tracing::error!(%error, "a worker cannot start");
            return Drain::Cut;
        }
    };
    let current = Rc::new(Current::new(gateway));
    runtime.block_on(async {
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                next = handed.recv() => match next {
                    Some(Work::Connection(accepted, peer, slot, connected)) => {
                        let guest = Guest { current: Rc::clone(&current), peer, limits, drain: drain.clone() };
                        connections.spawn_local(async move {
                            connection::serve(accepted, slot, guest).await;
                            drop(connected);
                        });
                    }
                    Some(Work::Gateway(gateway)) => current.replace(*gateway),
                    None => break,
                },
                Some(_) = connections.join_next() => {}
            }
        }
        let all = async { while connections.join_next().await.is_some() {} };
        if time::timeout(drain_time, all).await.is_ok() { Drain::Complete } else { Drain::Cut }
    })
}
