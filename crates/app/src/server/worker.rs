//! The threads that serve.

use std::cell::Cell;
use std::io;
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::rc::Rc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use http_body_util::Either;
use sidecar_gateway::{Gateway, Peer};
use tokio::runtime::{self, LocalOptions};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time;

use super::connection::{self, Limits};

/// Room for a worker's calls; request futures live on the heap.
const STACK: usize = 512 * 1024;

/// An accepted connection, not yet on any runtime.
pub(super) enum Socket {
    Tcp(TcpStream),
    Unix(UnixStream),
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
}

struct Thread {
    connections: mpsc::UnboundedSender<(Socket, Peer)>,
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
        gateway: impl Fn() -> Gateway,
    ) -> io::Result<Self> {
        let (drain, draining) = watch::channel(false);
        let threads = (0..count)
            .map(|index| {
                let (connections, accepted) = mpsc::unbounded_channel();
                let (gateway, draining) = (gateway(), draining.clone());
                let handle = thread::Builder::new()
                    .name(format!("worker-{index}"))
                    .stack_size(STACK)
                    .spawn(move || run(gateway, limits, accepted, &draining, drain_time))?;
                Ok(Thread { connections, handle })
            })
            .collect::<io::Result<Vec<_>>>()?;
        Ok(Self { threads, next: Cell::new(0), drain })
    }

    /// Hands a connection to the worker whose turn it is.
    pub(super) fn give(&self, socket: Socket, peer: Peer) {
        let turn = self.next.get();
        self.next.set((turn + 1) % self.threads.len());
        // A worker that has ended is part of a process that is ending.
        let _ = self.threads[turn].connections.send((socket, peer));
    }

    /// Lets every connection finish its request, and waits for the threads. Blocks.
    pub(crate) fn stop(self) -> Drain {
        self.drain.send_replace(true);
        let mut drained = Drain::Complete;
        for Thread { connections, handle } in self.threads {
            drop(connections);
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
    mut accepted: mpsc::UnboundedReceiver<(Socket, Peer)>,
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
    let gateway = Rc::new(gateway);
    runtime.block_on(async {
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                next = accepted.recv() => match next {
                    Some((socket, peer)) => {
                        let gateway = Rc::clone(&gateway);
                        connections.spawn_local(serve(socket, peer, gateway, limits, drain.clone()));
                    }
                    None => break,
                },
                Some(_) = connections.join_next() => {}
            }
        }
        let all = async { while connections.join_next().await.is_some() {} };
        if time::timeout(drain_time, all).await.is_ok() { Drain::Complete } else { Drain::Cut }
    })
}

async fn serve(socket: Socket, peer: Peer, gateway: Rc<Gateway>, limits: Limits, drain: watch::Receiver<bool>) {
    let socket = match socket {
        Socket::Tcp(socket) => tokio::net::TcpStream::from_std(socket).map(Either::Left),
        Socket::Unix(socket) => tokio::net::UnixStream::from_std(socket).map(Either::Right),
    };
    match socket {
        Ok(Either::Left(tcp)) => connection::serve(tcp, peer, gateway, limits, drain).await,
        Ok(Either::Right(unix)) => connection::serve(unix, peer, gateway, limits, drain).await,
        Err(error) => tracing::error!(%error, "a connection cannot be served"),
    }
}
