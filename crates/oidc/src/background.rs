//! The runtime on which providers are called.
//!
//! The request path has several runtimes, one per thread, and a visitor may leave at any time. Calls to the provider run on
//! one runtime of their own: kept connections belong to it, and what was begun there is finished.

use tokio::runtime::Handle;

use crate::provider::BoxFuture;

/// Where calls to the provider run.
#[derive(Clone, Debug)]
pub struct Background(Handle);

/// The task ended without a result: it panicked, or the runtime is going down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the task ended without a result")]
pub struct Interrupted;

impl Background {
    /// Tasks will run on `runtime`, which must live as long as the program.
    #[must_use]
    pub fn new(runtime: Handle) -> Self {
        Self(runtime)
    }

    /// The runtime itself.
    #[must_use]
    pub fn handle(&self) -> &Handle {
        &self.0
    }

    /// Begins `work` at once, in a task of its own; the future that is returned only waits for it.
    pub fn run<T, E>(&self, work: impl Future<Output = Result<T, E>> + Send + 'static) -> BoxFuture<Result<T, E>>
    where
        T: Send + 'static,
        E: From<Interrupted> + Send + 'static,
    {
        let task = self.0.spawn(work);
        Box::pin(async move { task.await.unwrap_or_else(|_| Err(Interrupted.into())) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_is_finished_although_nobody_waits_for_it() {
        let (done, finished) = tokio::sync::oneshot::channel();
        let background = Background::new(Handle::current());
        let work = async move {
            tokio::task::yield_now().await;
            done.send(()).map_err(|()| Interrupted)
        };
        drop(background.run(work));
        finished.await.unwrap();
    }

    #[tokio::test]
    async fn a_panic_of_the_work_is_an_error_of_its_caller() {
        let background = Background::new(Handle::current());
        let work = async { if true { panic!("on purpose") } else { Ok::<(), Interrupted>(()) } };
        assert_eq!(background.run(work).await, Err(Interrupted));
    }
}
